// One reader's way through the events: from the disk what is older, from memory what is newest.
#pragma once

#include "app/events/event_line.hpp"
#include "app/events/event_ring.hpp"
#include "storage/history/log_tail.hpp"
#include "storage/store/embedded_store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pawl::app {

class event_service;

// Where a look came to. Lines may be none where nothing was for this reader.
enum class feed_outcome : std::uint8_t {
    read,       // go on
    nothing,    // all that is durable was read
    behind,     // memory does not go back so far: read the disk
    gone,       // nor does the disk
    unreadable, // the disk
    closed,     // there will be no more
};

// What all readers of a instance share; outlives them.
struct feed_source {
    const storage::embedded_store& data;
    const event_ring& ring;
    std::string directory;              // empty: nothing is on disk
    std::function<key_ring_ptr()> keys; // of the log
};

// One thread at a time.
class event_feed {
public:
    // After the record `lsn`.
    event_feed(feed_source& source, event_filter filter, std::uint64_t lsn);

    // Adds what comes next to `out`, as much as one turn may take. Never blocks.
    feed_outcome read_memory(std::vector<event_line>& out);
    // The same from the disk: blocks. Never `closed`; `nothing` where memory goes on.
    feed_outcome read_disk(std::vector<event_line>& out);
    // What the disk was read with: a segment in memory.
    void let_go_of_disk() { tail_.reset(); }

    // After `gone`: goes on with what is kept.
    void skip_gap();

    // The last record looked at.
    std::uint64_t position() const { return position_; }

private:
    feed_source& source_;
    event_reader reader_;
    std::uint64_t position_;
    kept_batch_ptr batch_; // position_ + 1 is in it, unless it is null or read to its end
    storage::record_cursor cursor_{{}};
    storage::record_view record_;
    std::unique_ptr<storage::log_tail> tail_;
};

} // namespace pawl::app
