// Who watches the events of one world: how many may, where each begins, and the thread that reads the disk for those
// who were away.
#pragma once

#include "app/events/event_feed.hpp"
#include "app/worker/admin_worker.hpp"
#include "core/failure.hpp"
#include "core/port/task.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace pawl::app {

// For /metrics; relaxed.
struct event_figures {
    std::atomic<std::uint64_t> streams{0}, opened{0}, sent{0}, fell_behind{0};
};

class event_service {
public:
    // `data` and what `keys` asks outlive it. `directory`: empty where nothing is on disk.
    event_service(storage::embedded_store& data, std::string directory, std::function<key_ring_ptr()> keys);
    ~event_service(); // close()
    event_service(const event_service&) = delete;
    event_service& operator=(const event_service&) = delete;

    // Watches from construction to destruction; one of event_streams_max unless it is `of_ours` (webhooks). `l` is
    // woken when there is more.
    class watch {
    public:
        watch(event_service& service, event_ring::listener& l, bool of_ours = false);
        ~watch();
        watch(const watch&) = delete;
        watch& operator=(const watch&) = delete;

    private:
        event_service& service_;
        event_ring::listener& listener_;
        const bool of_ours_;
    };
    // False where there are as many as there may be.
    bool has_room() const { return figures_.streams.load(std::memory_order_relaxed) < event_streams_max; }

    // Where a watch begins that was made before this: after `since`, else after what is durable now; 0 is the beginning
    // in every history. not_on_disk where `since` is given and there is no log; events_of_another_history where it is
    // of another mark; events_gone where the log can't go on from there (as far as can be told without reading it).
    result<std::uint64_t> beginning(const std::optional<event_place>& since) const;
    // Of the history that is being told of.
    std::uint64_t mark() const { return data_.restore_mark(); }
    feed_source& source() { return source_; }

    // feed.read_disk() on the thread of this service. Nothing: it has too much to do, or stops.
    task<std::optional<feed_outcome>> read_disk(event_feed& feed, std::vector<event_line>& out);
    // The right to read the disk; at most event_catch_ups_max at once.
    bool begin_catch_up();
    void end_catch_up() { catching_up_.fetch_sub(1); }

    // Whoever watches is told that there will be no more; the thread ends. Any thread; more than once.
    void close();

    event_figures& figures() { return figures_; }

private:
    storage::embedded_store& data_;
    std::shared_ptr<event_ring> ring_ = std::make_shared<event_ring>();
    feed_source source_;
    event_figures figures_;
    std::atomic<std::size_t> catching_up_{0};
    std::mutex mutex_;
    std::size_t watches_ = 0; // guarded by mutex_
    admin_worker worker_;     // last: its thread ends first
};

} // namespace pawl::app
