// The pages of /sign-up, by the policy of the server. As app/page/pages.hpp says of all pages. Fields: email,
// new_password, flow, to; button: signup-submit; links: signup-back (to sign in), and on the sign-in page signup-link.
#pragma once

#include "app/page/pages.hpp"
#include "core/account/sign_up_policy.hpp"

namespace pawl::app {

enum class sign_up_problem : std::uint8_t {
    none,
    bad_address,
    weak_password,
    address_taken,
    domain_not_allowed,
    too_many_attempts,
    busy
};
struct sign_up_model {
    sign_up_mode mode{}; // invite and closed: a sentence and no form
    std::string email;   // as it was typed
    std::size_t password_length_min = 0;
    sign_up_problem problem = sign_up_problem::none;
    seconds wait{}; // too_many_attempts
    // The sign-in that the user came from, and goes back to: of a request, or to a page of the account. Both may be
    // empty.
    std::string flow, to{};
};
struct sign_up_done_model { // of open, confirm and approve
    sign_up_mode mode{};
    std::string email, flow, to{};
};
// Whether there is anything to do at /sign-up.
constexpr bool takes_sign_ups(sign_up_mode mode) {
    return mode != sign_up_mode::invite && mode != sign_up_mode::closed;
}

http_response page_of(const page_look& look, const sign_up_model& m);
http_response page_of(const page_look& look, const sign_up_done_model& m);

} // namespace pawl::app
