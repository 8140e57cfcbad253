#include "collectors/network/bonding.h"

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr std::size_t kStatusBytes = 64;
constexpr std::size_t kNamesBytes = 4096;

std::string directory_of(std::string_view interface) {
  return "/class/net/" + std::string(interface) + "/";
}

}  // namespace

BondingCollector::BondingCollector(const Roots& roots)
    : sys_(roots.sys()),
      masters_(roots.sys(), "/class/net/bonding_masters", ProcFile::Shape::Whole, kNamesBytes,
               roots.devices),
      slaves_("node_bonding_slaves", "Number of configured slaves per bonding interface.",
              MetricType::Gauge),
      active_("node_bonding_active", "Number of active slaves per bonding interface.",
              MetricType::Gauge) {}

BondingCollector::Bond BondingCollector::meet(std::string_view name) const {
  Bond bond;
  bond.key = name;
  bond.labels = Labels{{"master", name}};
  bond.slave_names = std::make_unique<ProcFile>(sys_, directory_of(name) + "bonding/slaves",
                                                ProcFile::Shape::Whole, kNamesBytes);
  return bond;
}

std::unique_ptr<ProcFile> BondingCollector::open_status(std::string_view bond,
                                                        std::string_view slave) const {
  const auto path = [&](const char* prefix) {
    return directory_of(bond) + prefix + std::string(slave) + "/bonding_slave/mii_status";
  };
  const bool old = !sys_.exists(path("lower_")) && sys_.exists(path("slave_"));
  return std::make_unique<ProcFile>(sys_, path(old ? "slave_" : "lower_"), ProcFile::Shape::Whole,
                                    kStatusBytes);
}

Result<void> BondingCollector::count(Bond& bond) const {
  const auto names = bond.slave_names->read();
  if (!names) return tl::unexpected<Error>(names.error());
  bond.slave_count = 0;
  bond.active = 0;
  bond.slaves.restart();
  Fields fields(*names);
  for (auto name = fields.next(); !name.empty(); name = fields.next()) {
    Slave* const slave = bond.slaves.next(name, [&] {
      return Slave{std::string(name), open_status(bond.key, name)};
    });
    if (slave == nullptr) continue;
    // One whose state cannot be read is a slave all the same, and not known to work.
    ++bond.slave_count;
    const auto status = slave->mii_status->read();
    if (status && Fields(*status).next() == "up") ++bond.active;
  }
  bond.slaves.finish();
  return {};
}

Result<void> BondingCollector::collect(Exposition& page) {
  const auto masters = masters_.read();
  if (!masters) return tl::unexpected<Error>(masters.error());
  bonds_.restart();
  Fields fields(*masters);
  for (auto name = fields.next(); !name.empty(); name = fields.next()) {
    Bond* const bond = bonds_.next(name, [&] { return meet(name); });
    if (bond == nullptr) continue;
    // Gone between the two files: it is not in the next list.
    auto counted = count(*bond);
    if (!counted && counted.error().code != ErrorCode::NotFound) return counted;
  }
  bonds_.finish();
  page.begin(active_);
  for (const auto& bond : bonds_) page.sample(bond->labels, bond->active);
  page.begin(slaves_);
  for (const auto& bond : bonds_) page.sample(bond->labels, bond->slave_count);
  return {};
}

}  // namespace joist::collectors
