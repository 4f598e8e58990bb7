// What lines of an import have in common, beside what every reader of members has. Pure; one thread.
#pragma once

#include "app/http/member_reader.hpp"
#include "app/transfer/import_line.hpp"
#include "storage/record/names.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pawl::app {

// As other members of a line, empty text is as good as none: exports of other programs have it.
inline bool is_empty(member_reader& from, std::string_view name) {
    return from.kind_of(name) == parameter_kind::string && from.optional_text(name)->empty();
}

inline timestamp read_time(member_reader& from, std::string_view name) {
    return is_empty(from, name) ? timestamp{} : to_seconds(from.optional_time(name).value_or(timestamp_ms{}));
}

inline std::uint32_t read_small(member_reader& from, std::string_view name, std::uint64_t max) {
    static_assert(family_word::generation_max <= UINT32_MAX && imported_epoch_max <= UINT32_MAX);
    return static_cast<std::uint32_t>(from.optional_count(name, 0, max).value_or(0));
}

// One of the words that name the values up to `last`.
template <auto Last>
void read_word(member_reader& from, std::string_view name, decltype(Last)& out) {
    using word = decltype(Last);
    static const auto words = [] {
        std::array<std::string_view, static_cast<std::size_t>(Last) + 1> all;
        for (std::size_t i = 0; i < all.size(); ++i) {
            all.at(i) = name_of(static_cast<word>(i));
        }
        return all;
    }();
    if (is_empty(from, name)) {
        return;
    }
    if (const auto place = from.optional_word(name, words)) {
        out = static_cast<word>(*place);
    }
}

} // namespace pawl::app
