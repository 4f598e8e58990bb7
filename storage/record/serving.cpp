#include "storage/record/serving.hpp"

#include "storage/record/bytes.hpp"

#include <algorithm>
#include <tuple>

namespace pawl::storage {

namespace {

enum serving_kind : std::uint8_t { began = 1, clock_was_set = 2 };
constexpr std::size_t first_at = 1, second_at = 9;
constexpr std::int64_t time_max_ms = (std::int64_t{1} << 40U) * 1000; // as that of the other records

std::uint64_t bits_of(timestamp_ms t) {
    return static_cast<std::uint64_t>(std::int64_t{t.time_since_epoch().count()});
}

std::optional<timestamp_ms> time_of(std::uint64_t bits) {
    const auto ms = static_cast<std::int64_t>(bits);
    if (ms < -time_max_ms || ms > time_max_ms) {
        return std::nullopt; // arithmetic on it would overflow; no program wrote it
    }
    return timestamp_ms(milliseconds(ms));
}

} // namespace

serving_bytes encode_serving(const serving_record& r) noexcept {
    serving_bytes out{};
    const auto put = [&out](serving_kind what, timestamp_ms first, timestamp_ms second) {
        out[0] = what;
        store_le<std::uint64_t>(out.data() + first_at, bits_of(first));
        store_le<std::uint64_t>(out.data() + second_at, bits_of(second));
    };
    if (const auto* const o = std::get_if<outage>(&r)) {
        put(began, o->stopped_at, o->ready_at);
    } else if (const auto* const set = std::get_if<clock_set>(&r)) {
        put(clock_was_set, set->to, set->from);
    }
    return out;
}

serving_fault decode_serving(const record_view& record, serving_record& out) noexcept {
    if (record.version > serving_version) {
        return serving_fault::newer;
    }
    if (record.version != serving_version || record.body.size() != serving_bytes{}.size()) {
        return serving_fault::malformed;
    }
    const std::optional<timestamp_ms> first = time_of(load_le<std::uint64_t>(record.body.data() + first_at));
    const std::optional<timestamp_ms> second = time_of(load_le<std::uint64_t>(record.body.data() + second_at));
    if (!first || !second) {
        return serving_fault::malformed;
    }
    if (record.body[0] == began && *first <= *second) {
        out = outage{*first, *second};
        return serving_fault::none;
    }
    if (record.body[0] == clock_was_set && *first < *second) {
        out = clock_set{*first, *second};
        return serving_fault::none;
    }
    return serving_fault::malformed;
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
