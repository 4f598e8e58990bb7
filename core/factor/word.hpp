// What the use of a factor changes: one 64-bit word, changed by one compare-exchange and written as one absolute
// record.
//
//   kind      bits from the highest          accepted if                  merge
//   totp      8 era, 40 step, 16 uses        the step is above the last   the higher word
//   recovery  40 second of last use, 24 used the code's bit is not set    or of the bits, the later second
//
// The era rises where the last step lies in the future: a clock was wrong when it was accepted, and that locks no user
// out. 0: never used.
#pragma once

#include "core/clock.hpp"
#include "core/family/family.hpp"
#include "core/ids.hpp"
#include "core/user/factor.hpp"

#include <algorithm>
#include <cstdint>

namespace pawl {

struct totp_word {
    std::uint8_t era = 0;
    std::uint64_t step = 0; // at most totp_step_max
    std::uint16_t uses = 0; // stays at its highest

    static constexpr totp_word of(std::uint64_t bits) {
        return {static_cast<std::uint8_t>(bits >> 56U), (bits >> 16U) & totp_step_max,
                static_cast<std::uint16_t>(bits)};
    }
    constexpr std::uint64_t bits() const { return std::uint64_t{era} << 56U | (step & totp_step_max) << 16U | uses; }
};

struct recovery_word {
    std::uint64_t last_second = 0; // of the last use, since 1970; at most 2^40 - 1
    std::uint32_t used = 0;        // a bit for each code: 24

    static constexpr recovery_word of(std::uint64_t bits) {
        return {bits >> recovery_codes_max, static_cast<std::uint32_t>(bits & ((1U << recovery_codes_max) - 1))};
    }
    constexpr std::uint64_t bits() const { return last_second << recovery_codes_max | used; }
};

// Of two words that one factor had, in whatever order.
constexpr std::uint64_t merge_factor_words(factor_kind kind, std::uint64_t a, std::uint64_t b) {
    if (kind == factor_kind::totp) {
        return std::max(a, b);
    }
    const recovery_word x = recovery_word::of(a), y = recovery_word::of(b);
    return recovery_word{std::max(x.last_second, y.last_second), x.used | y.used}.bits();
}

// A word, of which factor it is, and its last use.
struct factor_state {
    user_id user;
    std::uint32_t factor = 0; // its number
    factor_kind kind = factor_kind::totp;
    std::uint64_t word = 0;
    timestamp used_at{};
    peer_address used_from;

    friend bool operator==(const factor_state&, const factor_state&) = default;
};

// Of two records of one factor.
constexpr factor_state merged(const factor_state& a, const factor_state& b) {
    factor_state out = b.used_at > a.used_at ? b : a;
    out.word = merge_factor_words(a.kind, a.word, b.word);
    return out;
}

} // namespace pawl
