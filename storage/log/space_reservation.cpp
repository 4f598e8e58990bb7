#include "storage/log/space_reservation.hpp"

#include <boost/assert.hpp>

#include <algorithm>

namespace pawl::storage {
namespace {

// A small segment (tests, tiny appliances) must still take several records at once: there a record is charged as a
// share of it, and a larger one waits for room in the queue instead.
constexpr std::uint64_t charge_share = 16;
// The writer fills a frame as far as the next group fits, so a full one has at least this much.
constexpr std::uint64_t full_frame_min = frame_payload_max - group_size_max;

} // namespace

space_reservation::space_reservation(std::uint32_t wal_pad, std::uint64_t segment_capacity,
                                     std::uint32_t records_max) noexcept
    : frame_overhead_(2 * frame_padded_size(0, wal_pad)),
      ordinary_charge_(std::min(group_size_max, segment_capacity / charge_share) + frame_overhead_),
      ending_charge_(std::min(ending_record_size_max, segment_capacity / charge_share) + frame_overhead_),
      records_max_(records_max) {}

bool space_reservation::fits(log_room room, std::uint64_t more) const noexcept {
    if (room == log_room::ordinary ? ordinary_closed_ : ending_closed_) {
        return false;
    }
    const std::uint64_t ordinary = reserved_ordinary_ + (room == log_room::ordinary ? more : 0);
    const std::uint64_t ending = reserved_ending_ + (room == log_room::ending ? more : 0);
    const std::uint64_t frames = queued_bytes_ == 0 ? 0 : queued_bytes_ / full_frame_min + 1;
    const std::uint64_t needed =
        queued_bytes_ + frames * frame_overhead_ + ordinary * ordinary_charge_ + ending * ending_charge_;
    // At the end of each segment a group may not fit any more, and a frame begins anew.
    const std::uint64_t spare_room = in_spares_ - std::min(in_spares_, spares_ * ordinary_charge_);
    const std::uint64_t lost_at_end = spares_ > 0 ? std::min(ordinary_, ordinary_charge_) : 0;
    const std::uint64_t held = ordinary_ - lost_at_end + spare_room + (room == log_room::ending ? tail_ : 0);
    return needed <= held;
}

bool space_reservation::reserve(log_room room, std::uint32_t records) noexcept {
    if (queued_records_ + reserved_records() + records > records_max_ || !fits(room, records)) {
        return false;
    }
    (room == log_room::ordinary ? reserved_ordinary_ : reserved_ending_) += records;
    return true;
}

void space_reservation::release(log_room room, std::uint32_t records) noexcept {
    std::uint64_t& reserved = room == log_room::ordinary ? reserved_ordinary_ : reserved_ending_;
    BOOST_ASSERT(reserved >= records);
    reserved -= std::min<std::uint64_t>(reserved, records);
}

void space_reservation::enqueued(log_room room, std::uint64_t bytes) noexcept {
    release(room, 1);
    queued_bytes_ += bytes;
    ++queued_records_;
}

void space_reservation::written(std::uint64_t bytes, std::uint64_t records) noexcept {
    BOOST_ASSERT(queued_bytes_ >= bytes && queued_records_ >= records);
    queued_bytes_ -= bytes;
    queued_records_ -= records;
}

void space_reservation::set_room(std::uint64_t ordinary, std::uint64_t tail, std::uint64_t spares,
                                 std::uint64_t in_spares) noexcept {
    ordinary_ = ordinary;
    tail_ = tail;
    spares_ = spares;
    in_spares_ = in_spares;
}

void space_reservation::set_closed(bool ordinary, bool ending) noexcept {
    ordinary_closed_ = ordinary;
    ending_closed_ = ending;
}

} // namespace pawl::storage
