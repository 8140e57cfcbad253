#include "collectors/storage/nfs.h"

#include <span>

namespace joist::collectors {
namespace {

using MetricType::Counter;

struct Row {
  std::string_view key;
  std::size_t column;
  FamilyText family;
  std::string_view label = {};
  std::string_view value = {};
};

constexpr Row kRows[] = {
    {"net",
     1,
     {"node_nfs_packets_total", "Total NFSd network packets (sent+received) by protocol type.",
      Counter},
     "protocol",
     "udp"},
    {"net",
     2,
     {"node_nfs_packets_total", "Total NFSd network packets (sent+received) by protocol type.",
      Counter},
     "protocol",
     "tcp"},
    {"net", 3, {"node_nfs_connections_total", "Total number of NFSd TCP connections.", Counter}},
    {"rpc", 0, {"node_nfs_rpcs_total", "Total number of RPCs performed.", Counter}},
    {"rpc",
     1,
     {"node_nfs_rpc_retransmissions_total", "Number of RPC transmissions performed.", Counter}},
    {"rpc",
     2,
     {"node_nfs_rpc_authentication_refreshes_total",
      "Number of RPC authentication refreshes performed.", Counter}},
};

constexpr FamilyText kRequests = {"node_nfs_requests_total", "Number of NFS procedures invoked.",
                                  Counter};

// Procedures in the kernel's order; "": not shown. In their lines a count comes first.
constexpr std::string_view kVersion2[] = {
    "Null",   "GetAttr", "SetAttr", "Root", "Lookup",  "ReadLink", "Read",  "WrCache", "Write",
    "Create", "Remove",  "Rename",  "Link", "SymLink", "MkDir",    "RmDir", "ReadDir", "FsStat"};
constexpr std::string_view kVersion3[] = {
    "Null",    "GetAttr",     "SetAttr", "Lookup", "Access",   "ReadLink", "Read",   "Write",
    "Create",  "MkDir",       "SymLink", "MkNod",  "Remove",   "RmDir",    "Rename", "Link",
    "ReadDir", "ReadDirPlus", "FsStat",  "FsInfo", "PathConf", "Commit"};
constexpr std::string_view kVersion4[] = {"Null",
                                          "Read",
                                          "Write",
                                          "Commit",
                                          "Open",
                                          "OpenConfirm",
                                          "OpenNoattr",
                                          "OpenDowngrade",
                                          "Close",
                                          "Setattr",
                                          "FsInfo",
                                          "Renew",
                                          "SetClientID",
                                          "SetClientIDConfirm",
                                          "Lock",
                                          "Lockt",
                                          "Locku",
                                          "Access",
                                          "Getattr",
                                          "Lookup",
                                          "LookupRoot",
                                          "Remove",
                                          "Rename",
                                          "Link",
                                          "Symlink",
                                          "Create",
                                          "Pathconf",
                                          "StatFs",
                                          "ReadLink",
                                          "ReadDir",
                                          "ServerCaps",
                                          "DelegReturn",
                                          "GetACL",
                                          "SetACL",
                                          "FsLocations",
                                          "ReleaseLockowner",
                                          "Secinfo",
                                          "FsidPresent",
                                          "ExchangeID",
                                          "CreateSession",
                                          "DestroySession",
                                          "Sequence",
                                          "GetLeaseTime",
                                          "ReclaimComplete",
                                          "LayoutGet",
                                          "GetDeviceInfo",
                                          "LayoutCommit",
                                          "LayoutReturn",
                                          "SecinfoNoName",
                                          "TestStateID",
                                          "FreeStateID",
                                          "GetDeviceList",
                                          "BindConnToSession",
                                          "DestroyClientID",
                                          "Seek",
                                          "Allocate",
                                          "DeAllocate",
                                          "LayoutStats",
                                          "Clone"};

struct Version {
  std::string_view key;
  std::string_view proto;
  std::span<const std::string_view> methods;
};

constexpr Version kVersions[] = {
    {"proc2", "2", kVersion2},
    {"proc3", "3", kVersion3},
    {"proc4", "4", kVersion4},
};

}  // namespace

NfsCollector::NfsCollector(const Roots& roots)
    : file_(roots.proc(), "net/rpc/nfs", ProcFile::Shape::Records, 4096, roots.devices) {
  for (const Row& row : kRows) {
    const Labels labels = row.label.empty() ? Labels() : Labels{{row.label, row.value}};
    lines_.add(row.key, row.column, sheet_.add(row.family, labels));
  }
  for (const Version& version : kVersions) {
    std::size_t column = 0;
    for (const std::string_view method : version.methods) {
      ++column;
      if (method.empty()) continue;
      const Labels labels{{"method", method}, {"proto", version.proto}};
      lines_.add(version.key, column, sheet_.add(kRequests, labels));
    }
  }
}

Result<void> NfsCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());
  lines_.read_into(*text, file_.path(), sheet_, malformed_);
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
