// Walks the log frame by frame, across segments, as recovery does and with its verdicts, but holding one segment in
// memory at a time and changing nothing.
//
// Beside a running server the end of what is written moves on, and what is being written looks torn or worse for a
// moment: such a place is looked at again before it is believed, and the end of the log is no last word: next() may be
// called again later and goes on from there.
#pragma once

#include "storage/history/directory_view.hpp"
#include "storage/log/scanner.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace pawl::storage {

// What stands where the frames end.
struct log_end {
    scan_verdict what;                // kind, row of the table, words
    exit_code kind = exit_code::none; // none: what a start of the server would go on from
    bool superseded = false;          // the directory has moved on, so this is no verdict: begin anew
    bool in_flight = false;           // a server is at work there
    std::string file;                 // with its path
    std::uint64_t offset = 0, batch_seq = 0, lsn = 0;
    std::string system; // the system's word for a read error

    // "FILE: offset N, batch N: what; what to run": the server's own line.
    std::string line() const;
};
// "corrupt", "tampered", "wrong key", "newer format", "unreadable", or "" for none.
const char* name_of(exit_code kind) noexcept;

class log_reader {
public:
    // `view` must outlive the reader and stay where it is.
    log_reader(const directory_view& view, const reading_start& from);
    log_reader(const log_reader&) = delete;
    log_reader& operator=(const log_reader&) = delete;

    // The next good frame; its payload is valid until the next call. Nothing: end() says why.
    std::optional<frame_view> next();
    const log_end& end() const noexcept { return end_; }

    // Of the frame handed out last.
    const segment_header& segment() const noexcept { return loaded_.header; }
    // Number of its first record.
    std::uint64_t first_lsn() const noexcept { return frame_lsn_; }
    // What the next frame must carry.
    const log_start& expected() const noexcept { return expected_; }
    std::uint64_t bytes_read() const noexcept { return bytes_read_; }
    std::uint64_t frames() const noexcept { return frames_; }
    frame_type last_type() const noexcept { return last_type_; }
    bool ended_in_seal() const noexcept { return sealed_; }
    // First place where bytes between frames have changed, as "FILE: offset N"; empty where there is none. It cost
    // nothing, but the disk should be looked at.
    const std::string& stray() const noexcept { return stray_; }

private:
    bool open_segment();
    bool later_segment_used(std::uint64_t after) const;
    bool look_again();
    void fail(segment_fault fault);
    void stop_at(const scan_verdict& v);
    void note_stray();

    const directory_view& view_;
    std::optional<hmac_sha256> mac_;
    frame_context context_;
    log_start expected_;
    bool trust_first_;
    loaded_segment loaded_;
    std::optional<segment_scanner> scanner_;
    std::uint64_t offset_ = 0; // of the next frame in expected_.segno; 0: its first
    bool sealed_ = false, ended_ = false;
    int looks_ = 0;
    log_end end_;
    std::uint64_t frame_lsn_ = 0, bytes_read_ = 0, frames_ = 0;
    frame_type last_type_ = frame_type::seal;
    std::string stray_;
};

} // namespace pawl::storage
