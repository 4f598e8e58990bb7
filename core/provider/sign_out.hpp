// A client asks that its user be signed out (OIDC RP-Initiated Logout 1.0): read, and decided. The only place that
// decides it, and pure.
#pragma once

#include "core/capsule/capsule.hpp"
#include "core/ids.hpp"
#include "core/jwt/id_token.hpp"
#include "core/provider/authorization_request.hpp"
#include "core/provider/client.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace pawl {

// Empty: not given. `logout_hint` is read and not used: who is signed in says the cookie.
struct sign_out_request {
    std::string id_token_hint, client_id, post_logout_redirect_uri, state, ui_locales;
    friend bool operator==(const sign_out_request&, const sign_out_request&) = default;
};
// `given` are decoded parameters in their order. Else a sentence that refuses it: a parameter given twice, or one that
// is too long. Parameters of other names are ignored.
std::variant<sign_out_request, std::string_view> read_sign_out_request(const authorization_parameters& given);

enum class sign_out_answer : std::uint8_t { none, yes, no }; // to the question, on its page

struct sign_out_surroundings {
    std::optional<id_token_hint> hint; // what a genuine id_token_hint says; std::nullopt: none came, or it is not ours
    client_ptr who;                    // of `client_id`; without it of the hint. Null: unknown
    std::optional<user_id> user;       // who is signed in at this browser
    std::string session;               // session_name() of that session and `who`; empty where either is missing
    sign_out_answer answer = sign_out_answer::none;
};
struct sign_out_step {
    enum class kind : std::uint8_t {
        refuse,   // a page says why; the user stays signed in
        ask,      // a page asks whether to sign out
        sign_out, // the browser's session ends
        done,     // no user is signed in
        stay,     // the user said no
    } what{};
    std::string redirect_to;   // sign_out and done: where the browser goes next, with `state`; empty: a page
    std::string link;          // sign_out and done without redirect_to: what that page may offer; empty: nothing
    std::string_view sentence; // refuse
    friend bool operator==(const sign_out_step&, const sign_out_step&) = default;
};
// Never goes to a URI that is not registered for a client which is known by its ID token or its client_id. Without an
// ID token it goes there only after the user's yes.
sign_out_step decide_sign_out(const sign_out_request& asked, const sign_out_surroundings& now);

// --- The capsule of the page that asks, or of a POSTed request: pso_. `mark`: registry::history_mark(), bound in. Of
// the ID token it keeps what it said, not the token.
struct sign_out_flow {
    sign_out_request asked; // without id_token_hint
    std::optional<id_token_hint> hint;
};
// std::nullopt where it does not fit into a capsule.
std::optional<secret_string> seal_sign_out(const capsule_ring& ring, const sign_out_flow& f, std::uint64_t mark,
                                           random_source& random);
// std::nullopt if it is not ours.
std::optional<sign_out_flow> open_sign_out(const capsule_ring& ring, std::string_view text, std::uint64_t mark);

} // namespace pawl
