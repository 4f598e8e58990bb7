// The way of a snapshot's bytes to the disk, in parts of 256 KiB: each gets the tags of its blocks, is written, and is
// read back from the device and compared. A small snapshot goes that way when it ends; a larger one has a thread for
// each step, so that encoding, hashing and the disk work at the same time. Where the log shares the disk and has to
// wait for it, parts are written with pauses between them (log/io_throttle.hpp).
//
// Thread safety: one thread calls; the threads within are the pipeline's own.
// Invariants:
//   (1) Each step takes the parts in order, one at a time.
//   (2) A part is compared only once it is on the device: written past the page cache, or synced.
//   (3) After an error the steps only count, so that nobody waits for ever.
#pragma once

#include "storage/log/file.hpp"
#include "storage/log/io_throttle.hpp"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace pawl::storage {

class snapshot_pipeline {
public:
    static constexpr std::size_t part_size = std::size_t{256} << 10U; // what a batch of the log may have to wait for
    static constexpr std::size_t parts_max = 32; // in memory at once; a snapshot of no more needs no threads

    struct part {
        aligned_buffer bytes;
        std::size_t size = 0;          // filled by the caller, whole sectors of the disk
        std::uint64_t offset = 0;      // in the file: set when it is handed on
        std::size_t content_size = 0;  // of its last block, for `complete`
        std::uint64_t first_block = 0; // for `complete`
        bool is_blocks = false;        // header and footer are not
    };
    // Completes the blocks of one part. Called for each part of blocks in order, never by two threads at once.
    using complete_function = std::function<void(part&)>;

    // Begins the file `name`, new. `log`: that of the same disk, or null; it outlives this.
    snapshot_pipeline(file_system& fs, std::string name, complete_function complete, const io_throttle* log);
    ~snapshot_pipeline();
    snapshot_pipeline(const snapshot_pipeline&) = delete;
    snapshot_pipeline& operator=(const snapshot_pipeline&) = delete;

    // An empty part to fill; waits where all are on their way. Throws what a step threw.
    part& next();
    // The part that next() gave is full.
    void hand_on();
    // Waits until all that was handed on is complete.
    void wait_complete();
    // Waits for the rest: written, synced, compared. Throws what a step threw. Gives the first error.
    std::error_code finish();
    // Where the file reads back other than it was written (then finish() gives io_error).
    std::optional<std::uint64_t> wrong_at() const noexcept { return wrong_at_; }
    // After finish(): how often the disk was left alone for the log.
    std::uint64_t pauses() const noexcept { return pauses_; }

private:
    enum step : std::uint8_t { completing, writing, comparing, steps };

    void start_threads();
    void stop_threads() noexcept;
    void work(step s) noexcept;
    // Does what there is to do on this thread. With the lock.
    void run_here(step s, std::unique_lock<std::mutex>& lock);
    void wait_for(step s, std::unique_lock<std::mutex>& lock);
    std::uint64_t available(step s) const noexcept;
    // One part; without the lock around the work itself.
    void take_one(step s, std::unique_lock<std::mutex>& lock);
    std::error_code do_one(step s, part& p);
    std::error_code write(const part& p);
    std::error_code compare(const part& p);

    file_system& fs_;
    const std::string name_;
    const complete_function complete_;
    const io_throttle* const log_;
    std::unique_ptr<file> file_; // written by one thread at a time
    bool past_cache_ = false;
    std::unique_ptr<file> reader_;              // the comparing step's
    aligned_buffer read_;                       // and its
    std::uint64_t written_ = 0, synced_to_ = 0; // bytes; the writing step's

    mutable std::mutex mutex_;
    std::condition_variable moved_;
    std::condition_variable paused_; // for who stops it
    std::array<part, parts_max> parts_;
    std::array<std::uint64_t, steps> done_{};  // parts
    std::uint64_t filled_ = 0, on_device_ = 0; // parts
    std::uint64_t size_ = 0;                   // bytes handed on
    std::uint64_t pauses_ = 0;
    std::error_code error_;
    std::exception_ptr thrown_;
    std::optional<std::uint64_t> wrong_at_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

} // namespace pawl::storage
