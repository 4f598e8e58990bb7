// Forms of values that have a bound of their own: what is beyond it is malformed, since no program writes it.
#pragma once

#include "storage/record/declaration.hpp"
#include "storage/record/form.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace pawl::storage {

// Text of at most Max bytes, with two bytes of length.
template <std::size_t Max>
struct bounded_text {
    static_assert(Max <= std::numeric_limits<std::uint16_t>::max());
    static constexpr std::size_t size_max = sizeof(std::uint16_t) + Max;
    static constexpr const char* text = form<std::string>::text;
    static std::size_t size(const std::string& value) noexcept { return form<std::string>::size(value); }
    static void put(byte_sink& to, const std::string& value) noexcept { form<std::string>::put(to, value); }
    static void get(byte_source& from, std::string& value) {
        form<std::string>::get(from, value);
        if (!holds(value)) {
            from.fail();
        }
    }
    static bool holds(const std::string& value) noexcept { return value.size() <= Max; }
};

// At most Count texts, each of at most Max bytes and none empty.
template <std::size_t Count, std::size_t Max>
struct bounded_texts {
    static constexpr std::size_t size_max = sizeof(std::uint16_t) + Count * bounded_text<Max>::size_max;
    static constexpr const char* text = form<std::vector<std::string>>::text;
    static std::size_t size(const std::vector<std::string>& list) noexcept {
        return form<std::vector<std::string>>::size(list);
    }
    static void put(byte_sink& to, const std::vector<std::string>& list) noexcept {
        form<std::vector<std::string>>::put(to, list);
    }
    static void get(byte_source& from, std::vector<std::string>& list) {
        form<std::vector<std::string>>::get(from, list);
        if (!holds(list)) {
            from.fail();
        }
    }
    static bool holds(const std::vector<std::string>& list) noexcept {
        return list.size() <= Count && std::all_of(list.begin(), list.end(), [](const std::string& one) {
                   return !one.empty() && bounded_text<Max>::holds(one);
               });
    }
};

// At most Count parts, with one byte that counts them.
template <class Part, std::size_t Count>
struct bounded_parts {
    static_assert(Count <= std::numeric_limits<std::uint8_t>::max());
    static constexpr std::size_t size_max = 1 + Count * form<Part>::size_max;
    static constexpr const char* text = declaration<Part>::list_text;
    static std::size_t size(const std::vector<Part>& list) noexcept {
        std::size_t sum = 1;
        for (const Part& one : list) {
            sum += form<Part>::size(one);
        }
        return sum;
    }
    static void put(byte_sink& to, const std::vector<Part>& list) noexcept {
        to.put_integer(static_cast<std::uint8_t>(list.size()));
        for (const Part& one : list) {
            form<Part>::put(to, one);
        }
    }
    static void get(byte_source& from, std::vector<Part>& list) {
        list.clear();
        const auto count = from.integer<std::uint8_t>();
        if (count > Count) {
            from.fail();
        }
        for (std::uint8_t i = 0; i < count && from.good(); ++i) {
            form<Part>::get(from, list.emplace_back());
        }
    }
    static bool holds(const std::vector<Part>& list) {
        return list.size() <= Count && std::all_of(list.begin(), list.end(), declaration<Part>::sound);
    }
};

template <std::size_t Size>
struct bytes_form : fixed_form<Size> {
    static_assert(Size == 32);
    static constexpr const char* text = "u8[32]";
    static void put(byte_sink& to, const std::array<std::uint8_t, Size>& bytes) noexcept {
        to.put(bytes.data(), bytes.size());
    }
    static void get(byte_source& from, std::array<std::uint8_t, Size>& bytes) noexcept { from.bytes(bytes); }
};

// Whether each value of `r` is within the bound of its form: what is not would be cut, or read as malformed.
template <described Record>
bool within_bounds(const Record& r) {
    const auto one = [&r](const auto& f) {
        using type = std::remove_cvref_t<decltype(f)>;
        if constexpr (requires { type::holds(r); }) {
            return type::holds(r);
        } else {
            return true;
        }
    };
    return std::apply([&](const auto&... f) { return (one(f) && ...); }, declaration<Record>::fields);
}

} // namespace pawl::storage
