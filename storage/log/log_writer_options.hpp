#pragma once

#include "core/clock.hpp"

#include <chrono>
#include <cstdint>
#include <functional>

namespace pawl::storage {

struct log_writer_options {
    milliseconds sync_interval{1000}; // for lazy records
    milliseconds commit_idle{100};    // COMMIT after this much idle time
    // Where several wait for the log, a batch is held back for more of them (log/commit_delay.hpp): so long at most
    // (0: never) ...
    std::chrono::microseconds gather_max{1000};
    unsigned gather_syncs_max = 4;           // ... and for no longer than so many syncs take
    std::uint32_t queue_records_max = 65536; // reserved or queued at once; beyond it reserve() refuses
    // After a batch with record_tag::opens_window the log goes on telling the time in COMMITs, so that what is served
    // is known also of a session that ends in a crash: at most one a quarter of this, until a window of this length has
    // surely closed. 0: never.
    milliseconds window{0};
    milliseconds room_retry{1000}; // how often room is looked for while the disk is full
    // Called before a batch is written, on the writer's thread; it may block (--dev: a disk that takes its time).
    std::function<void()> before_write;
};

} // namespace pawl::storage
