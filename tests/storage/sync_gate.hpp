// Syncs and writes of log segments on a simulated disk, as a test wants them: held, or failing.
#pragma once

#include "storage/log/segment.hpp"
#include "tests/support/simulated_disk.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <system_error>

namespace pawl::test {

using namespace pawl::storage;

// Stops syncs of log segments until it is opened; fails them where told to.
class sync_gate {
public:
    explicit sync_gate(simulated_disk& disk) {
        disk.set_faults([this](disk_operation op, const std::string& name) {
            simulated_disk::fault f;
            if (parse_segment_name(name)) {
                if (op == disk_operation::sync) {
                    f.error = pass();
                } else if (op == disk_operation::write) {
                    f.error = take_write_error();
                }
            }
            return f;
        });
    }
    void close() { set(true); }
    void open() { set(false); }
    void fail_syncs(std::errc e) {
        const std::lock_guard lock(mutex_);
        sync_error_ = std::make_error_code(e);
    }
    void fail_next_writes(std::errc e, int times) {
        const std::lock_guard lock(mutex_);
        write_error_ = std::make_error_code(e);
        write_errors_left_ = times;
    }
    void wait_until_one_waits() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return waiting_ > 0; });
    }
    void wait_for_syncs(std::uint64_t n) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return syncs_ >= n; });
    }
    std::uint64_t syncs() {
        const std::lock_guard lock(mutex_);
        return syncs_;
    }

private:
    std::error_code pass() {
        std::unique_lock lock(mutex_);
        ++syncs_;
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return !closed_; });
        --waiting_;
        return sync_error_;
    }
    std::error_code take_write_error() {
        const std::lock_guard lock(mutex_);
        return write_errors_left_ > 0 && write_errors_left_-- > 0 ? write_error_ : std::error_code{};
    }
    void set(bool closed) {
        const std::lock_guard lock(mutex_);
        closed_ = closed;
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool closed_ = false;
    int waiting_ = 0, write_errors_left_ = 0;
    std::uint64_t syncs_ = 0;
    std::error_code sync_error_, write_error_;
};

} // namespace pawl::test
