// The memory that only a program's start needed.
#pragma once

namespace joist {

// Unmaps the pages of the program and of its libraries that came from their files and were not
// changed: relocation and static initialisers touch megabytes of code and tables that a daemon
// never looks at again. What is needed later comes back by itself, from the page cache. To be
// called seldom: when the program is ready, when its first work is done. Source: madvise(2),
// MADV_DONTNEED of private file mappings; segments that can be written, which hold relocated
// pointers, are left alone.
void give_back_startup_pages();

}  // namespace joist
