// The bytes of single values in records (docs/on-disk.md, "Records"): little-endian integers, text with its length
// before it, nothing aligned. `form<T>` writes and reads a value of type T; a type without a form can't be a field.
//
// A form has: `size_max`, the bytes it can take at most; `text`, how docs/on-disk.md writes it; `size(value)`;
// `put(sink, value)`; `get(source, value)`.
#pragma once

#include "core/clock.hpp"
#include "core/family/family.hpp"
#include "core/family/scope_set.hpp"
#include "core/family/word.hpp"
#include "core/ids.hpp"
#include "storage/record/names.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace pawl::storage {

inline constexpr std::int64_t record_time_max = std::int64_t{1} << 40U; // seconds: 34,865 years

// Into a buffer that the caller has made large enough.
class byte_sink {
public:
    explicit byte_sink(std::span<std::uint8_t> out) noexcept : out_(out) {}

    void put(const void* data, std::size_t size) noexcept {
        BOOST_ASSERT(size <= out_.size() - used_);
        if (size != 0) {
            std::memcpy(out_.data() + used_, data, size);
        }
        used_ += size;
    }
    template <std::integral T>
    void put_integer(T value) noexcept {
        std::array<std::uint8_t, sizeof(T)> bytes{};
        auto v = static_cast<std::uint64_t>(value);
        for (std::uint8_t& b : bytes) {
            b = static_cast<std::uint8_t>(v);
            v >>= 8U;
        }
        put(bytes.data(), bytes.size());
    }
    std::span<const std::uint8_t> written() const noexcept { return out_.first(used_); }

private:
    std::span<std::uint8_t> out_;
    std::size_t used_ = 0;
};

// Reads from the front; the first thing that is missing, or that no program ever wrote, makes all of it bad.
class byte_source {
public:
    explicit byte_source(std::span<const std::uint8_t> bytes) noexcept : left_(bytes) {}

    bool good() const noexcept { return good_; }
    bool ended_well() const noexcept { return good_ && left_.empty(); }
    void fail() noexcept { good_ = false; }
    // A reserved place is in use: a later version of this program wrote it.
    bool newer() const noexcept { return newer_; }
    void say_newer() noexcept { newer_ = true; }

    template <std::integral T>
    T integer() noexcept {
        const std::span<const std::uint8_t> bytes = take(sizeof(T));
        std::uint64_t v = 0;
        for (std::size_t i = bytes.size(); i-- > 0;) {
            v = (v << 8U) | bytes[i];
        }
        return static_cast<T>(v);
    }
    template <std::size_t Size>
    void bytes(std::array<std::uint8_t, Size>& out) noexcept {
        const std::span<const std::uint8_t> from = take(Size);
        if (from.empty()) {
            out = {};
        } else {
            std::memcpy(out.data(), from.data(), Size);
        }
    }
    std::string_view text(std::size_t size) noexcept {
        const std::span<const std::uint8_t> bytes = take(size);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

private:
    std::span<const std::uint8_t> take(std::size_t size) noexcept {
        if (!good_ || size > left_.size()) {
            good_ = false;
            return {};
        }
        const std::span<const std::uint8_t> taken = left_.first(size);
        left_ = left_.subspan(size);
        return taken;
    }

    std::span<const std::uint8_t> left_;
    bool good_ = true, newer_ = false;
};

template <class T>
struct form {
    static_assert(sizeof(T) == 0, "a value of this type can't be in a record: give it a form");
};

// For forms of a fixed size.
template <std::size_t Size>
struct fixed_form {
    static constexpr std::size_t size_max = Size;
    template <class T>
    static constexpr std::size_t size(const T& /*value*/) noexcept {
        return Size;
    }
};

template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
struct form<T> : fixed_form<sizeof(T)> {
    static constexpr const char* text = sizeof(T) == 1 ? "u8" : sizeof(T) == 2 ? "u16" : sizeof(T) == 4 ? "u32" : "u64";
    static void put(byte_sink& to, T value) noexcept { to.put_integer(value); }
    static void get(byte_source& from, T& value) noexcept { value = from.integer<T>(); }
};

// Ids that are a number.
template <class Id>
    requires std::unsigned_integral<decltype(Id::value)>
struct form<Id> : fixed_form<sizeof(Id)> {
    using number = decltype(Id::value);
    static constexpr const char* text = form<number>::text;
    static void put(byte_sink& to, Id id) noexcept { to.put_integer(id.value); }
    static void get(byte_source& from, Id& id) noexcept { id.value = from.integer<number>(); }
};

// Ids and addresses that are bytes.
template <class Id>
    requires std::same_as<decltype(Id::bytes), std::array<std::uint8_t, 16>>
struct form<Id> : fixed_form<16> {
    static constexpr const char* text = "u8[16]";
    static void put(byte_sink& to, const Id& id) noexcept { to.put(id.bytes.data(), id.bytes.size()); }
    static void get(byte_source& from, Id& id) noexcept { from.bytes(id.bytes); }
};

template <class Enum>
    requires std::is_enum_v<Enum>
struct form<Enum> : fixed_form<1> {
    static constexpr const char* text = "u8";
    static void put(byte_sink& to, Enum value) noexcept { to.put_integer(static_cast<std::uint8_t>(value)); }
    static void get(byte_source& from, Enum& value) noexcept {
        value = static_cast<Enum>(from.integer<std::uint8_t>());
        if (!is_known(value)) {
            from.fail();
        }
    }
};

// Any bytes, and numbers, of a fixed count.
template <std::size_t Count>
struct form<std::array<std::uint8_t, Count>> : fixed_form<Count> {
    static constexpr const char* text = Count == 32 ? "u8[32]" : Count == 16 ? "u8[16]" : "u8[8]";
    static_assert(Count == 32 || Count == 16 || Count == 8);
    static void put(byte_sink& to, const std::array<std::uint8_t, Count>& bytes) noexcept {
        to.put(bytes.data(), bytes.size());
    }
    static void get(byte_source& from, std::array<std::uint8_t, Count>& bytes) noexcept { from.bytes(bytes); }
};
template <>
struct form<std::array<std::uint16_t, 4>> : fixed_form<8> {
    static constexpr const char* text = "u16[4]";
    static void put(byte_sink& to, const std::array<std::uint16_t, 4>& numbers) noexcept {
        for (const std::uint16_t n : numbers) {
            to.put_integer(n);
        }
    }
    static void get(byte_source& from, std::array<std::uint16_t, 4>& numbers) noexcept {
        for (std::uint16_t& n : numbers) {
            n = from.integer<std::uint16_t>();
        }
    }
};
template <>
struct form<scope_set> : fixed_form<32> {
    static constexpr const char* text = "u64[4]";
    static void put(byte_sink& to, const scope_set& set) noexcept {
        for (const std::uint64_t word : set.words()) {
            to.put_integer(word);
        }
    }
    static void get(byte_source& from, scope_set& set) noexcept {
        std::array<std::uint64_t, 4> words{};
        for (std::uint64_t& word : words) {
            word = from.integer<std::uint64_t>();
        }
        set = scope_set::of(words);
    }
};

// Seconds since 1970. Arithmetic on a time beyond record_time_max would overflow.
template <>
struct form<timestamp> : fixed_form<8> {
    static constexpr const char* text = "i64";
    static void put(byte_sink& to, timestamp t) noexcept {
        to.put_integer(static_cast<std::int64_t>(t.time_since_epoch().count()));
    }
    static void get(byte_source& from, timestamp& t) noexcept {
        const auto s = from.integer<std::int64_t>();
        const bool sane = s >= -record_time_max && s <= record_time_max;
        t = sane ? timestamp(seconds(s)) : timestamp{};
        if (!sane) {
            from.fail();
        }
    }
};

// Milliseconds since 1970.
template <>
struct form<timestamp_ms> : fixed_form<8> {
    static constexpr const char* text = "i64";
    static void put(byte_sink& to, timestamp_ms t) noexcept {
        to.put_integer(static_cast<std::int64_t>(t.time_since_epoch().count()));
    }
    static void get(byte_source& from, timestamp_ms& t) noexcept {
        const auto ms = from.integer<std::int64_t>();
        const bool sane = ms >= -record_time_max * 1000 && ms <= record_time_max * 1000;
        t = sane ? timestamp_ms(milliseconds(ms)) : timestamp_ms{};
        if (!sane) {
            from.fail();
        }
    }
};

template <>
struct form<seconds> : fixed_form<4> {
    static constexpr const char* text = "u32";
    static void put(byte_sink& to, seconds s) noexcept { to.put_integer(static_cast<std::uint32_t>(s.count())); }
    static void get(byte_source& from, seconds& s) noexcept { s = seconds(from.integer<std::uint32_t>()); }
};

template <>
struct form<family_word> : fixed_form<8> {
    static constexpr const char* text = "u64";
    static void put(byte_sink& to, family_word word) noexcept { to.put_integer(word.bits()); }
    static void get(byte_source& from, family_word& word) noexcept {
        word = family_word(from.integer<std::uint64_t>());
        if (!is_known(word.status())) {
            from.fail();
        }
    }
};

// Text of any length up to 65,535 bytes; whether a record with it fits is asked before it is written.
template <>
struct form<std::string> {
    using length = std::uint16_t;
    static constexpr std::size_t size_max = sizeof(length) + std::numeric_limits<length>::max();
    static constexpr const char* text = "u16 n, u8[n]";
    static std::size_t size(const std::string& value) noexcept { return sizeof(length) + value.size(); }
    static void put(byte_sink& to, const std::string& value) noexcept {
        to.put_integer(static_cast<length>(value.size()));
        to.put(value.data(), value.size());
    }
    static void get(byte_source& from, std::string& value) { value = from.text(from.integer<length>()); }
};

template <>
struct form<std::vector<std::string>> {
    using length = std::uint16_t;
    static constexpr std::size_t size_max =
        sizeof(length) + std::numeric_limits<length>::max() * form<std::string>::size_max;
    static constexpr const char* text = "u16 count, count x (u16 n, u8[n])";
    static std::size_t size(const std::vector<std::string>& list) noexcept {
        std::size_t sum = sizeof(length);
        for (const std::string& one : list) {
            sum += form<std::string>::size(one);
        }
        return sum;
    }
    static void put(byte_sink& to, const std::vector<std::string>& list) noexcept {
        to.put_integer(static_cast<length>(list.size()));
        for (const std::string& one : list) {
            form<std::string>::put(to, one);
        }
    }
    static void get(byte_source& from, std::vector<std::string>& list) {
        list.clear();
        const auto count = from.integer<length>();
        for (length i = 0; i < count && from.good(); ++i) { // a count that lies ends with the bytes
            list.emplace_back(from.text(from.integer<form<std::string>::length>()));
        }
    }
};

// Text of at most Max bytes with one byte of length: what is longer is cut when written, and no program writes it. Of
// a std::string_view that is read, the bytes must stay.
template <std::size_t Max>
struct short_form {
    static_assert(Max <= std::numeric_limits<std::uint8_t>::max());
    static constexpr std::size_t size_max = 1 + Max;
    static constexpr const char* text = "u8 n, u8[n]";
    static std::size_t size(std::string_view value) noexcept { return 1 + std::min(value.size(), Max); }
    static void put(byte_sink& to, std::string_view value) noexcept {
        const std::string_view cut = value.substr(0, Max);
        to.put_integer(static_cast<std::uint8_t>(cut.size()));
        to.put(cut.data(), cut.size());
    }
    template <class Text>
    static void get(byte_source& from, Text& value) {
        const auto size = from.integer<std::uint8_t>();
        if (size > Max) {
            from.fail();
        }
        value = from.text(size);
    }
};

} // namespace pawl::storage
