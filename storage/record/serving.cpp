#include "storage/record/serving.hpp"

#include "storage/record/bytes.hpp"
#include <algorithm>
#include <tuple>

namespace pawl::storage {

serving_bytes encode_serving(const serving_record& r) noexcept {
    serving_note note;
    if (const auto* const o = std::get_if<outage>(&r)) {
        note = {serving_kind::began, o->stopped_at, o->ready_at};
    } else if (const auto* const set = std::get_if<clock_set>(&r)) {
        note = {serving_kind::clock_set, set->to, set->from};
    }
    serving_bytes out{};
    byte_sink to(out);
    put_body(to, note, serving_version);
    return out;
}

serving_fault decode_serving(const record_view& record, serving_record& out) noexcept {
    serving_note note;
    switch (decode(record, note)) {
    case decoding::ok:
        break;
    case decoding::malformed:
        return serving_fault::malformed;
    case decoding::newer:
        return serving_fault::newer;
    }
    if (note.what == serving_kind::began) {
        out = outage{note.first, note.second};
    } else {
        out = clock_set{note.first, note.second};
    }
    return serving_fault::none;
}

bool served_time_reader::decoded(const record_view& record, std::optional<serving_record>& out) const {
    serving_record read;
    const serving_fault fault = decode_serving(record, read);
    if (fault == serving_fault::none) {
        out = read;
    }
    return fault != serving_fault::malformed;
}

void served_time_reader::note(const serving_record& r) {
    if (const auto* const o = std::get_if<outage>(&r)) {
        outages_.add(*o);
        note_time(o->ready_at);
    } else if (const auto* const set = std::get_if<clock_set>(&r)) {
        outages_.set_clock(set->from, set->to);
        last_time_ = set->to; // not the later of the two: that is what the record is for
    }
}

bool served_time_reader::note_record(const record_view& record) {
    std::optional<serving_record> r;
    const bool sound = decoded(record, r);
    if (r) {
        note(*r);
    }
    return sound;
}

bool served_time_reader::note_snapshot_record(const record_view& record) {
    std::optional<serving_record> r;
    const bool sound = decoded(record, r);
    if (r && std::holds_alternative<outage>(*r)) { // a clock that was set is in the snapshot's own time already
        const std::lock_guard lock(mutex_);
        of_snapshot_.push_back(std::get<outage>(*r));
    }
    return sound;
}

void served_time_reader::snapshot_read() {
    const std::lock_guard lock(mutex_);
    std::ranges::sort(of_snapshot_, {}, [](const outage& o) { return std::tie(o.ready_at, o.stopped_at); });
    for (const outage& o : of_snapshot_) {
        note(o);
    }
    of_snapshot_.clear();
}

} // namespace pawl::storage
