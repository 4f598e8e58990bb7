// Record type 12, `serving`: when this store was served, so that windows run in time served over any number of starts
// (docs/on-disk.md, "Served time"). Not critical: a version that does not know it skips it.
#pragma once

#include "core/family/served_time.hpp"
#include "storage/record/codec.hpp"
#include "storage/record/record.hpp"
#include "storage/record/tell.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

namespace pawl::storage {

// Stored on disk: numbers are never reused.
enum class serving_kind : std::uint8_t {
    began = 1,     // `first`: when serving had stopped before; `second`: when it began
    clock_set = 2, // `first`: the time that the clock was set back to; `second`: the floor it stood at until then
};
template <>
struct enumeration<serving_kind> {
    static constexpr serving_kind first = serving_kind::began, last = serving_kind::clock_set;
};
constexpr const char* name_of(serving_kind kind) noexcept {
    return kind == serving_kind::began ? "began" : kind == serving_kind::clock_set ? "clock_set" : "unknown";
}

struct serving_note {
    serving_kind what = serving_kind::began;
    timestamp_ms first{}, second{};
};

template <>
struct declaration<serving_note> {
    static bool began(const serving_note& n) { return n.what == serving_kind::began; }
    static bool was_set(const serving_note& n) { return n.what == serving_kind::clock_set; }

    static constexpr record_type type = record_type::serving;
    static constexpr const char* name = "serving";
    static constexpr record_kind kind = record_kind::service;
    static constexpr std::uint16_t version = 1;
    using refers_to = entities<>;

    static constexpr std::tuple fields{
        at<&serving_note::what>("what"),
        at<&serving_note::first>("first"),
        at<&serving_note::second>("second"),
    };
    static constexpr std::array dumped{
        told<serving_note>{"what"},
        told<serving_note>{"stopped_at", "first", began},
        told<serving_note>{"ready_at", "second", began},
        told<serving_note>{"from", "second", was_set},
        told<serving_note>{"to", "first", was_set},
    };
    static bool sound(const serving_note& n) {
        return n.what == serving_kind::began ? n.first <= n.second : n.first < n.second;
    }
};

inline constexpr std::uint16_t serving_version = declaration<serving_note>::version;

// Service time went back from the floor to a clock that was set anew (`--reset-clock`). to < from.
struct clock_set {
    timestamp_ms to{};
    timestamp_ms from{};
    friend constexpr bool operator==(const clock_set&, const clock_set&) = default;
};
using serving_record = std::variant<outage, clock_set>;

using serving_bytes = std::array<std::uint8_t, body_size_max<serving_note>>;
serving_bytes encode_serving(const serving_record& r) noexcept;

enum class serving_fault : std::uint8_t { none, malformed, newer };
serving_fault decode_serving(const record_view& record, serving_record& out) noexcept;

// What the records and frames of a snapshot and the log after it say of served time. Frames and records of the log come
// in their order; those of a snapshot in any, from any thread.
class served_time_reader {
public:
    explicit served_time_reader(milliseconds window = outage_list::any_window) : outages_(window) {}

    // The time of the manifest, the snapshot, a frame (after its records).
    void note_time(timestamp_ms t) { last_time_ = std::max(last_time_, t); }
    // A `serving` record. False if it is malformed; one of a newer version is passed over.
    bool note_record(const record_view& record);
    // The same within a snapshot.
    bool note_snapshot_record(const record_view& record);
    // After the last record of the snapshot.
    void snapshot_read();

    // No time of the store is later; a clock that was set since has taken back what was said before.
    timestamp_ms last_time() const { return last_time_; }
    const outage_list& outages() const { return outages_; }

private:
    bool decoded(const record_view& record, std::optional<serving_record>& out) const;
    void note(const serving_record& r);

    timestamp_ms last_time_{};
    outage_list outages_;
    std::mutex mutex_;
    std::vector<outage> of_snapshot_; // guarded by mutex_
};

} // namespace pawl::storage
