// A set of scopes, by their numbers: 256 bits, so narrowing is one AND and nothing grows with what is asked for.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace pawl {

class scope_set {
public:
    static constexpr std::size_t size_max = 256; // numbers are 0 to 255

    constexpr bool contains(std::size_t number) const {
        return number < size_max && ((words_[number / word_bits] >> (number % word_bits)) & 1U) != 0;
    }
    // `number` is below size_max.
    constexpr void insert(std::size_t number) {
        words_.at(number / word_bits) |= std::uint64_t{1} << (number % word_bits);
    }
    constexpr bool empty() const {
        return std::ranges::all_of(words_, [](std::uint64_t w) { return w == 0; });
    }
    // What is in both.
    friend constexpr scope_set operator&(scope_set a, const scope_set& b) {
        for (std::size_t i = 0; i < a.words_.size(); ++i) {
            a.words_[i] &= b.words_[i];
        }
        return a;
    }
    // What is in either.
    friend constexpr scope_set operator|(scope_set a, const scope_set& b) {
        for (std::size_t i = 0; i < a.words_.size(); ++i) {
            a.words_[i] |= b.words_[i];
        }
        return a;
    }
    constexpr bool within(const scope_set& other) const { return (*this & other) == *this; }
    friend constexpr bool operator==(const scope_set&, const scope_set&) = default;

    constexpr const std::array<std::uint64_t, 4>& words() const { return words_; }
    static constexpr scope_set of(const std::array<std::uint64_t, 4>& words) {
        scope_set s;
        s.words_ = words;
        return s;
    }

private:
    static constexpr std::size_t word_bits = 64;
    std::array<std::uint64_t, 4> words_{};
};

} // namespace pawl
