// The newest part of the log in memory, for all who watch it together. Whoever is too slow finds its place gone, and
// costs nobody anything: there is no queue of its own.
#pragma once

#include "app/http/limits.hpp"
#include "storage/log/commit_listener.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace pawl::app {

struct kept_batch {
    std::uint64_t first_lsn = 0, next_lsn = 0;
    timestamp_ms time{};
    std::vector<std::uint8_t> payload;
};
using kept_batch_ptr = std::shared_ptr<const kept_batch>;

// Any thread.
class event_ring final : public storage::commit_listener {
public:
    // Told that there is more. On the thread that writes the log: a post, no more.
    class listener {
    public:
        virtual void wake() noexcept = 0;

    protected:
        ~listener() = default;
    };

    explicit event_ring(std::size_t bytes_max = event_ring_bytes_max) : bytes_max_(bytes_max) {}

    // Keeps what comes from now on: batches after `durable_lsn`, which was asked for once this was the store's tap.
    void begin(std::uint64_t durable_lsn);
    void clear(); // before it becomes the tap, and when nobody watches any more
    // Once remove() is back, wake() is not being called and will not be.
    void add(listener& l);
    void remove(listener& l);
    void close(); // wakes all: there will be no more

    enum class place : std::uint8_t { here, nothing_yet, behind, closed };
    struct found {
        place what{};
        kept_batch_ptr batch; // here: the one that holds the record after
    };
    found after(std::uint64_t lsn) const;

    void on_batch(const storage::durable_batch& batch) noexcept override;

private:
    void keep(const storage::durable_batch& batch);
    void wake_all() noexcept;

    const std::size_t bytes_max_;
    mutable std::mutex mutex_;
    std::deque<kept_batch_ptr> batches_;
    std::size_t bytes_ = 0;
    std::uint64_t first_lsn_ = 0, next_lsn_ = 0; // what is kept; equal: nothing
    std::vector<listener*> listeners_;
    bool closed_ = false;
};

} // namespace pawl::app
