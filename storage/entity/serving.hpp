// The log's own note of when it was served, on disk. What it means: docs/on-disk.md, "Served time".
#pragma once

#include "storage/entity/declaration.hpp"

namespace pawl::storage {

// Stored on disk: numbers are never reused.
enum class serving_kind : std::uint8_t {
    began = 1,     // `first`: when serving had stopped before; `second`: when it began
    clock_set = 2, // `first`: the time that the clock was set back to; `second`: the floor it stood at until then
};
template <>
struct enumeration<serving_kind> {
    static constexpr std::size_t first = 1;
    static constexpr std::array<const char*, 3> names{"", "began", "clock_set"};
};

struct serving_note {
    serving_kind what = serving_kind::began;
    timestamp_ms first{}, second{};
};

template <>
struct declaration<serving_note> {
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
    static bool sound(const serving_note& n) {
        return n.what == serving_kind::began ? n.first <= n.second : n.first < n.second;
    }
};

} // namespace pawl::storage
