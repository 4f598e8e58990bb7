// The capsules of second factors: a sign-in between its two steps (pls_), a TOTP being set up (pen_), a remembered
// device (pdv_). `mark`: registry::history_mark(), bound in. Times are service time.
#pragma once

#include "core/capsule/capsule.hpp"
#include "core/clock.hpp"
#include "core/factor/totp.hpp"
#include "core/user/user.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

inline constexpr seconds login_step_ttl{300}, enrol_ttl{600};
inline constexpr std::size_t step_scope_size_max = 1024, step_name_size_max = 254;

using state_hash = std::array<std::uint8_t, 16>;

// What a sign-in rests on between its steps: the password hash, the epoch and the factors' epoch. A change of any of
// them ends the step.
state_hash login_state_of(const capsule_ring& ring, std::uint8_t key_id, const user& u);

// A right password was shown, and a factor is wanted, or has to be set up.
struct login_step {
    timestamp issued{};
    user_id user;
    bool is_enrolment = false; // of a user who has to have a factor and has none
    std::string name;          // as typed
    std::optional<std::string> scope;
};
enum class step_state : std::uint8_t { good, expired, overtaken, foreign };
struct opened_step {
    step_state is = step_state::foreign;
    login_step step; // if good
};
// std::length_error where a text is too long.
secret_string seal_login_step(const capsule_ring& ring, const login_step& step, const user& u, std::uint64_t mark,
                              random_source& random);
// The user of a step that is ours, before its state is looked at; std::nullopt: not ours.
std::optional<login_step> peek_login_step(const capsule_ring& ring, std::string_view text, std::uint64_t mark);
// `u`: the record now.
opened_step open_login_step(const capsule_ring& ring, std::string_view text, const user& u, std::uint64_t mark,
                            timestamp now);

// A TOTP that is not stored yet: from its number and salt its secret follows.
struct enrolment {
    timestamp issued{};
    user_id user;
    user_factor factor; // without name and times
};
secret_string seal_enrolment(const capsule_ring& ring, const enrolment& e, std::uint64_t mark, random_source& random);
// std::nullopt if it is not ours.
std::optional<enrolment> open_enrolment(const capsule_ring& ring, std::string_view text, std::uint64_t mark);

// Stands for the second factor, never for the first, until its user's factor_epoch is another.
secret_string seal_device(const capsule_ring& ring, const user& u, timestamp now, std::uint64_t mark,
                          random_source& random);
// Whether it is of this user, of now's factor_epoch, and not older than `ttl` (0: none is taken).
bool is_remembered_device(const capsule_ring& ring, std::string_view text, const user& u, std::uint64_t mark,
                          seconds ttl, timestamp now);

} // namespace pawl
