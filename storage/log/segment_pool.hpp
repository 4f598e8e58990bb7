// The spares: segments of zeros made ahead, so that neither the next segment nor the repair of a torn one (R3) depends
// on there being room at that moment. Any thread.
#pragma once

#include "storage/log/segment.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

namespace pawl::storage {

class segment_pool {
public:
    // One to go on in, and one that is never used for that: recovery writes a torn segment anew in it.
    static constexpr std::size_t wanted = 2, kept_for_repair = 1;

    segment_pool(file_system& fs, const segment_header& prototype) : fs_(fs), prototype_(prototype) {}

    // What recovery found: spares in ascending order, and the number after the highest segment.
    void restock(std::deque<segment_header> spares, std::uint64_t next_segno);
    // Makes one of this size and puts it on the shelf. One thread at a time.
    std::error_code make_one(std::uint64_t size);
    std::error_code make_one() { return make_one(segment_size()); }
    // The lowest, where that leaves the one kept for repair.
    std::optional<segment_header> take();
    // The highest, whatever is left: for repair, which renames it away.
    std::optional<segment_header> take_for_repair();
    std::size_t count() const;
    std::size_t usable() const { return count() > kept_for_repair ? count() - kept_for_repair : 0; }
    // The sum of `of(header)` over those that the log may go on in.
    template <class F>
    std::uint64_t sum_usable(F&& of) const {
        const std::lock_guard lock(mutex_);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i + kept_for_repair < spares_.size(); ++i) {
            sum += of(spares_[i]);
        }
        return sum;
    }
    // What there should be ahead of the writer: the one for repair, and a segment's worth of `size` bytes to go on in.
    bool has_enough(std::uint64_t size) const {
        return count() >= wanted && sum_usable([](const segment_header& h) { return h.file_size; }) >= size;
    }
    std::uint64_t segment_size() const noexcept { return prototype_.file_size; }

private:
    file_system& fs_;
    segment_header prototype_;
    mutable std::mutex mutex_;
    std::deque<segment_header> spares_;
    std::uint64_t next_segno_ = 0;
};

} // namespace pawl::storage
