#include "storage/history/log_reader.hpp"

#include "storage/directory/directory_state.hpp"
#include "storage/exit_code.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <tuple>

namespace pawl::storage {
namespace {

// How often, and how long apart, a place is looked at that a server may be writing just now.
constexpr int looks_max = 5;
constexpr std::chrono::milliseconds look_interval{20};

exit_code exit_code_of(scan_verdict_kind kind) {
    switch (kind) {
    case scan_verdict_kind::corrupt:
        return exit_code::corrupt;
    case scan_verdict_kind::tampered:
        return exit_code::tampered;
    case scan_verdict_kind::newer_format:
        return exit_code::newer_format;
    default:
        return exit_code::none;
    }
}

// What a segment that can't be read on is in the table, and in exit codes.
std::pair<scan_verdict, exit_code> of_fault(segment_fault fault) {
    const char* const what = describe(fault);
    switch (fault) {
    case segment_fault::unreadable:
        return {{scan_verdict_kind::corrupt, 9, what}, exit_code::storage_failed};
    case segment_fault::newer_format:
        return {{scan_verdict_kind::newer_format, 10, what}, exit_code::newer_format};
    case segment_fault::wrong_key:
        return {{scan_verdict_kind::corrupt, 11, what}, exit_code::wrong_key};
    case segment_fault::missing:
        return {{scan_verdict_kind::corrupt, 4, what}, exit_code::corrupt};
    default:
        return {{scan_verdict_kind::corrupt, 7, what}, exit_code::corrupt};
    }
}

} // namespace

const char* name_of(exit_code kind) noexcept {
    switch (kind) {
    case exit_code::corrupt:
        return "corrupt";
    case exit_code::tampered:
        return "tampered";
    case exit_code::wrong_key:
        return "wrong key";
    case exit_code::newer_format:
        return "newer format";
    case exit_code::storage_failed:
        return "unreadable";
    default:
        return "";
    }
}

std::string log_end::line() const {
    std::string text = file + ": offset " + std::to_string(offset) + ", batch " + std::to_string(batch_seq) + ": " +
                       what.what + (system.empty() ? "" : " (" + system + ")");
    switch (kind) {
    case exit_code::none:
        return text;
    case exit_code::storage_failed:
        return text + "; check the disk, then try again";
    case exit_code::newer_format:
        return text + "; run the version that wrote it";
    case exit_code::wrong_key:
        return text + "; use the right --key-file";
    default:
        return text + "; " + mend_damage;
    }
}

log_reader::log_reader(const directory_view& view, const reading_start& from)
    : view_(view), expected_(from.at), trust_first_(!from.proven) {
    if (view.has_keys()) {
        mac_.emplace(view.keys().chain());
    }
    context_ = {view.current().uuid, mac_ ? &*mac_ : nullptr};
}

// From `after` on the next one that is there is used, or none is.
bool log_reader::later_segment_used(std::uint64_t after) const {
    loaded_segment head;
    for (const std::uint64_t segno : view_.segments()) {
        if (segno > after && view_.load(segno, head, segment_head_size) && head.is_used()) {
            return true;
        }
    }
    return false;
}

// Whether the next one is used is asked first: where a server has gone on to it, this one is sealed by then.
bool log_reader::open_segment() {
    segment_scanner::options o;
    o.later_segment_used = later_segment_used(expected_.segno);
    scanner_.reset();
    const bool again = loaded_.fault == segment_fault::none && loaded_.header.segno == expected_.segno;
    if (!view_.load(expected_.segno, loaded_)) {
        fail(loaded_.fault);
        return false;
    }
    bytes_read_ += again ? 0 : loaded_.bytes.size();
    o.wal_pad = loaded_.header.wal_pad;
    o.first_frame = offset_ != 0 ? offset_ : loaded_.header.first_frame();
    o.floor_batch_seq = view_.current().floor_batch_seq;
    o.trust_first = trust_first_;
    scanner_.emplace(loaded_.bytes.view(), o, context_, expected_);
    return true;
}

void log_reader::fail(segment_fault fault) {
    std::tie(end_.what, end_.kind) = of_fault(fault);
    end_.file = view_.path_of(segment_name(expected_.segno));
    end_.offset = loaded_.offset;
    end_.batch_seq = expected_.batch_seq;
    end_.lsn = expected_.lsn;
    end_.system = loaded_.error ? loaded_.error.message() : "";
    // What is kept for audit alone may go at any time; what the manifest names only once a newer one does not.
    const bool kept_for_audit = expected_.segno < view_.current().oldest.segno;
    end_.superseded = (fault == segment_fault::missing && kept_for_audit) || view_.has_moved_on();
    if (fault == segment_fault::missing) {
        end_.system.clear();
        if (sealed_) {
            end_.what.what = "the segment before is sealed, and this one is missing";
        }
    }
    ended_ = true;
}

void log_reader::stop_at(const scan_verdict& v) {
    end_ = {};
    end_.what = v;
    end_.kind = exit_code_of(v.kind);
    end_.file = view_.path_of(segment_name(expected_.segno));
    end_.offset = offset_;
    end_.batch_seq = expected_.batch_seq;
    end_.lsn = expected_.lsn;
    end_.in_flight = view_.is_in_use();
    end_.superseded = end_.kind != exit_code::none && view_.has_moved_on();
    ended_ = true;
}

void log_reader::note_stray() {
    if (scanner_->stray_bytes_at() != 0 && stray_.empty()) {
        stray_ = view_.path_of(segment_name(loaded_.header.segno)) + ": offset " +
                 std::to_string(scanner_->stray_bytes_at());
    }
}

// What looks wrong may be half written: a server that is at work finishes it.
bool log_reader::look_again() {
    if (looks_ >= looks_max || !view_.is_in_use()) {
        return false;
    }
    if (looks_++ > 0) {
        std::this_thread::sleep_for(look_interval);
    }
    return true;
}

std::optional<frame_view> log_reader::next() {
    if (ended_) {
        ended_ = false;
        looks_ = 0;
        scanner_.reset(); // read anew: there may be more by now
    }
    for (;;) {
        if (!scanner_ && !open_segment()) {
            return std::nullopt;
        }
        frame_lsn_ = expected_.lsn;
        if (std::optional<frame_view> frame = scanner_->next()) {
            frame_lsn_ = frame->fields.first_lsn;
            trust_first_ = false;
            looks_ = 0;
            offset_ = scanner_->offset();
            sealed_ = scanner_->sealed();
            last_type_ = frame->fields.type;
            ++frames_;
            return frame;
        }
        offset_ = scanner_->offset();
        const scan_verdict v = scanner_->end();
        if (v.kind == scan_verdict_kind::sealed_end) {
            note_stray();
            scanner_.reset();
            ++expected_.segno;
            offset_ = 0;
            continue;
        }
        if (v.kind != scan_verdict_kind::clean_end && !scanner_->sealed() && look_again()) {
            scanner_.reset();
            continue;
        }
        note_stray();
        stop_at(v);
        return std::nullopt;
    }
}

} // namespace pawl::storage
