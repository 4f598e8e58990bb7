// A disk that takes its time, for a while: what the log's writer passes before it writes, under --dev.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace pawl::app {

// Any thread.
class sync_stall {
public:
    using clock = std::chrono::steady_clock;

    void hold_until(clock::time_point until) {
        const std::lock_guard lock(mutex_);
        until_ = std::max(until_, until);
    }
    void release() {
        {
            const std::lock_guard lock(mutex_);
            until_ = clock::time_point();
        }
        changed_.notify_all();
    }
    // Blocks as long as it is held.
    void pass() {
        std::unique_lock lock(mutex_);
        while (clock::now() < until_) {
            changed_.wait_until(lock, until_);
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    clock::time_point until_{};
};

} // namespace pawl::app
