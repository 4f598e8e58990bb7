// Second factors in JSON: what requests say of them, and how answers tell them.
#pragma once

#include "app/http/parameters.hpp"
#include "core/service/factor_service.hpp"
#include "core/service/session_service.hpp"

#include <string>
#include <string_view>

namespace pawl::app {

class member_reader; // app/http/member_reader.hpp

// --- Requests.
// `totp` and `recovery_code`, both optional. A value that is empty is as good as absent.
shown_codes read_codes(member_reader& reader);

// `step` (`mfa_token` as well) and one of `totp`, `recovery_code`; `remember`.
struct factor_step {
    secret_string step;
    shown_codes codes;
    bool remember = false;
};
result<factor_step> read_factor_step(const parameters& body);

// At least one of `password`, `totp`, `recovery_code`; `acr`, the name of what is to be proven.
struct step_up_request {
    secret_string password;
    shown_codes codes;
    std::uint8_t acr = 0;
};
result<step_up_request> read_step_up(const parameters& body);

// `step`; empty: not given.
result<secret_string> read_optional_step(const parameters& body);
// `capsule`, `totp`, `name`, and `step` in the place of a session.
struct totp_confirmation {
    secret_string step, capsule, totp;
    std::string name;
};
result<totp_confirmation> read_totp_confirmation(const parameters& body);
result<std::string> read_factor_name(const parameters& body);
// `keep_sessions`.
result<bool> read_keep_sessions(const parameters& body);

// --- Answers.
std::string_view name_of(factor_kind kind);                 // "totp", "recovery"
std::string factor_kinds_json(const wanted_factor& wanted); // ["totp","recovery_code"]
// Tokens as RFC 6749 5.1 has them, and `device` where one is remembered. Wipes the access token.
std::string login_json_and_wipe(login_answer& answer);
std::string to_json(const told_factors& all);
std::string to_json(const user_factor& made);
std::string to_json(const offered_totp& offered);
std::string to_json(const new_recovery& made);

} // namespace pawl::app
