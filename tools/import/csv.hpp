// CSV as RFC 4180 has it, strictly: fields between commas, quoted where they hold commas, quotes or line ends, a quote
// in them doubled, rows ended by LF or CRLF. A byte order mark at the very beginning is passed over. No I/O: bytes are
// put in one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pawl::tools {

inline constexpr std::size_t csv_columns_max = 256;
inline constexpr std::size_t csv_row_size_max = std::size_t{64} * 1024; // bytes of all its fields

class csv_reader {
public:
    enum class step : std::uint8_t {
        more,   // nothing whole yet
        row,    // row() is one; the next byte begins another
        failed, // why() says what; no more bytes are taken
    };
    step put(char byte);
    // The end of the text: the last row may lack its line end.
    step finish();

    const std::vector<std::string>& row() const { return fields_; }
    const std::string& why() const { return why_; } // a sentence fragment without content
    std::size_t line() const { return line_; }      // in which the current row began, from 1

private:
    enum class state : std::uint8_t { row_start, field_start, plain, quoted, quote_in_quoted, carriage_return, failed };
    step fail(const char* why);
    step end_field();
    step end_row();
    step add(char byte);
    step take(char byte);

    state state_ = state::row_start;
    std::vector<std::string> fields_;
    std::string field_, why_;
    std::size_t size_ = 0, line_ = 1, lines_seen_ = 1, bytes_ = 0, mark_ = 0;
    bool row_done_ = false;
};

} // namespace pawl::tools
