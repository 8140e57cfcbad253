#include "collectors/storage/xfs.h"

#include <utility>

namespace joist::collectors {
namespace {

using MetricType::Counter;

struct Row {
  std::string_view group;
  std::size_t column;
  FamilyText family;
};

constexpr Row kRows[] = {
    {"extent_alloc",
     0,
     {"node_xfs_extent_allocation_extents_allocated_total",
      "Number of extents allocated for a filesystem.", Counter}},
    {"extent_alloc",
     1,
     {"node_xfs_extent_allocation_blocks_allocated_total",
      "Number of blocks allocated for a filesystem.", Counter}},
    {"extent_alloc",
     2,
     {"node_xfs_extent_allocation_extents_freed_total", "Number of extents freed for a filesystem.",
      Counter}},
    {"extent_alloc",
     3,
     {"node_xfs_extent_allocation_blocks_freed_total", "Number of blocks freed for a filesystem.",
      Counter}},
    {"abt",
     0,
     {"node_xfs_allocation_btree_lookups_total",
      "Number of allocation B-tree lookups for a filesystem.", Counter}},
    {"abt",
     1,
     {"node_xfs_allocation_btree_compares_total",
      "Number of allocation B-tree compares for a filesystem.", Counter}},
    {"abt",
     2,
     {"node_xfs_allocation_btree_records_inserted_total",
      "Number of allocation B-tree records inserted for a filesystem.", Counter}},
    {"abt",
     3,
     {"node_xfs_allocation_btree_records_deleted_total",
      "Number of allocation B-tree records deleted for a filesystem.", Counter}},
    {"blk_map",
     0,
     {"node_xfs_block_mapping_reads_total",
      "Number of block map for read operations for a filesystem.", Counter}},
    {"blk_map",
     1,
     {"node_xfs_block_mapping_writes_total",
      "Number of block map for write operations for a filesystem.", Counter}},
    {"blk_map",
     2,
     {"node_xfs_block_mapping_unmaps_total", "Number of block unmaps (deletes) for a filesystem.",
      Counter}},
    {"blk_map",
     3,
     {"node_xfs_block_mapping_extent_list_insertions_total",
      "Number of extent list insertions for a filesystem.", Counter}},
    {"blk_map",
     4,
     {"node_xfs_block_mapping_extent_list_deletions_total",
      "Number of extent list deletions for a filesystem.", Counter}},
    {"blk_map",
     5,
     {"node_xfs_block_mapping_extent_list_lookups_total",
      "Number of extent list lookups for a filesystem.", Counter}},
    {"blk_map",
     6,
     {"node_xfs_block_mapping_extent_list_compares_total",
      "Number of extent list compares for a filesystem.", Counter}},
    {"bmbt",
     0,
     {"node_xfs_block_map_btree_lookups_total",
      "Number of block map B-tree lookups for a filesystem.", Counter}},
    {"bmbt",
     1,
     {"node_xfs_block_map_btree_compares_total",
      "Number of block map B-tree compares for a filesystem.", Counter}},
    {"bmbt",
     2,
     {"node_xfs_block_map_btree_records_inserted_total",
      "Number of block map B-tree records inserted for a filesystem.", Counter}},
    {"bmbt",
     3,
     {"node_xfs_block_map_btree_records_deleted_total",
      "Number of block map B-tree records deleted for a filesystem.", Counter}},
    {"dir",
     0,
     {"node_xfs_directory_operation_lookup_total",
      "Number of file name directory lookups which miss the operating systems directory name "
      "lookup cache.",
      Counter}},
    {"dir",
     1,
     {"node_xfs_directory_operation_create_total",
      "Number of times a new directory entry was created for a filesystem.", Counter}},
    {"dir",
     2,
     {"node_xfs_directory_operation_remove_total",
      "Number of times an existing directory entry was created for a filesystem.", Counter}},
    {"dir",
     3,
     {"node_xfs_directory_operation_getdents_total",
      "Number of times the directory getdents operation was performed for a filesystem.", Counter}},
    {"ig",
     0,
     {"node_xfs_inode_operation_attempts_total",
      "Number of times the OS looked for an XFS inode in the inode cache.", Counter}},
    {"ig",
     1,
     {"node_xfs_inode_operation_found_total",
      "Number of times the OS looked for and found an XFS inode in the inode cache.", Counter}},
    {"ig",
     2,
     {"node_xfs_inode_operation_recycled_total",
      "Number of times the OS found an XFS inode in the cache, but could not use it as it was "
      "being recycled.",
      Counter}},
    {"ig",
     3,
     {"node_xfs_inode_operation_missed_total",
      "Number of times the OS looked for an XFS inode in the cache, but did not find it.",
      Counter}},
    {"ig",
     4,
     {"node_xfs_inode_operation_duplicates_total",
      "Number of times the OS tried to add a missing XFS inode to the inode cache, but found it "
      "had already been added by another process.",
      Counter}},
    {"ig",
     5,
     {"node_xfs_inode_operation_reclaims_total",
      "Number of times the OS reclaimed an XFS inode from the inode cache to free memory for "
      "another purpose.",
      Counter}},
    {"ig",
     6,
     {"node_xfs_inode_operation_attribute_changes_total",
      "Number of times the OS explicitly changed the attributes of an XFS inode.", Counter}},
    {"rw",
     0,
     {"node_xfs_write_calls_total",
      "Number of write(2) system calls made to files in a filesystem.", Counter}},
    {"rw",
     1,
     {"node_xfs_read_calls_total", "Number of read(2) system calls made to files in a filesystem.",
      Counter}},
    {"vnodes",
     0,
     {"node_xfs_vnode_active_total", "Number of vnodes not on free lists for a filesystem.",
      Counter}},
    {"vnodes",
     1,
     {"node_xfs_vnode_allocate_total", "Number of times vn_alloc called for a filesystem.",
      Counter}},
    {"vnodes",
     2,
     {"node_xfs_vnode_get_total", "Number of times vn_get called for a filesystem.", Counter}},
    {"vnodes",
     3,
     {"node_xfs_vnode_hold_total", "Number of times vn_hold called for a filesystem.", Counter}},
    {"vnodes",
     4,
     {"node_xfs_vnode_release_total", "Number of times vn_rele called for a filesystem.", Counter}},
    {"vnodes",
     5,
     {"node_xfs_vnode_reclaim_total", "Number of times vn_reclaim called for a filesystem.",
      Counter}},
    {"vnodes",
     6,
     {"node_xfs_vnode_remove_total", "Number of times vn_remove called for a filesystem.",
      Counter}},
};

}  // namespace

XfsCollector::XfsCollector(const Roots& roots)
    : sys_(roots.sys()), class_(roots.sys(), "/fs/xfs", roots.devices) {}

void XfsCollector::meet_filesystems() {
  filesystems_.clear();
  sheet_.clear();
  for (const std::string& device : class_.names()) {
    ProcFile file(sys_, "/fs/xfs/" + device + "/stats/stats", ProcFile::Shape::Whole);
    if (!file.read()) continue;  // "stats" itself: all file systems together
    NumberLines lines;
    const Labels labels{{"device", device}};
    for (const Row& row : kRows) {
      lines.add(row.group, row.column, sheet_.add(row.family, labels));
    }
    filesystems_.push_back({std::move(file), std::move(lines)});
  }
}

Result<void> XfsCollector::collect(Exposition& page) {
  const auto changed = class_.refresh();
  if (!changed) {
    if (changed.error().code != ErrorCode::NotFound) return tl::unexpected<Error>(changed.error());
    return {};  // node_exporter counts a host without XFS as a success
  }
  if (*changed) meet_filesystems();

  sheet_.blank();
  for (Filesystem& filesystem : filesystems_) {
    const auto text = filesystem.file.read();
    if (!text) continue;  // unmounted
    filesystem.lines.read_into(*text, filesystem.file.path(), sheet_, malformed_);
  }
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
