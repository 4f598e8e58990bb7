// Keeps the promise of reserve(): whatever is reserved or queued fits into the segments at hand, frames and all. Pure
// arithmetic; the writer holds a lock around it.
#pragma once

#include "storage/log/frame.hpp"
#include "storage/record/log_types.hpp"

#include <cstdint>

namespace pawl::storage {

// What a reserved record may become. What ends something is small (a family's word, a user's record), so that the
// reserved tail takes many. A group never begins in one frame and ends in the next, so each is charged as the largest
// group: what is lost at the end of a frame is less than that.
inline constexpr std::uint64_t group_size_max = record_header_size + record_body_size_max + group_extra_size_max;
inline constexpr std::uint64_t ending_record_size_max = 8 * 1024;

class space_reservation {
public:
    // `segment_capacity`: the ordinary zone of a segment of the usual size.
    space_reservation(std::uint32_t wal_pad, std::uint64_t segment_capacity, std::uint32_t records_max) noexcept;

    [[nodiscard]] bool reserve(log_room room, std::uint32_t records) noexcept;
    void release(log_room room, std::uint32_t records) noexcept;
    // A reserved record of `bytes` bytes, with its header, is in the queue.
    void enqueued(log_room room, std::uint64_t bytes) noexcept;
    // Queued records have been written; call set_room with what is left at the same time.
    void written(std::uint64_t bytes, std::uint64_t records) noexcept;
    // What is left of the current segment, by zone; how many spares may still be used, and their ordinary zones' sum.
    void set_room(std::uint64_t ordinary, std::uint64_t tail, std::uint64_t spares, std::uint64_t in_spares) noexcept;
    // For nothing to fit: the last segment is not repaired, or there is no spare to repair one with.
    void set_closed(bool ordinary, bool ending) noexcept;

    // Whether one more could be reserved, but for the number of records.
    bool has_room(log_room room) const noexcept { return fits(room, 1); }
    std::uint64_t queued_records() const noexcept { return queued_records_; }
    std::uint64_t reserved_records() const noexcept { return reserved_ordinary_ + reserved_ending_; }

private:
    bool fits(log_room room, std::uint64_t more) const noexcept;

    std::uint64_t frame_overhead_, ordinary_charge_, ending_charge_;
    std::uint64_t records_max_;
    std::uint64_t reserved_ordinary_ = 0, reserved_ending_ = 0, queued_bytes_ = 0, queued_records_ = 0;
    std::uint64_t ordinary_ = 0, tail_ = 0, spares_ = 0, in_spares_ = 0;
    bool ordinary_closed_ = false, ending_closed_ = false;
};

} // namespace pawl::storage
