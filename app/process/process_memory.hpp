// What the process keeps of its memory: little, for a small machine.
#pragma once

#include <cstddef>

namespace pawl::app {

// A buffer of a megabyte (a segment's zeros, recovery's, a snapshot's) goes back to the system when it is freed. Left
// to itself, malloc would take the first such one as a sign to keep all that come. Before anything large is allocated.
void keep_no_large_buffers();

// Unmaps the pages of code and constants that the start went through: loading libraries, their tables of algorithms,
// options, recovery. What serving needs comes back from the page cache at the first touch, some hundred faults in all;
// the rest (7 of 12 MiB) stays where the system can take it without asking. Only what is never written to. Any thread,
// while others run. Returns the bytes of the mappings looked at.
std::size_t let_go_of_start_pages();

} // namespace pawl::app
