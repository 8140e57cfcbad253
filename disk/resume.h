// What the kernel resumes from after hibernation. Its image is all that is left of a system that
// sleeps, and nothing holds or mounts the device until that system wakes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace joist::disk {

struct ResumeDevice {
  // As it is named: "8:2" (/sys/power/resume), "/dev/sda2", "UUID=…", "LABEL=…", "PARTUUID=…",
  // "PARTLABEL=…", "0802" (resume=, Documentation/admin-guide/kernel-parameters.txt, and what
  // initramfs-tools(7) and dracut.cmdline(7) take beside it).
  std::string spec;
  std::string device;  // kernel name that a path leads to; filled by observe()
  bool operator==(const ResumeDevice&) const = default;
};

// Every resume= of /proc/cmdline. The kernel takes the last one, an initramfs may take another: to
// protect all of them costs nothing. "noresume" is of one boot alone, and changes nothing.
std::vector<ResumeDevice> parse_resume(std::string_view command_line);

}  // namespace joist::disk
