#include "storage/snapshot/snapshot_pipeline.hpp"

#include "storage/background.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace pawl::storage {
namespace {

using steady = std::chrono::steady_clock;

// Where the page cache is not passed by: synced as it goes, since one sync of all of it would stand before the log's.
constexpr std::uint64_t sync_every = 16 * snapshot_pipeline::part_size;

} // namespace

snapshot_pipeline::snapshot_pipeline(file_system& fs, std::string name, complete_function complete,
                                     const io_throttle* log)
    : fs_(fs), name_(std::move(name)), complete_(std::move(complete)), log_(log) {
    file_ = fs_.open(name_, open_mode::create_direct, error_);
    past_cache_ = file_ != nullptr && file_->writes_past_cache();
}

snapshot_pipeline::~snapshot_pipeline() {
    stop_threads();
}

snapshot_pipeline::part& snapshot_pipeline::next() {
    std::unique_lock lock(mutex_);
    if (filled_ - done_[comparing] == parts_max) {
        if (threads_.empty()) {
            lock.unlock();
            start_threads();
            lock.lock();
        }
        if (threads_.empty()) {
            for (const step s : {completing, writing, comparing}) {
                run_here(s, lock);
            }
        }
        moved_.wait(lock, [this] { return filled_ - done_[comparing] < parts_max; });
    }
    if (thrown_) {
        std::rethrow_exception(thrown_);
    }
    part& p = parts_[filled_ % parts_max];
    p.bytes.resize(part_size);
    p.size = p.content_size = 0;
    p.is_blocks = false;
    return p;
}

void snapshot_pipeline::hand_on() {
    {
        const std::lock_guard lock(mutex_);
        part& p = parts_[filled_ % parts_max];
        p.offset = size_;
        size_ += p.size;
        ++filled_;
    }
    moved_.notify_all();
}

// All or none: without each of them parts would wait for ever.
void snapshot_pipeline::start_threads() {
    try {
        for (const step s : {completing, writing, comparing}) {
            threads_.emplace_back([this, s] { work(s); });
        }
    } catch (const std::system_error&) { // none to be had: the caller does it all
        stop_threads();
        stopping_ = false;
    }
}

void snapshot_pipeline::stop_threads() noexcept {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    moved_.notify_all();
    paused_.notify_all();
    for (std::thread& t : threads_) {
        t.join();
    }
    threads_.clear();
}

void snapshot_pipeline::work(step s) noexcept {
    work_in_the_background("pawl-snapshot");
    std::unique_lock lock(mutex_);
    for (;;) {
        moved_.wait(lock, [&] { return stopping_ || done_[s] < available(s); });
        if (stopping_) {
            return;
        }
        take_one(s, lock);
        moved_.notify_all();
    }
}

void snapshot_pipeline::run_here(step s, std::unique_lock<std::mutex>& lock) {
    while (done_[s] < available(s)) {
        take_one(s, lock);
    }
}

void snapshot_pipeline::wait_for(step s, std::unique_lock<std::mutex>& lock) {
    if (threads_.empty()) {
        for (std::uint8_t each = completing; each <= s; ++each) {
            run_here(static_cast<step>(each), lock);
        }
    }
    moved_.wait(lock, [&] { return done_[s] == filled_; });
}

std::uint64_t snapshot_pipeline::available(step s) const noexcept {
    switch (s) {
    case completing:
        return filled_;
    case writing:
        return done_[completing];
    case comparing:
    case steps:
        break;
    }
    return on_device_;
}

void snapshot_pipeline::take_one(step s, std::unique_lock<std::mutex>& lock) {
    part& p = parts_[done_[s] % parts_max];
    const bool shares_disk = s == writing && log_ != nullptr;
    std::chrono::nanoseconds pause{0};
    if (!error_ && !thrown_) {
        lock.unlock();
        const io_throttle::view before = shares_disk ? log_->look() : io_throttle::view{};
        const steady::time_point began = steady::now();
        std::error_code ec;
        std::exception_ptr thrown;
        try {
            ec = do_one(s, p);
        } catch (...) {
            thrown = std::current_exception();
        }
        if (shares_disk) {
            pause = pause_after(before, log_->look(), steady::now() - began);
        }
        lock.lock();
        if (!error_ && !thrown_) {
            error_ = ec;
            thrown_ = thrown;
        }
    }
    ++done_[s];
    // The caller may wait for a place in the ring, so what would wait for a later sync must not fill it.
    if (s == writing && (past_cache_ || error_ || thrown_ || synced_to_ == written_)) {
        on_device_ = done_[writing];
    }
    if (pause.count() > 0) {
        ++pauses_;
        moved_.notify_all(); // the next step stops waiting, too
        paused_.wait_for(lock, pause, [this] { return stopping_; });
    }
}

std::error_code snapshot_pipeline::do_one(step s, part& p) {
    switch (s) {
    case completing:
        if (p.is_blocks) {
            complete_(p);
        }
        return {};
    case writing:
        return write(p);
    case comparing:
        return compare(p);
    case steps:
        break;
    }
    return {};
}

std::error_code snapshot_pipeline::write(const part& p) {
    std::error_code ec = write_fully(*file_, p.offset, p.bytes.view().first(p.size));
    written_ = p.offset + p.size;
    if (!ec && !past_cache_ && written_ - synced_to_ >= sync_every) {
        ec = file_->sync_data();
        synced_to_ = written_;
    }
    return ec;
}

std::error_code snapshot_pipeline::compare(const part& p) {
    std::error_code ec;
    // Where there is no way past the page cache, opening drops what it holds: anew for each part.
    if (reader_ == nullptr || !reader_->is_direct()) {
        reader_ = fs_.open(name_, open_mode::read_direct, ec);
        if (ec) {
            return ec;
        }
    }
    read_.resize(part_size);
    const std::span<std::uint8_t> bytes = read_.span().first(p.size);
    const std::size_t n = read_fully(*reader_, p.offset, bytes, ec);
    if (ec) {
        return ec;
    }
    const bytes_view meant = p.bytes.view().first(p.size);
    if (n == p.size && std::memcmp(bytes.data(), meant.data(), n) == 0) { // many bytes at a time, as mismatch is not
        return {};
    }
    const auto differs = std::mismatch(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n), meant.begin());
    wrong_at_ = p.offset + static_cast<std::uint64_t>(differs.first - bytes.begin());
    return std::make_error_code(std::errc::io_error);
}

void snapshot_pipeline::wait_complete() {
    std::unique_lock lock(mutex_);
    wait_for(completing, lock);
}

std::error_code snapshot_pipeline::finish() {
    std::unique_lock lock(mutex_);
    wait_for(writing, lock);
    if (!error_ && !thrown_) {
        lock.unlock();
        const std::error_code ec = file_->sync_all();
        lock.lock();
        error_ = error_ ? error_ : ec;
    }
    on_device_ = filled_;
    moved_.notify_all();
    wait_for(comparing, lock);
    lock.unlock();
    stop_threads();
    reader_.reset();
    file_.reset();
    if (thrown_) {
        std::rethrow_exception(thrown_);
    }
    return error_;
}

} // namespace pawl::storage
