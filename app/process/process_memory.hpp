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

// Gives the system what malloc keeps of freed blocks. A few milliseconds for each 100 MB, for which other threads that
// allocate wait. Any thread.
void give_back_free_memory();

// When connections have ended in such a number that what they leave in malloc's lists is worth giving back: 900
// handshakes that never end take 80 MB, and blocks of a few KiB do not go back by themselves. Pure.
class connection_ebb {
public:
    static constexpr std::size_t fall_min = 256;

    // `open`: how many there are now. True if there are fall_min fewer than the most since it was last true.
    bool look(std::size_t open) {
        most_ = open > most_ ? open : most_;
        if (most_ - open < fall_min) {
            return false;
        }
        most_ = open;
        return true;
    }

private:
    std::size_t most_ = 0;
};

} // namespace pawl::app
