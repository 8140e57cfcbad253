// What the NFS mounts did, each by itself.
//
// Source: /proc/self/mountstats (fs/nfs/super.c, nfs_show_stats; only the owner of a
//         process may read its), and of /proc/self/mountinfo, whose lines are in the same
//         order, the server's address.
// Emits:  node_mountstats_nfs_*_total{export,mountaddr,protocol},
//         _transport_*{…,transport}, _operations_*{…,operation}  counter, but
//         _transport_{idle_time_seconds,maximum_rpc_slots} gauge;
//         _mountpoint_info{…,mountpoint} 1
//         An export that is mounted several times has one set of figures.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/fields.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

inline constexpr std::size_t kNfsBytes = 8;
inline constexpr std::size_t kNfsEvents = 27;
inline constexpr std::size_t kNfsTransportFields = 13;
inline constexpr std::size_t kNfsOperationFields = 8;

struct NfsTransport {
  std::string_view protocol;
  // As of TCP: UDP has no connection, its three fields are 0; RDMA has the first ten.
  std::array<std::uint64_t, kNfsTransportFields> fields{};
};

struct NfsOperation {
  std::string_view name;
  std::array<std::uint64_t, kNfsOperationFields> fields{};
};

struct NfsMount {
  std::size_t index = 0;  // of its line in mountinfo
  std::string_view export_name;
  std::string_view mount_point;
  std::uint64_t age_seconds = 0;
  std::array<std::uint64_t, kNfsBytes> bytes{};
  std::array<std::uint64_t, kNfsEvents> events{};
  std::vector<NfsTransport> transports;
  std::vector<NfsOperation> operations;
};

// Cuts mountstats into its NFS mounts.
class NfsMounts {
 public:
  explicit NfsMounts(std::string_view mountstats) : rest_(mountstats) {}

  // The next into `mount`, whose memory is used again; false after the last. A line
  // that cannot be read is left out, and reported.
  bool next(NfsMount& mount, std::string_view path, MalformedLines& malformed);

 private:
  bool next_line(std::string_view& line);

  std::string_view rest_;
  std::size_t devices_ = 0;  // lines "device …" so far
};

// The value of "addr=" among a mountinfo line's options; empty if there is none.
std::string_view find_server_address(std::string_view mountinfo_line);

class MountstatsCollector final : public Collector {
 public:
  explicit MountstatsCollector(const Roots& roots);
  std::string_view name() const override { return "mountstats"; }
  Result<void> collect(Exposition& page) override;

 private:
  static constexpr std::size_t kTransportRows = 10;

  struct Info {
    std::string key;
    SampleSheet::Place place;
  };
  struct Operation {
    std::string key;
    std::array<SampleSheet::Place, kNfsOperationFields> places;
  };
  struct Export {
    std::string key;
    std::string name, address, protocol;
    SampleSheet::Place age;
    std::array<SampleSheet::Place, kNfsBytes> bytes;
    std::array<SampleSheet::Place, kNfsEvents> events;
    std::vector<std::array<SampleSheet::Place, kTransportRows>> transports;
    Listing<Operation> operations;
  };

  void read_addresses(std::string_view mountinfo);
  void show(const NfsMount& mount);
  Export make_export(const NfsMount& mount, std::string_view address);
  void show_transports(Export& shown, const NfsMount& mount);
  void show_operations(Export& shown, const NfsMount& mount);

  ProcFile mountstats_;
  ProcFile mountinfo_;
  NfsMount mount_;                           // kept for its memory
  std::vector<std::string_view> addresses_;  // by line of mountinfo
  std::string key_;                          // kept for its memory
  Listing<Info> infos_;
  Listing<Export> exports_;
  SampleSheet sheet_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
