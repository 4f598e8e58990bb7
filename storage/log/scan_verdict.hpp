// What recovery makes of the first place in a segment that is not a good frame: a pure function over what was seen
// there. docs/on-disk.md has the table and the reasons; the row numbers are the table's.
#pragma once

#include <cstdint>

namespace pawl::storage {

struct observation {
    // Nothing but zeros from here to the end of the segment.
    bool zeros_to_end = false;
    // A header with right magic and CRC begins here.
    bool header_valid = false;
    // Its 64 bytes are zeros: the sector that holds it was never written.
    bool header_zero = false;
    // Nothing but zeros after its 64 bytes.
    bool zeros_after_header = false;
    // A valid header begins at a later multiple of wal_pad of this segment.
    bool later_header = false;
    // A later segment is not all zeros.
    bool later_segment_used = false;
    // The manifest says that this batch was durable: expected batch_seq <= floor_batch_seq.
    bool below_floor = false;
    // A SEAL came before: nothing may follow in this segment.
    bool sealed = false;

    // Of a valid header only.
    bool format_known = false;   // version and type
    bool extent_fits = false;    // payload_len <= 1 MiB and the frame ends within the file
    bool sequence_right = false; // batch_seq is the expected one
    bool lsn_right = false;      // first_lsn is the expected one
    bool content_ok = false;     // payload CRC and trailer
    bool torn_shaped = false;    // a sector's share of the unpadded extent is all zero, or the trailer's last byte is
    bool chain_ok = false;
    bool records_ok = false; // the payload is n_records whole records
};

enum class scan_verdict_kind : std::uint8_t {
    good,         // a frame: go on after it
    clean_end,    // nothing more was written
    sealed_end,   // the segment ends here, the next goes on
    torn,         // a batch that was being written and that nobody was told of: cut
    corrupt,      // refuse
    tampered,     // refuse
    newer_format, // refuse
};

struct scan_verdict {
    scan_verdict_kind kind = scan_verdict_kind::corrupt;
    std::uint8_t row = 0;  // of the table in docs/on-disk.md; 0 for good and sealed_end
    const char* what = ""; // a static fragment for people
};

scan_verdict judge(const observation& seen) noexcept;

} // namespace pawl::storage
