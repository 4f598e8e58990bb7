// When a user proved last to be it, and how strongly, where the facts of the session don't say it: a browser session
// outlives many sign-ins, and its cookie tells of the last one (core/provider/web_cookie.hpp).
#pragma once

#include "core/service/services.hpp"

#include <optional>
#include <utility>

namespace pawl {

struct last_proof {
    timestamp at{};
    std::uint8_t acr = 0;
};

// Who acts on an account that is its own.
struct account_owner {
    principal who;
    std::optional<last_proof> proven; // of a browser session

    // NOLINTNEXTLINE(google-explicit-constructor): of a token the principal is all there is
    account_owner(principal p) : who(std::move(p)) {}
    account_owner(principal p, last_proof shown) : who(std::move(p)), proven(shown) {}
};

} // namespace pawl
