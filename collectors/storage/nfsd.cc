#include "collectors/storage/nfsd.h"

#include <span>

namespace joist::collectors {
namespace {

using MetricType::Counter;
using MetricType::Gauge;

struct Row {
  std::string_view key;
  std::size_t column;
  FamilyText family;
  std::string_view label = {};
  std::string_view value = {};
};

constexpr Row kRows[] = {
    {"rc",
     0,
     {"node_nfsd_reply_cache_hits_total",
      "Total number of NFSd Reply Cache hits (client lost server response).", Counter}},
    {"rc",
     1,
     {"node_nfsd_reply_cache_misses_total",
      "Total number of NFSd Reply Cache an operation that requires caching (idempotent).",
      Counter}},
    {"rc",
     2,
     {"node_nfsd_reply_cache_nocache_total",
      "Total number of NFSd Reply Cache non-idempotent operations (rename/delete/…).", Counter}},
    {"fh",
     0,
     {"node_nfsd_file_handles_stale_total", "Total number of NFSd stale file handles", Counter}},
    {"io", 0, {"node_nfsd_disk_bytes_read_total", "Total NFSd bytes read.", Counter}},
    {"io", 1, {"node_nfsd_disk_bytes_written_total", "Total NFSd bytes written.", Counter}},
    {"th",
     0,
     {"node_nfsd_server_threads", "Total number of NFSd kernel threads that are running.", Gauge}},
    {"ra",
     0,
     {"node_nfsd_read_ahead_cache_size_blocks", "How large the read ahead cache is in blocks.",
      Gauge}},
    {"ra",
     11,
     {"node_nfsd_read_ahead_cache_not_found_total",
      "Total number of NFSd read ahead cache not found.", Counter}},
    {"net",
     1,
     {"node_nfsd_packets_total", "Total NFSd network packets (sent+received) by protocol type.",
      Counter},
     "proto",
     "udp"},
    {"net",
     2,
     {"node_nfsd_packets_total", "Total NFSd network packets (sent+received) by protocol type.",
      Counter},
     "proto",
     "tcp"},
    {"net", 3, {"node_nfsd_connections_total", "Total number of NFSd TCP connections.", Counter}},
    {"rpc", 0, {"node_nfsd_server_rpcs_total", "Total number of NFSd RPCs.", Counter}},
    {"rpc",
     2,
     {"node_nfsd_rpc_errors_total", "Total number of NFSd RPC errors by error type.", Counter},
     "error",
     "fmt"},
    {"rpc",
     3,
     {"node_nfsd_rpc_errors_total", "Total number of NFSd RPC errors by error type.", Counter},
     "error",
     "auth"},
    {"rpc",
     4,
     {"node_nfsd_rpc_errors_total", "Total number of NFSd RPC errors by error type.", Counter},
     "error",
     "cInt"},
};

constexpr FamilyText kRequests = {"node_nfsd_requests_total",
                                  "Total number NFSd Requests by method and protocol.", Counter};

// Procedures in the kernel's order; "": not shown. In their lines a count comes first.
constexpr std::string_view kVersion2[] = {
    "",       "GetAttr", "SetAttr", "Root", "Lookup",  "ReadLink", "Read",  "WrCache", "Write",
    "Create", "Remove",  "Rename",  "Link", "SymLink", "MkDir",    "RmDir", "ReadDir", "FsStat"};
constexpr std::string_view kVersion3[] = {
    "",        "GetAttr",     "SetAttr", "Lookup", "Access",   "ReadLink", "Read",   "Write",
    "Create",  "MkDir",       "SymLink", "MkNod",  "Remove",   "RmDir",    "Rename", "Link",
    "ReadDir", "ReadDirPlus", "FsStat",  "FsInfo", "PathConf", "Commit"};
constexpr std::string_view kVersion4[] = {"",
                                          "",
                                          "",
                                          "Access",
                                          "Close",
                                          "Commit",
                                          "Create",
                                          "DelegPurge",
                                          "DelegReturn",
                                          "GetAttr",
                                          "GetFH",
                                          "Link",
                                          "Lock",
                                          "Lockt",
                                          "Locku",
                                          "Lookup",
                                          "LookupRoot",
                                          "Nverify",
                                          "Open",
                                          "OpenAttr",
                                          "OpenConfirm",
                                          "OpenDgrd",
                                          "PutFH",
                                          "",
                                          "",
                                          "Read",
                                          "ReadDir",
                                          "ReadLink",
                                          "Remove",
                                          "Rename",
                                          "Renew",
                                          "RestoreFH",
                                          "SaveFH",
                                          "SecInfo",
                                          "SetAttr",
                                          "SetClientID",
                                          "SetClientIDConfirm",
                                          "Verify",
                                          "Write",
                                          "RelLockOwner"};

struct Version {
  std::string_view key;
  std::string_view proto;
  std::span<const std::string_view> methods;
};

constexpr Version kVersions[] = {
    {"proc2", "2", kVersion2},
    {"proc3", "3", kVersion3},
    {"proc4ops", "4", kVersion4},
};

}  // namespace

NfsdCollector::NfsdCollector(const Roots& roots)
    : file_(roots.proc(), "net/rpc/nfsd", ProcFile::Shape::Records, 4096, roots.devices) {
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
  const Labels getattr{{"method", "WdelegGetattr"}, {"proto", "4"}};  // since Linux 6.6
  lines_.add("wdeleg_getattr", 0, sheet_.add(kRequests, getattr));
}

Result<void> NfsdCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());
  lines_.read_into(*text, file_.path(), sheet_, malformed_);
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
