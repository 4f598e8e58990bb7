// Bodies into what the services take. All faults of a body are reported at once, as validation_failed with its fields.
// In every body: members that are not known are ignored, `null` is as good as absent.
#pragma once

#include "app/http/parameters.hpp"
#include "core/failure.hpp"
#include "core/secret.hpp"
#include "core/service/account_service.hpp"
#include "core/service/second_factor.hpp"

#include <optional>
#include <string>
#include <variant>

namespace pawl::app {

// email, password; optional username, first_name, surname.
result<sign_up_request> read_sign_up(const parameters& body);

// `email` (which wins) or `username`, and `password`; any of them may be empty text. `grant_type`, where given, must be
// "password" (or empty: RFC 6749 3.1). `scope` is optional.
struct login_request {
    std::string name;
    secret_string password;
    std::optional<std::string> scope;
    shown_codes codes;     // `totp`, `recovery_code`
    secret_string device;  // empty: none
    bool remember = false; // give a `device`
};
result<login_request> read_login(const parameters& body);

// first_name, surname, username: all optional.
result<profile_change> read_profile_change(const parameters& body);

struct password_change {
    secret_string current;
    secret_string desired;
};
result<password_change> read_password_change(const parameters& body);

// `code`; `redirect_uri` and `code_verifier` where they are given.
struct code_request {
    secret_string code;
    std::optional<std::string> redirect_uri, code_verifier;
};
result<code_request> read_code_request(const parameters& body);

// `refresh_token`, and `scope` where it is given.
struct refresh_request {
    secret_string token;
    std::optional<std::string> scope;
};
result<refresh_request> read_refresh(const parameters& body);

// `refresh_token` or `current_password`: required, any text.
result<secret_string> read_secret(const parameters& body, std::string_view name);

// /dev/clock: exactly one of `advance` (seconds, may be negative), `set` (RFC 3339), `freeze`.
struct clock_advance {
    seconds by{};
};
struct clock_set {
    timestamp_ms to{};
};
struct clock_freeze {
    bool frozen = false;
};
using clock_change = std::variant<clock_advance, clock_set, clock_freeze>;
inline constexpr seconds clock_advance_max{100LL * 366 * 86400}; // either way
result<clock_change> read_clock_change(const parameters& body);

} // namespace pawl::app
