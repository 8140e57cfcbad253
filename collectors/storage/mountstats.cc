#include "collectors/storage/mountstats.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace joist::collectors {
namespace {

using MetricType::Counter;
using MetricType::Gauge;

constexpr FamilyText kInfo{"node_mountstats_nfs_mountpoint_info",
                           "Info metric for an NFS mountpoint.", Gauge};
constexpr FamilyText kAge = {"node_mountstats_nfs_age_seconds_total",
                             "The age of the NFS mount in seconds.", Counter};

// In the order of the line "bytes:".
constexpr FamilyText kBytes[kNfsBytes] = {
    {"node_mountstats_nfs_read_bytes_total", "Number of bytes read using the read() syscall.",
     Counter},
    {"node_mountstats_nfs_write_bytes_total", "Number of bytes written using the write() syscall.",
     Counter},
    {"node_mountstats_nfs_direct_read_bytes_total",
     "Number of bytes read using the read() syscall in O_DIRECT mode.", Counter},
    {"node_mountstats_nfs_direct_write_bytes_total",
     "Number of bytes written using the write() syscall in O_DIRECT mode.", Counter},
    {"node_mountstats_nfs_total_read_bytes_total",
     "Number of bytes read from the NFS server, in total.", Counter},
    {"node_mountstats_nfs_total_write_bytes_total",
     "Number of bytes written to the NFS server, in total.", Counter},
    {"node_mountstats_nfs_read_pages_total", "Number of pages read directly via mmap()'d files.",
     Counter},
    {"node_mountstats_nfs_write_pages_total",
     "Number of pages written directly via mmap()'d files.", Counter},
};

// In the order of the line "events:"; one is not shown.
constexpr FamilyText kEvents[kNfsEvents] = {
    {"node_mountstats_nfs_event_inode_revalidate_total",
     "Number of times cached inode attributes are re-validated from the server.", Counter},
    {"node_mountstats_nfs_event_dnode_revalidate_total",
     "Number of times cached dentry nodes are re-validated from the server.", Counter},
    {"node_mountstats_nfs_event_data_invalidate_total",
     "Number of times an inode cache is cleared.", Counter},
    {"node_mountstats_nfs_event_attribute_invalidate_total",
     "Number of times cached inode attributes are invalidated.", Counter},
    {"node_mountstats_nfs_event_vfs_open_total",
     "Number of times cached inode attributes are invalidated.", Counter},
    {"node_mountstats_nfs_event_vfs_lookup_total",
     "Number of times a directory lookup has occurred.", Counter},
    {"node_mountstats_nfs_event_vfs_access_total", "Number of times permissions have been checked.",
     Counter},
    {"node_mountstats_nfs_event_vfs_update_page_total",
     "Number of updates (and potential writes) to pages.", Counter},
    {"node_mountstats_nfs_event_vfs_read_page_total",
     "Number of pages read directly via mmap()'d files.", Counter},
    {"node_mountstats_nfs_event_vfs_read_pages_total",
     "Number of times a group of pages have been read.", Counter},
    {"node_mountstats_nfs_event_vfs_write_page_total",
     "Number of pages written directly via mmap()'d files.", Counter},
    {"node_mountstats_nfs_event_vfs_write_pages_total",
     "Number of times a group of pages have been written.", Counter},
    {"node_mountstats_nfs_event_vfs_getdents_total",
     "Number of times directory entries have been read with getdents().", Counter},
    {"node_mountstats_nfs_event_vfs_setattr_total",
     "Number of times directory entries have been read with getdents().", Counter},
    {"node_mountstats_nfs_event_vfs_flush_total",
     "Number of pending writes that have been forcefully flushed to the server.", Counter},
    {"node_mountstats_nfs_event_vfs_fsync_total",
     "Number of times fsync() has been called on directories and files.", Counter},
    {"node_mountstats_nfs_event_vfs_lock_total",
     "Number of times locking has been attempted on a file.", Counter},
    {"node_mountstats_nfs_event_vfs_file_release_total",
     "Number of times files have been closed and released.", Counter},
    {},
    {"node_mountstats_nfs_event_truncation_total", "Number of times files have been truncated.",
     Counter},
    {"node_mountstats_nfs_event_write_extension_total",
     "Number of times a file has been grown due to writes beyond its existing end.", Counter},
    {"node_mountstats_nfs_event_silly_rename_total",
     "Number of times a file was removed while still open by another process.", Counter},
    {"node_mountstats_nfs_event_short_read_total",
     "Number of times the NFS server gave less data than expected while reading.", Counter},
    {"node_mountstats_nfs_event_short_write_total",
     "Number of times the NFS server wrote less data than expected while writing.", Counter},
    {"node_mountstats_nfs_event_jukebox_delay_total",
     "Number of times the NFS server indicated EJUKEBOX; retrieving data from offline storage.",
     Counter},
    {"node_mountstats_nfs_event_pnfs_read_total", "Number of NFS v4.1+ pNFS reads.", Counter},
    {"node_mountstats_nfs_event_pnfs_write_total", "Number of NFS v4.1+ pNFS writes.", Counter},
};

struct TransportRow {
  std::size_t field;
  FamilyText family;
};

constexpr TransportRow kTransport[] = {
    {1,
     {"node_mountstats_nfs_transport_bind_total",
      "Number of times the client has had to establish a connection from scratch to the NFS "
      "server.",
      Counter}},
    {2,
     {"node_mountstats_nfs_transport_connect_total",
      "Number of times the client has made a TCP connection to the NFS server.", Counter}},
    {4,
     {"node_mountstats_nfs_transport_idle_time_seconds",
      "Duration since the NFS mount last saw any RPC traffic, in seconds.", Gauge}},
    {5,
     {"node_mountstats_nfs_transport_sends_total",
      "Number of RPC requests for this mount sent to the NFS server.", Counter}},
    {6,
     {"node_mountstats_nfs_transport_receives_total",
      "Number of RPC responses for this mount received from the NFS server.", Counter}},
    {7,
     {"node_mountstats_nfs_transport_bad_transaction_ids_total",
      "Number of times the NFS server sent a response with a transaction ID unknown to this "
      "client.",
      Counter}},
    {9,
     {"node_mountstats_nfs_transport_backlog_queue_total",
      "Total number of items added to the RPC backlog queue.", Counter}},
    {10,
     {"node_mountstats_nfs_transport_maximum_rpc_slots",
      "Maximum number of simultaneously active RPC requests ever used.", Gauge}},
    {11,
     {"node_mountstats_nfs_transport_sending_queue_total",
      "Total number of items added to the RPC transmission sending queue.", Counter}},
    {12,
     {"node_mountstats_nfs_transport_pending_queue_total",
      "Total number of items added to the RPC transmission pending queue.", Counter}},
};

// In the order of a line of the "per-op statistics".
constexpr FamilyText kOperations[kNfsOperationFields] = {
    {"node_mountstats_nfs_operations_requests_total",
     "Number of requests performed for a given operation.", Counter},
    {"node_mountstats_nfs_operations_transmissions_total",
     "Number of times an actual RPC request has been transmitted for a given operation.", Counter},
    {"node_mountstats_nfs_operations_major_timeouts_total",
     "Number of times a request has had a major timeout for a given operation.", Counter},
    {"node_mountstats_nfs_operations_sent_bytes_total",
     "Number of bytes sent for a given operation, including RPC headers and payload.", Counter},
    {"node_mountstats_nfs_operations_received_bytes_total",
     "Number of bytes received for a given operation, including RPC headers and payload.", Counter},
    {"node_mountstats_nfs_operations_queue_time_seconds_total",
     "Duration all requests spent queued for transmission for a given operation before they were "
     "sent, in seconds.",
     Counter},
    {"node_mountstats_nfs_operations_response_time_seconds_total",
     "Duration all requests took to get a reply back after a request for a given operation was "
     "transmitted, in seconds.",
     Counter},
    {"node_mountstats_nfs_operations_request_time_seconds_total",
     "Duration all requests took from when a request was enqueued to when it was completely "
     "handled for a given operation, in seconds.",
     Counter},
};
constexpr std::size_t kFirstTime = 5;  // from here on milliseconds

constexpr std::size_t kRdmaFields = 10;
constexpr std::size_t kUdpFields = 10;
constexpr std::size_t kConnectionFields = 3;  // which UDP lacks, from the third on

// As many numbers as there are, but at least `least`.
template <std::size_t Size>
bool parse_numbers(Fields& fields, std::array<std::uint64_t, Size>& numbers, std::size_t least) {
  numbers = {};
  for (std::size_t at = 0; at < Size; ++at) {
    const std::string_view field = fields.next();
    if (field.empty()) return at >= least;
    const auto number = parse_uint(field);
    if (!number) return false;
    numbers[at] = *number;
  }
  return true;
}

std::optional<NfsTransport> parse_transport(Fields& fields) {
  constexpr std::size_t kLeast = 7;  // UDP, version 1.0 of the statistics
  NfsTransport transport;
  transport.protocol = fields.next();
  if (transport.protocol.empty()) return std::nullopt;
  if (!parse_numbers(fields, transport.fields, kLeast)) return std::nullopt;
  if (transport.protocol == "udp") {
    const auto from = transport.fields.begin() + 2;
    std::copy_backward(from, transport.fields.begin() + kUdpFields, transport.fields.end());
    std::fill_n(from, kConnectionFields, 0);
  } else if (transport.protocol == "rdma") {
    std::fill(transport.fields.begin() + kRdmaFields, transport.fields.end(), 0);
  }
  return transport;
}

// "device NAME mounted on PLACE with fstype TYPE statvers=1.1"; false if it is no NFS mount.
bool parse_device(std::string_view line, NfsMount& mount) {
  Fields fields(line);
  if (fields.next() != "device") return false;
  mount.export_name = fields.next();
  if (fields.next() != "mounted" || fields.next() != "on") return false;
  mount.mount_point = fields.next();
  if (fields.next() != "with" || fields.next() != "fstype") return false;
  const std::string_view type = fields.next();
  return (type == "nfs" || type == "nfs4") && fields.next().starts_with("statvers=");
}

bool begins_device(std::string_view line) { return line.starts_with("device "); }

// False if the line is of a known kind, but not as it should be.
bool parse_detail(std::string_view line, NfsMount& mount, bool& in_operations) {
  Fields fields(line);
  std::string_view key = fields.next();
  if (in_operations && key.ends_with(':')) {
    key.remove_suffix(1);
    NfsOperation operation{key, {}};
    const bool good = parse_numbers(fields, operation.fields, kNfsOperationFields);
    if (good) mount.operations.push_back(operation);
    return good;
  }
  if (key == "per-op") in_operations = true;
  if (key == "bytes:") return parse_numbers(fields, mount.bytes, kNfsBytes);
  if (key == "events:") return parse_numbers(fields, mount.events, kNfsEvents);
  if (key == "age:") {
    const auto age = parse_uint(fields.next());
    mount.age_seconds = age.value_or(0);
    return age.has_value();
  }
  if (key == "xprt:") {
    const auto transport = parse_transport(fields);
    if (transport) mount.transports.push_back(*transport);
    return transport.has_value();
  }
  return true;
}

}  // namespace

bool NfsMounts::next_line(std::string_view& line) {
  if (rest_.empty()) return false;
  const auto end = rest_.find('\n');
  line = rest_.substr(0, end);
  rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
  if (begins_device(line)) ++devices_;
  return true;
}

bool NfsMounts::next(NfsMount& mount, std::string_view path, MalformedLines& malformed) {
  std::string_view line;
  do {
    if (!next_line(line)) return false;
  } while (!parse_device(line, mount));

  mount.index = devices_ - 1;
  mount.age_seconds = 0;
  mount.bytes = {};
  mount.events = {};
  mount.transports.clear();
  mount.operations.clear();
  bool in_operations = false;
  while (!begins_device(rest_) && next_line(line)) {
    if (!parse_detail(line, mount, in_operations)) malformed.report(path, line);
  }
  return true;
}

std::string_view find_server_address(std::string_view line) {
  constexpr std::string_view kKey = "addr=";
  std::string_view options = line.substr(line.rfind(' ') + 1);
  while (!options.empty()) {
    const std::string_view option = options.substr(0, options.find(','));
    if (option.starts_with(kKey)) return option.substr(kKey.size());
    options.remove_prefix(std::min(option.size() + 1, options.size()));
  }
  return {};
}

MountstatsCollector::MountstatsCollector(const Roots& roots)
    : mountstats_(roots.proc(), "self/mountstats", ProcFile::Shape::Records, 16384),
      mountinfo_(roots.proc(), "self/mountinfo", ProcFile::Shape::Records, 16384) {}

void MountstatsCollector::read_addresses(std::string_view mountinfo) {
  addresses_.clear();
  Lines lines(mountinfo);
  for (std::string_view line; lines.next(line);) {
    addresses_.push_back(find_server_address(line));
  }
}

MountstatsCollector::Export MountstatsCollector::make_export(const NfsMount& mount,
                                                             std::string_view address) {
  Export made{.key = key_,
              .name = std::string(mount.export_name),
              .address = std::string(address),
              .protocol = std::string(mount.transports[0].protocol)};
  const Labels labels{
      {"export", made.name}, {"mountaddr", made.address}, {"protocol", made.protocol}};
  made.age = sheet_.add(kAge, labels);
  for (std::size_t at = 0; at < kNfsBytes; ++at) made.bytes[at] = sheet_.add(kBytes[at], labels);
  for (std::size_t at = 0; at < kNfsEvents; ++at) {
    if (!kEvents[at].name.empty()) made.events[at] = sheet_.add(kEvents[at], labels);
  }
  return made;
}

void MountstatsCollector::show_transports(Export& shown, const NfsMount& mount) {
  for (std::size_t number = 0; number < mount.transports.size(); ++number) {
    if (number == shown.transports.size()) {
      auto& places = shown.transports.emplace_back();
      const Labels labels{{"export", shown.name},
                          {"mountaddr", shown.address},
                          {"protocol", shown.protocol},
                          {"transport", std::to_string(number)}};
      for (std::size_t row = 0; row < kTransportRows; ++row) {
        places[row] = sheet_.add(kTransport[row].family, labels);
      }
    }
    for (std::size_t row = 0; row < kTransportRows; ++row) {
      sheet_.set(shown.transports[number][row],
                 static_cast<double>(mount.transports[number].fields[kTransport[row].field]));
    }
  }
}

void MountstatsCollector::show_operations(Export& shown, const NfsMount& mount) {
  shown.operations.restart();
  for (const NfsOperation& operation : mount.operations) {
    const Operation* const known = shown.operations.next(operation.name, [&] {
      Operation made{std::string(operation.name), {}};
      const Labels labels{{"export", shown.name},
                          {"mountaddr", shown.address},
                          {"operation", operation.name},
                          {"protocol", shown.protocol}};
      for (std::size_t at = 0; at < kNfsOperationFields; ++at) {
        made.places[at] = sheet_.add(kOperations[at], labels);
      }
      return made;
    });
    if (known == nullptr) continue;
    for (std::size_t at = 0; at < kNfsOperationFields; ++at) {
      const auto value = static_cast<double>(operation.fields[at]);
      sheet_.set(known->places[at], at < kFirstTime ? value : value / 1000);
    }
  }
  shown.operations.finish();
}

void MountstatsCollector::show(const NfsMount& mount) {
  if (mount.transports.empty()) return;
  const std::string_view protocol = mount.transports[0].protocol;
  const std::string_view address =
      mount.index < addresses_.size() ? addresses_[mount.index] : std::string_view();
  key_.assign(mount.export_name).append("\n").append(protocol).append("\n").append(address);

  Export* const shown = exports_.next(key_, [&] { return make_export(mount, address); });
  if (shown != nullptr) {
    sheet_.set(shown->age, static_cast<double>(mount.age_seconds));
    for (std::size_t at = 0; at < kNfsBytes; ++at) {
      sheet_.set(shown->bytes[at], static_cast<double>(mount.bytes[at]));
    }
    for (std::size_t at = 0; at < kNfsEvents; ++at) {
      if (kEvents[at].name.empty()) continue;
      sheet_.set(shown->events[at], static_cast<double>(mount.events[at]));
    }
    show_transports(*shown, mount);
    show_operations(*shown, mount);
  }
  key_.append("\n").append(mount.mount_point);
  const Info* const info = infos_.next(key_, [&] {
    return Info{key_, sheet_.add(kInfo, Labels{{"export", mount.export_name},
                                               {"mountaddr", address},
                                               {"mountpoint", mount.mount_point},
                                               {"protocol", protocol}})};
  });
  if (info != nullptr) sheet_.set(info->place, 1);
}

Result<void> MountstatsCollector::collect(Exposition& page) {
  const auto mountinfo = mountinfo_.read();
  if (!mountinfo) return tl::unexpected<Error>(mountinfo.error());
  read_addresses(*mountinfo);
  const auto text = mountstats_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  sheet_.blank();
  infos_.restart();
  exports_.restart();
  NfsMounts mounts(*text);
  while (mounts.next(mount_, mountstats_.path(), malformed_)) show(mount_);
  infos_.finish();
  exports_.finish();
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
