// Whether a code that was shown is accepted. Pure; the caller has compared the code with those of the factor.
#pragma once

#include "core/clock.hpp"
#include "core/user/factor.hpp"

#include <cstdint>

namespace pawl {

// Of a TOTP: steps before and after the step of now whose code is taken.
inline constexpr std::uint64_t totp_steps_around = 1;

// What the shown code is. Of a TOTP, a bit for each step whose code it is: 1 for T - 1, 2 for T, 4 for T + 1. Of a
// recovery set, a bit for each of its codes. 0: it is none of them.
struct factor_shown {
    std::uint32_t matches = 0;
};

enum class factor_verdict : std::uint8_t {
    accepted, // and the word becomes `next`: who exchanges it first is let in
    wrong,
    used, // it was right once
};
struct factor_decision {
    factor_verdict what = factor_verdict::wrong;
    std::uint64_t next = 0;
};

// The step of `now`; 0 before 1970.
constexpr std::uint64_t totp_step_at(timestamp now, std::uint8_t period) {
    const std::int64_t second = now.time_since_epoch().count();
    return second < 0 || period == 0 ? 0 : static_cast<std::uint64_t>(second) / period;
}

// `word`: as it is now (core/factor/word.hpp). The lowest step above the last accepted one counts, so a code that two
// steps share is good for each of them once.
factor_decision decide_factor(std::uint64_t word, const user_factor& facts, factor_shown shown, timestamp now);

} // namespace pawl
