#include "tools/output.hpp"

#include "core/text/printable_text.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace pawl::tools {

namespace {

constexpr std::chrono::milliseconds bar_interval{100};
constexpr std::size_t bar_width = 30;

std::string_view code_of(colour c) {
    constexpr std::array<std::string_view, 7> codes{"",         "\x1b[2m",  "\x1b[1m", "\x1b[31m",
                                                    "\x1b[32m", "\x1b[33m", "\x1b[36m"};
    return codes.at(static_cast<std::size_t>(c));
}

// Columns a text takes: code points, near enough for names.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string padded(std::string_view text, std::size_t width, bool right) {
    const std::size_t used = width_of(text);
    const std::string space(width > used ? width - used : 0, ' ');
    return right ? space + std::string(text) : std::string(text) + space;
}

} // namespace

void output::begin(bool json, bool quiet, std::string_view when) {
    json_ = json;
    quiet_ = quiet;
    const char* const terminal = std::getenv("TERM");
    const bool capable = terminal != nullptr && std::string_view(terminal) != "dumb";
    const bool wanted = ::isatty(STDOUT_FILENO) == 1 && capable && std::getenv("NO_COLOR") == nullptr;
    colours_ = !json && (when == "always" || (when == "auto" && wanted));
    bar_ = !quiet && capable && ::isatty(STDERR_FILENO) == 1;
}

bool output::end() {
    finish_progress();
    const bool flushed = std::fflush(stdout) == 0;
    if (!flushed && errno == EPIPE) {
        throw stdout_closed();
    }
    return flushed && std::ferror(stdout) == 0;
}

void output::line(std::string_view text) {
    finish_progress();
    const std::string shown = without_hidden(text);
    const bool written = std::fwrite(shown.data(), 1, shown.size(), stdout) == shown.size();
    if ((!written || std::fputc('\n', stdout) == EOF) && errno == EPIPE) {
        throw stdout_closed();
    }
}

std::string output::shaded(std::string_view text, colour c) const {
    if (!colours_ || c == colour::none) {
        return std::string(text);
    }
    return std::string(code_of(c)) + std::string(text) + "\x1b[0m";
}

void output::print(const table& t) {
    std::vector<std::size_t> widths;
    widths.reserve(t.headings.size());
    for (const std::string& heading : t.headings) {
        widths.push_back(width_of(heading));
    }
    for (const auto& row : t.rows) {
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(row[i].text));
        }
    }
    const auto print_row = [&](const std::vector<cell>& row, colour shade) {
        std::string text;
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
            const bool last = i + 1 == row.size();
            const std::string body = last && !row[i].right ? row[i].text : padded(row[i].text, widths[i], row[i].right);
            text += shaded(body, shade == colour::none ? row[i].shade : shade);
            text += last ? "" : "  ";
        }
        line(text.substr(0, text.find_last_not_of(' ') + 1));
    };
    std::vector<cell> head;
    head.reserve(t.headings.size());
    for (std::size_t i = 0; i < t.headings.size(); ++i) {
        head.emplace_back(t.headings[i]);
        head.back().right = !t.rows.empty() && i < t.rows.front().size() && t.rows.front()[i].right;
    }
    if (t.heading_row) {
        print_row(head, colour::bold);
    }
    for (const auto& row : t.rows) {
        print_row(row, colour::none);
    }
}

void output::note(std::string_view text) {
    if (!quiet_) {
        finish_progress();
        std::fprintf(stderr, "%s\n", without_hidden(text).c_str());
    }
}

void output::progress(std::string_view what, std::uint64_t done, std::uint64_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (!bar_ || now - bar_at_ < bar_interval) {
        return;
    }
    bar_at_ = now;
    bar_shown_ = true;
    std::string bar;
    if (total > 0) {
        const std::size_t filled = static_cast<std::size_t>(std::min(done, total) * bar_width / total);
        bar = " [" + std::string(filled, '#') + std::string(bar_width - filled, ' ') + "] " +
              std::to_string(std::min(done, total) * 100 / total) + " %";
    } else {
        bar = " " + std::to_string(done);
    }
    std::fprintf(stderr, "\r\x1b[K%.*s%s", static_cast<int>(what.size()), what.data(), bar.c_str());
    std::fflush(stderr);
}

void output::finish_progress() {
    if (bar_shown_) {
        std::fputs("\r\x1b[K", stderr);
        std::fflush(stderr);
        bar_shown_ = false;
    }
}

std::string clean(std::string_view text) {
    return printable(text);
}

std::string time_text(std::chrono::sys_time<std::chrono::milliseconds> t) {
    const auto day = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(t - day);
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return text.data();
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, units.at(unit));
    return text.data();
}

std::string span_text(std::chrono::seconds s) {
    constexpr std::array<std::pair<std::int64_t, const char*>, 4> units{
        {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
    std::int64_t left = s.count() < 0 ? -s.count() : s.count();
    std::string out = s.count() < 0 ? "-" : "";
    int parts = 0;
    for (const auto& [size, name] : units) {
        const std::int64_t n = left / size;
        if (parts < 2 && (n > 0 || (size == 1 && parts == 0))) {
            out += (parts > 0 ? " " : "") + std::to_string(n) + " " + name;
            ++parts;
        } else if (parts > 0) {
            break;
        }
        left -= n * size;
    }
    return out;
}

} // namespace pawl::tools
