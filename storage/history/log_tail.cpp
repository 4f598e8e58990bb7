#include "storage/history/log_tail.hpp"

#include <utility>

namespace pawl::storage {

namespace {

// The server goes on meanwhile: its next segment, or files that retention takes. What is durable is there at the next
// look, or the log can't be read.
constexpr int looks_max = 3;

} // namespace

log_tail::log_tail(std::string directory, key_ring_ptr keys, std::uint64_t lsn)
    : directory_(std::move(directory)), keys_(std::move(keys)), position_(lsn) {}

void log_tail::begin() {
    view_options options;
    options.path = directory_;
    options.log_key = &keys_->log_key;
    log_.reset();
    view_ = std::make_unique<directory_view>(options);
    log_ = std::make_unique<log_reader>(*view_, view_->at_lsn(position_ + 1));
    cursor_ = record_cursor({});
}

// The frame that holds the record after position_. False where there is none to be had.
bool log_tail::next_frame() {
    for (int look = 0; look < looks_max; ++look) {
        if (!log_ || look > 0) {
            begin();
        }
        while (const std::optional<frame_view> frame = log_->next()) {
            const std::uint64_t first = log_->first_lsn();
            if (first > position_ + 1) {
                next_kept_ = first; // the frames between are no longer there
                return false;
            }
            if (first + frame->fields.n_records <= position_ + 1) {
                continue;
            }
            cursor_ = record_cursor(frame->payload);
            record_.lsn = first - 1;
            record_.time = frame->fields.time;
            return true;
        }
    }
    return false;
}

log_tail::outcome log_tail::read(std::uint64_t through, const take_function& take) {
    try {
        while (position_ < through) {
            if (!cursor_.next(record_)) {
                if (!next_frame()) {
                    return next_kept_ != 0 ? outcome::gone : outcome::unreadable;
                }
                continue;
            }
            ++record_.lsn;
            if (record_.lsn <= position_) {
                continue;
            }
            position_ = record_.lsn;
            if (!take(record_)) {
                return position_ < through ? outcome::more : outcome::reached;
            }
        }
    } catch (const refused&) {
        log_.reset();
        return outcome::unreadable;
    }
    return outcome::reached;
}

} // namespace pawl::storage
