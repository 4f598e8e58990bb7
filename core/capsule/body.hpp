// The content of a capsule, field by field: numbers big-endian in a fixed count of bytes, texts behind their size, at
// the end nothing. What is read of it is one value or none. Pure; any thread.
#pragma once

#include "core/clock.hpp"
#include "core/secret.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pawl {

// The largest NumericDate that every JSON reader has.
inline constexpr std::uint64_t capsule_date_max = (std::uint64_t{1} << 53U) - 1;

// Whether the date has a place in a capsule: from 1970, at most capsule_date_max.
constexpr bool is_capsule_date(timestamp time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count()) <= capsule_date_max;
}

// A history's mark, as what a capsule is bound to.
constexpr std::array<std::uint8_t, 8> mark_bytes(std::uint64_t mark) {
    std::array<std::uint8_t, 8> out{};
    for (std::size_t i = out.size(); i > 0; --i, mark >>= 8U) {
        out[i - 1] = static_cast<std::uint8_t>(mark);
    }
    return out;
}

class body_writer {
public:
    body_writer() { body_.reserve(usual_size); }

    // The last `size` bytes of the value, at most 8.
    void number(std::uint64_t value, std::size_t size) {
        for (std::size_t shift = size * 8; shift > 0; shift -= 8) {
            body_.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
        }
    }
    void date(timestamp time) { number(static_cast<std::uint64_t>(time.time_since_epoch().count()), 8); }
    void bytes(std::span<const std::uint8_t> value) { body_.insert(body_.end(), value.begin(), value.end()); }
    void rest(std::string_view value) { body_.insert(body_.end(), value.begin(), value.end()); }
    // Two bytes of size, and the text. One that is longer than two bytes say makes a body that no capsule takes.
    void text(std::string_view value) {
        number(value.size(), 2);
        rest(value);
    }
    const secret_bytes& body() const { return body_; }

private:
    static constexpr std::size_t usual_size = 512;
    secret_bytes body_;
};

// Once anything was wrong, everything that is read is empty and failed() stays true.
class body_reader {
public:
    explicit body_reader(std::span<const std::uint8_t> body) : left_(body) {}

    std::uint64_t number(std::size_t size) {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : take(size)) {
            value = value << 8U | byte;
        }
        return value;
    }
    // One at most `max`.
    std::uint64_t number(std::size_t size, std::uint64_t max) {
        const std::uint64_t value = number(size);
        require(value <= max);
        return failed_ ? 0 : value;
    }
    timestamp date() { return timestamp(seconds(static_cast<std::int64_t>(number(8, capsule_date_max)))); }
    void bytes(std::span<std::uint8_t> out) { std::ranges::copy(take(out.size()), out.begin()); }
    // All that is left, at most `max` bytes.
    std::string rest(std::size_t max) {
        require(left_.size() <= max);
        return string_of(failed_ ? 0 : left_.size());
    }
    // What body_writer::text() wrote, at most `max` bytes.
    std::string text(std::size_t max) { return string_of(number(2, max)); }
    void require(bool holds) { failed_ = failed_ || !holds; }
    bool failed() const { return failed_; }
    // Whether all was read, and nothing was wrong.
    bool done() const { return !failed_ && left_.empty(); }

private:
    std::span<const std::uint8_t> take(std::size_t size) {
        require(size <= left_.size());
        if (failed_) {
            return {};
        }
        const std::span<const std::uint8_t> taken = left_.first(size);
        left_ = left_.subspan(size);
        return taken;
    }
    std::string string_of(std::size_t size) {
        const std::span<const std::uint8_t> taken = take(size);
        return {taken.begin(), taken.end()};
    }

    std::span<const std::uint8_t> left_;
    bool failed_ = false;
};

} // namespace pawl
