// How pawlctl prints: JSON lines for programs; aligned tables, colours and a progress bar for people on a terminal.
// Text from data (names, agents) is cleaned of control bytes before it reaches a terminal. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::tools {

enum class colour : std::uint8_t { none, dim, bold, red, green, yellow, cyan };

struct cell {
    std::string text;
    colour shade = colour::none;
    bool right = false; // numbers align to the right
    cell(std::string t, colour c = colour::none) : text(std::move(t)), shade(c) {}
    cell(std::string_view t, colour c = colour::none) : text(t), shade(c) {}
    cell(const char* t, colour c = colour::none) : text(t), shade(c) {}
    cell(std::uint64_t n) : text(std::to_string(n)), right(true) {}
};

// Rows of cells under headings; printed by output::print with columns as wide as their widest cell.
struct table {
    std::vector<std::string> headings;
    std::vector<std::vector<cell>> rows;
    bool heading_row = true; // false: widths are theirs too, but they were printed before
};

// Thrown where stdout is a pipe that has no reader any more: there is no use in going on, and nothing to complain of.
struct stdout_closed {};

class output {
public:
    // Before anything is printed. `when`: "auto" (a terminal that is not dumb, and no $NO_COLOR), "always", "never".
    void begin(bool json, bool quiet, std::string_view when);
    // Flushes; false where stdout took not all of it. Throws stdout_closed.
    bool end();

    bool json() const { return json_; }
    // Throws stdout_closed. One line to stdout: under --json a whole JSON value. `text` is free of control bytes, or is
    // colours of ours.
    void line(std::string_view text);
    void print(const table& t);
    // `text` in that colour, where colours are on.
    std::string shaded(std::string_view text, colour c) const;
    // For people, on stderr; nothing under --quiet.
    void note(std::string_view text);

    // A bar on stderr where that is a terminal: `done` of `total` (0: not known), at most 10 times a second. finish()
    // takes it away.
    void progress(std::string_view what, std::uint64_t done, std::uint64_t total);
    void finish_progress();

private:
    bool json_ = false, quiet_ = false, colours_ = false, bar_ = false, bar_shown_ = false;
    std::chrono::steady_clock::time_point bar_at_{};
};

// `text` with everything hidden made visible: printable() of core/text/printable_text.hpp. For all text of others. What
// is printed without it, by mistake, may still hold controls of ASCII, but no override, separator or C1: line() and
// note() see to that.
std::string clean(std::string_view text);
// "2026-11-22T05:30:00.123Z", RFC 3339.
std::string time_text(std::chrono::sys_time<std::chrono::milliseconds> t);
// "1.5 MiB".
std::string size_text(std::uint64_t bytes);
// "2 d 3 h", "14 s": two units at most.
std::string span_text(std::chrono::seconds s);

} // namespace pawl::tools
