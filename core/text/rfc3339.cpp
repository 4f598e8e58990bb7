#include "core/text/rfc3339.hpp"

#include <algorithm>
#include <chrono>

namespace pawl {

namespace {

using namespace std::chrono_literals;
using days_point = std::chrono::sys_days;

constexpr timestamp earliest = days_point(std::chrono::year(0) / 1 / 1);
constexpr timestamp latest = days_point(std::chrono::year(9999) / 12 / 31) + 23h + 59min + 59s;

void append_digits(std::string& out, unsigned value, unsigned width) {
    out.append(width, '0');
    for (std::size_t at = out.size(); width > 0; --width, value /= 10) {
        out[--at] = static_cast<char>('0' + value % 10);
    }
}

// Reads from the front of `rest`; every failure leaves `ok` false.
struct scanner {
    std::string_view rest;
    bool ok = true;

    int number(std::size_t width) {
        int value = 0;
        for (std::size_t i = 0; i < width; ++i) {
            const char c = i < rest.size() ? rest[i] : '\0';
            ok = ok && c >= '0' && c <= '9';
            value = ok ? value * 10 + (c - '0') : 0;
        }
        rest.remove_prefix(std::min(width, rest.size()));
        return value;
    }
    bool accept(char c) {
        const bool there = !rest.empty() && rest.front() == c;
        if (there) {
            rest.remove_prefix(1);
        }
        return there;
    }
    void expect(char c) {
        if (!accept(c)) {
            ok = false;
        }
    }
    milliseconds fraction() {
        std::size_t digits = 0;
        int value = 0;
        for (; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; ++digits) {
            value = digits < 3 ? value * 10 + (rest.front() - '0') : value;
            rest.remove_prefix(1);
        }
        ok = ok && digits > 0;
        for (; digits < 3; ++digits) {
            value *= 10;
        }
        return milliseconds(value);
    }
    std::chrono::minutes offset() {
        if (accept('Z') || accept('z')) {
            return {};
        }
        const bool west = accept('-');
        if (!west) {
            expect('+');
        }
        const int hours = number(2);
        expect(':');
        const int minutes = number(2);
        ok = ok && hours <= 23 && minutes <= 59;
        const std::chrono::minutes size = std::chrono::hours(hours) + std::chrono::minutes(minutes);
        return west ? -size : size;
    }
};

} // namespace

std::string to_rfc3339(timestamp t) {
    std::string text;
    append_rfc3339(text, t);
    return text;
}

void append_rfc3339(std::string& text, timestamp t) {
    t = std::clamp(t, earliest, latest);
    const auto day = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(t - day);
    append_digits(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    text.push_back('-');
    append_digits(text, static_cast<unsigned>(date.month()), 2);
    text.push_back('-');
    append_digits(text, static_cast<unsigned>(date.day()), 2);
    text.push_back('T');
    append_digits(text, static_cast<unsigned>(time.hours().count()), 2);
    text.push_back(':');
    append_digits(text, static_cast<unsigned>(time.minutes().count()), 2);
    text.push_back(':');
    append_digits(text, static_cast<unsigned>(time.seconds().count()), 2);
    text.push_back('Z');
}

std::string to_rfc3339_ms(timestamp_ms t) {
    std::string out = to_rfc3339(to_seconds(t));
    out.back() = '.';
    append_digits(out, static_cast<unsigned>((t - to_seconds(t)).count()), 3);
    out += 'Z';
    return out;
}

std::optional<timestamp_ms> from_rfc3339(std::string_view text) {
    scanner in{text};
    const int year = in.number(4);
    in.expect('-');
    const int month = in.number(2);
    in.expect('-');
    const int day = in.number(2);
    if (!in.accept('t')) {
        in.expect('T');
    }
    const int hour = in.number(2);
    in.expect(':');
    const int minute = in.number(2);
    in.expect(':');
    const int second = in.number(2);
    const milliseconds fraction = in.accept('.') ? in.fraction() : milliseconds(0);
    const std::chrono::minutes offset = in.offset();
    const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day)));
    if (!in.ok || !in.rest.empty() || !date.ok() || hour > 23 || minute > 59 || second > 59 || year < 1970) {
        return std::nullopt;
    }
    const timestamp_ms instant = days_point(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                                 std::chrono::seconds(second) + fraction - offset;
    // The offset may lead out of the years that are written.
    return instant < timestamp_ms{} || to_seconds(instant) > latest ? std::nullopt : std::optional(instant);
}

} // namespace pawl
