#include "core/factor/decide_factor.hpp"

#include "core/factor/word.hpp"

#include <algorithm>
#include <limits>

namespace pawl {

namespace {

factor_decision decide_totp(std::uint64_t word, const user_factor& facts, factor_shown shown, timestamp now) {
    const std::uint64_t step_now = totp_step_at(now, facts.period), last = step_now + totp_steps_around;
    totp_word next = totp_word::of(word);
    const bool is_ahead = next.step > last; // accepted while the clock was wrong
    if (is_ahead && next.era == std::numeric_limits<std::uint8_t>::max()) {
        return {factor_verdict::used, word};
    }
    const std::uint64_t proven = facts.proven_step > last ? 0 : facts.proven_step;
    const std::uint64_t floor = std::max(is_ahead ? 0 : next.step, proven);
    for (std::uint32_t i = 0; i < 1 + 2 * totp_steps_around; ++i) {
        const std::uint64_t step = step_now + i - totp_steps_around;
        const bool exists = step_now + i >= totp_steps_around && step <= totp_step_max;
        if ((shown.matches >> i & 1U) == 0 || !exists || step <= floor) {
            continue;
        }
        next.era = static_cast<std::uint8_t>(next.era + (is_ahead ? 1 : 0));
        next.step = step;
        next.uses = std::max(next.uses, static_cast<std::uint16_t>(next.uses + 1));
        return {factor_verdict::accepted, next.bits()};
    }
    return {shown.matches == 0 ? factor_verdict::wrong : factor_verdict::used, word};
}

factor_decision decide_recovery(std::uint64_t word, const user_factor& facts, factor_shown shown, timestamp now) {
    recovery_word next = recovery_word::of(word);
    for (std::uint32_t i = 0; i < facts.count && i < recovery_codes_max; ++i) {
        const std::uint32_t bit = std::uint32_t{1} << i;
        if ((shown.matches & bit) == 0 || (next.used & bit) != 0) {
            continue;
        }
        const auto second = static_cast<std::uint64_t>(std::max<std::int64_t>(now.time_since_epoch().count(), 0));
        next.used |= bit;
        next.last_second = std::max(next.last_second, std::min(second, totp_step_max));
        return {factor_verdict::accepted, next.bits()};
    }
    return {shown.matches == 0 ? factor_verdict::wrong : factor_verdict::used, word};
}

} // namespace

factor_decision decide_factor(std::uint64_t word, const user_factor& facts, factor_shown shown, timestamp now) {
    return facts.kind == factor_kind::totp ? decide_totp(word, facts, shown, now)
                                           : decide_recovery(word, facts, shown, now);
}

} // namespace pawl
