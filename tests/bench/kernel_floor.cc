// What the kernel alone costs for the data of one scrape: reads the given files
// with open descriptors, asks rtnetlink for the interfaces' counters and statfs(2) for
// the mounts, and throws the answers away. The floor under every exporter.
//
//   kernel_floor ROUNDS FILE... [--mount PATH]...     prints CPU seconds a round
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

char buffer[1 << 18];

struct File {
  int fd;
  bool pieces;  // the kernel gives it out in pieces of about a page
};

void read_whole(const File& file) {
  off_t at = 0;
  for (ssize_t got = 0; (got = ::pread(file.fd, buffer, sizeof buffer, at)) > 0 && file.pieces;) {
    at += got;
  }
}

void dump_links(int netlink) {
  struct {
    nlmsghdr header;
    if_stats_msg stats;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETSTATS;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.stats.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
  if (::send(netlink, &request, sizeof request, 0) < 0) return;
  for (;;) {
    const ssize_t got = ::recv(netlink, buffer, sizeof buffer, 0);
    if (got <= 0) return;
    auto left = static_cast<unsigned>(got);
    for (auto* header = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) return;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc > 1 ? std::atol(argv[1]) : 0;
  if (rounds <= 0) return 2;
  std::vector<File> files;
  std::vector<const char*> mounts;
  for (int i = 2; i < argc; ++i) {
    if (std::strcmp(argv[i], "--mount") == 0 && i + 1 < argc) {
      mounts.push_back(argv[++i]);
      continue;
    }
    const int fd = ::open(argv[i], O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    const ssize_t first = ::pread(fd, buffer, sizeof buffer, 0);
    const bool more = first > 0 && ::pread(fd, buffer, sizeof buffer, first) > 0;
    files.push_back({fd, more});
  }
  const int netlink = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

  rusage before{};
  rusage after{};
  ::getrusage(RUSAGE_SELF, &before);
  for (long round = 0; round < rounds; ++round) {
    for (const File& file : files) read_whole(file);
    struct statfs figures {};
    for (const char* mount : mounts) (void)::statfs(mount, &figures);
    dump_links(netlink);
  }
  ::getrusage(RUSAGE_SELF, &after);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  const double spent = seconds(after.ru_utime) + seconds(after.ru_stime) -
                       seconds(before.ru_utime) - seconds(before.ru_stime);
  std::printf("%.9f\n", spent / static_cast<double>(rounds));
  return 0;
}
