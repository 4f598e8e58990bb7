#include "storage/log/scan_verdict.hpp"

namespace pawl::storage {
namespace {

constexpr scan_verdict corrupt(std::uint8_t row, const char* what) noexcept {
    return {scan_verdict_kind::corrupt, row, what};
}

// What lies here is no good frame, and nothing says that it is of another format or hand. Either it is a batch that was
// under way, or something that was durable has changed.
scan_verdict judge_damage(const observation& seen) noexcept {
    if (seen.later_header) {
        return corrupt(3, "a damaged frame with frames after it");
    }
    if (seen.later_segment_used) {
        return corrupt(4, "the segment is not sealed, but the next one is in use");
    }
    if (seen.below_floor) {
        return corrupt(2, "a frame that the manifest says was durable is missing or damaged");
    }
    if (seen.zeros_to_end) {
        return {scan_verdict_kind::clean_end, 1, "the end of the log"};
    }
    if (seen.header_valid) {
        // A write that was cut short leaves zeros where it did not reach: the segment was zeros before.
        return seen.torn_shaped ? scan_verdict{scan_verdict_kind::torn, 6, "a batch that was not written to its end"}
                                : corrupt(5, "a damaged frame that no interrupted write explains");
    }
    // A header lies within one sector, so an interrupted write leaves all of it, none of it, or (where the write itself
    // was short) its beginning and nothing after.
    return seen.header_zero || seen.zeros_after_header
               ? scan_verdict{scan_verdict_kind::torn, 6, "a batch whose header was not written"}
               : corrupt(5, "a damaged frame header that no interrupted write explains");
}

} // namespace

scan_verdict judge(const observation& seen) noexcept {
    if (seen.sealed) {
        // What is no frame after a SEAL never was one: nothing is lost by it.
        return seen.header_valid || seen.later_header
                   ? corrupt(3, "a frame after the end of its segment")
                   : scan_verdict{scan_verdict_kind::sealed_end, 0, "the end of the segment"};
    }
    if (!seen.header_valid) {
        return judge_damage(seen);
    }
    if (!seen.format_known) {
        return {scan_verdict_kind::newer_format, 10, "a frame of a newer format"};
    }
    if (!seen.extent_fits) {
        return corrupt(12, "a frame that is longer than may be");
    }
    if (!seen.sequence_right) {
        return corrupt(3, "a frame out of sequence");
    }
    if (!seen.lsn_right) {
        return corrupt(7, "a gap in the record numbers");
    }
    if (!seen.content_ok) {
        return judge_damage(seen);
    }
    if (!seen.chain_ok) {
        return {scan_verdict_kind::tampered, 8, "a frame whose checksums are right and whose chain is wrong"};
    }
    if (!seen.records_ok) {
        return corrupt(7, "a frame whose records do not add up");
    }
    return {scan_verdict_kind::good, 0, "a frame"};
}

} // namespace pawl::storage
