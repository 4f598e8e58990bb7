// What came of the codes and the capsules that were shown, counted for /metrics. Relaxed atomics, any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pawl {

// Labels of the metrics: names stand in the order of the numbers.
enum class checked_code : std::uint8_t { totp, recovery };
enum class code_outcome : std::uint8_t { accepted, wrong, used, throttled };
inline constexpr std::array<std::string_view, 2> checked_code_names{"totp", "recovery"};
inline constexpr std::array<std::string_view, 4> code_outcome_names{"accepted", "wrong", "used", "throttled"};

// The purposes of links come first, as link_purpose has them (core/account/link.hpp).
enum class checked_capsule : std::uint8_t {
    verify_email,
    reset_password,
    change_email,
    undo_email,
    sign_up,
    invite,
    login_step,
    enrol,
    device
};
// invalid: none of ours. used: or overtaken by another change.
enum class capsule_outcome : std::uint8_t { good, invalid, expired, used };
inline constexpr std::array<std::string_view, 9> checked_capsule_names{"verify_email", "reset_password", "change_email",
                                                                       "undo_email",   "sign_up",        "invite",
                                                                       "login_step",   "enrol",          "device"};
inline constexpr std::array<std::string_view, 4> capsule_outcome_names{"good", "invalid", "expired", "used"};

// A counter for each pair of a What and an Outcome.
template <class What, std::size_t Whats, class Outcome, std::size_t Outcomes>
class outcome_counters {
public:
    void count(What what, Outcome outcome) noexcept {
        counts_.at(static_cast<std::size_t>(what))
            .at(static_cast<std::size_t>(outcome))
            .fetch_add(1, std::memory_order_relaxed);
    }
    std::uint64_t of(std::size_t what, std::size_t outcome) const {
        return counts_.at(what).at(outcome).load(std::memory_order_relaxed);
    }

private:
    std::array<std::array<std::atomic<std::uint64_t>, Outcomes>, Whats> counts_{};
};

struct check_counters {
    outcome_counters<checked_code, checked_code_names.size(), code_outcome, code_outcome_names.size()> codes;
    outcome_counters<checked_capsule, checked_capsule_names.size(), capsule_outcome, capsule_outcome_names.size()>
        capsules;
};

} // namespace pawl
