// Whether a sign-in is complete. Pure.
#pragma once

#include "core/family/family.hpp"
#include "core/user/user.hpp"

#include <cstdint>

namespace pawl {

// --require-factor: who has to show a second factor.
enum class factor_policy : std::uint8_t {
    enrolled,   // who has one
    superusers, // and superusers have to have one
    all,        // and every user has to have one
    none,       // no user is asked
};

// What was shown beside a right password.
enum class second_shown : std::uint8_t { nothing, totp, recovery_code };

enum class login_verdict : std::uint8_t {
    done,
    more,      // a second factor is wanted
    enrolment, // the user has to have one, and has none
};
struct login_decision {
    login_verdict what = login_verdict::done;
    std::uint8_t acr = acr_password;
    std::uint16_t amr = amr_password;

    friend bool operator==(const login_decision&, const login_decision&) = default;
};

// Whether the user has a factor that a sign-in can be completed with. Recovery codes alone are none: they go with the
// last other factor.
bool has_second_factor(const user& u);
// `shown` was accepted. `is_remembered`: a device capsule of this user came along. It stands for the second factor, and
// proves nothing: acr and amr are as without one.
login_decision decide_login(const user& u, second_shown shown, bool is_remembered, factor_policy policy);

} // namespace pawl
