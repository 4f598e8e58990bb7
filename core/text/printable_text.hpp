// Text of others on its way to people: what may reach a terminal, a log or a JSON text as it is, and how the rest is
// made visible. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl {

// Whether a code point can't be seen and changes what stands around it: the controls C0, DEL and C1, the marks and
// overrides of the bidirectional algorithm (UAX #9), line and paragraph separators, characters without width, tags.
bool is_hidden_code_point(std::uint32_t c) noexcept;

// The code point at the front of a text; `size` is that of its UTF-8 sequence: 1 to 4, or 0 where no well-formed one
// stands there (Unicode 15, table 3-7).
struct code_point {
    std::uint32_t value = 0;
    std::size_t size = 0;
};
code_point first_code_point(std::string_view text) noexcept;

// The size of the well-formed UTF-8 sequence at the front of `text`, where it is no hidden code point: 1 to 4; else 0.
std::size_t printable_size(std::string_view text) noexcept;

// Appends `\u202e`, for a code point above U+FFFF two of that, a surrogate pair: what JSON has (RFC 8259 7).
void append_unicode_escape(std::string& out, std::uint32_t c);

// All of `text` fit for a terminal: `\u202e` for a hidden code point, `\x1b` for each byte of a control and for one
// that is not part of well-formed UTF-8. A backslash stays one.
std::string printable(std::string_view text);

// Only what is beyond ASCII, and DEL: for text that is already laid out, with colours and line ends of our own, and for
// JSON, where hidden code points stand in strings alone and this is their escape. Bytes that are not UTF-8 stay.
std::string without_hidden(std::string_view text);

} // namespace pawl
