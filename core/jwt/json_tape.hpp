// Strict JSON (RFC 8259) for what must not be ambiguous: token headers, claims, the key file. A duplicate member at any
// depth, bad UTF-8, a lone surrogate, anything after the value: refused. Results lie in memory of the caller's, so that
// checking a token allocates nothing and secrets can be wiped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace pawl {

struct json_item {
    enum class kind : std::uint8_t { object, array, string, integer, number, boolean, null };
    kind what = kind::null;   // integer: a number written without fraction and exponent that fits std::int64_t
    std::uint32_t end = 0;    // index of the first item that is not part of this one
    std::string_view name{};  // a member's; empty for an array's element and the root
    std::string_view text{};  // a string's characters, unescaped
    std::int64_t integer = 0; // an integer's value; a boolean's as 0 or 1
};

// The items of one text in the order they stand in it: an object or array is followed by its members.
class json_tape {
public:
    // `items` bounds how many values the text may have, `characters` how long its names and strings are together.
    // Both must outlive the tape.
    json_tape(std::span<json_item> items, std::span<char> characters) : items_(items), characters_(characters) {}

    // False for anything but exactly one JSON value within the bounds, nested no deeper than `depth_max`. Call it once.
    bool parse(std::string_view text, std::size_t depth_max);

    // After parse() gave true.
    const json_item& root() const { return items_[0]; }
    // The member of an object by its name, or null.
    const json_item* find(const json_item& object, std::string_view name) const;
    // The first child of an object or array and the next one; null at the end.
    const json_item* first(const json_item& parent) const;
    const json_item* next(const json_item& parent, const json_item& child) const;

private:
    friend struct json_tape_handler;
    std::span<json_item> items_;
    std::span<char> characters_;
};

} // namespace pawl
