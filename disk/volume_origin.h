// Whose a volume group or pool is, as its own metadata says: what a person should read before it is
// cleared. Pure; empty where nothing is said.
#pragma once

#include <string>
#include <string_view>

#include "disk/disk_bytes.h"

namespace joist::disk {

// "group data of host db3": a volume group's text (LVM2, lib/format_text), its system ID where it
// has one, else the host that it was made on.
std::string lvm_origin(std::string_view text);

// "pool tank of host db3": the list of names and values of a ZFS label (XDR, RFC 4506; OpenZFS,
// nvpair.c), from its head on.
std::string zfs_origin(const DiskBytes& list);

}  // namespace joist::disk
