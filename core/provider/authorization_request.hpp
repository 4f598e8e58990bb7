// A request for authorization (RFC 6749 4.1.1, RFC 7636 4.3, OIDC Core 3.1.2.1): read, held against its client,
// decided, and sealed into the capsule that pages carry. The only place that decides it, and pure. The id of the family
// that it is to become is drawn when it is read: using a code, a page or a pushed request is inserting that family.
#pragma once

#include "core/capsule/capsule.hpp"
#include "core/clock.hpp"
#include "core/family/scope_set.hpp"
#include "core/ids.hpp"
#include "core/provider/catalogue.hpp"
#include "core/provider/claims_parameter.hpp"
#include "core/provider/client.hpp"
#include "core/provider/consent.hpp"
#include "core/provider/standard_claims.hpp"
#include "core/user/user.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pawl {

inline constexpr seconds code_ttl_max{300};
inline constexpr seconds flow_ttl{3600}; // an older page starts its request over
inline constexpr std::size_t state_size_max = 1024, nonce_size_max = 512, login_hint_size_max = 254;
inline constexpr std::size_t ui_locales_size_max = 256, claims_size_max = 4096;
// One that came may be longer than any registered one by its port.
inline constexpr std::size_t asked_uri_size_max = client_uri_size_max + 6;
inline constexpr seconds max_age_max{0x7FFFFFFF}; // a larger one means the same

enum class response_mode : std::uint8_t { query = 0, fragment = 1, form_post = 2 };
enum class prompt_kind : std::uint8_t { login = 1, consent = 2, select_account = 4, none = 8 }; // bits

struct authorization_request {
    family_id grant; // F
    timestamp asked_at{};
    client_number client;
    std::string redirect_uri;        // one of the client's (a loopback one may differ in the port)
    bool redirect_uri_given = true;  // else it is the client's only one: the exchange may leave it out, too
    std::vector<std::string> scopes; // names, each once: known, and the client's; with nothing asked its default ones
    std::vector<std::string> resources; // identifiers of the client's APIs (RFC 8707)
    std::string state, nonce, login_hint, ui_locales;
    std::optional<std::array<std::uint8_t, 32>> code_challenge; // S256
    response_mode mode = response_mode::query;
    std::uint8_t prompt = 0; // of prompt_kind
    std::optional<seconds> max_age;
    // `sub` of a genuine id_token_hint, or asked for by `claims` (OIDC Core 3.1.2.2); 0 where the two differ: no user
    std::optional<user_id> hinted;
    std::vector<std::string> acr_values;                // those of acr_names, each once
    claim_set userinfo_claims = 0, id_token_claims = 0; // asked by `claims`
    acr_set essential_acr;                              // the same; the sign-in must have been as one of these

    bool asks(prompt_kind one) const { return (prompt & static_cast<std::uint8_t>(one)) != 0; }
    friend bool operator==(const authorization_request&, const authorization_request&) = default;
};

// Where an answer goes.
struct redirect_target {
    std::string uri, state;
    response_mode mode = response_mode::query;
    friend bool operator==(const redirect_target&, const redirect_target&) = default;
};
// A refusal. Without a target it is shown on a page: client and redirect URI were not proven.
struct authorization_refusal {
    std::string error;       // RFC 6749 4.1.2.1, OIDC Core 3.1.2.6, RFC 8707 2
    std::string description; // a sentence; printable ASCII without quotes and backslashes
    std::optional<redirect_target> target;
    friend bool operator==(const authorization_refusal&, const authorization_refusal&) = default;
};

// Parameters as they came, decoded, in their order; a name may come twice, which is refused but for `resource`.
using authorization_parameters = std::vector<std::pair<std::string, std::string>>;

// What reading needs to know beside.
struct authorization_surroundings {
    client_ptr who; // of the client_id; null: unknown. The caller found it
    const catalogue& all;
    timestamp now{};
    family_id fresh; // to become `grant`
    // What a genuine id_token_hint says, by the caller, who checked it; std::nullopt if it is not ours.
    std::optional<user_id> hinted;
    bool hint_given = false;
};
// Which error comes first, and which has a target: docs/provider.md. Without a target the error is invalid_client
// (unknown or off) or invalid_request.
std::variant<authorization_request, authorization_refusal>
read_authorization_request(const authorization_parameters& given, const authorization_surroundings& about);

// Who is signed in at the browser that asks.
struct signed_in {
    user_ptr user;
    family_id session;
    timestamp auth_time{};
    std::uint8_t acr = 0;
};
// What comes next.
struct authorization_step {
    enum class kind : std::uint8_t { sign_in, select_account, consent, grant, refuse } what{};
    scope_set granted;                 // consent: asked and allowed by client and roles; grant: what the code carries
    scope_set asked_newly;             // consent: what the user has not allowed yet
    std::uint64_t consent_version = 0; // grant: of the consent that it rests on; 0: none
    // refuse: with a target, unless the client is off or the redirect URI is not its own any more: then a page says so
    authorization_refusal refusal;
};
// `consented`: what the user allowed before; null: nothing. A sign-in not before asked_at satisfies prompt=login,
// max_age and prompt=select_account, but one that was there when the request came: the clock may stand still between
// the two. `chosen`: the user chose this account on the page of this flow; `allowed`: what it pressed Allow for there;
// more than that is asked about again.
inline constexpr scope_set every_scope =
    scope_set::of({~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0}});
struct authorization_progress {
    bool first_look = false; // no page of the request was answered yet, or by another account: no sign-in was for it
    bool chosen = false;
    std::optional<scope_set> allowed{};
};
// What tokens say of a sign-in that reached `acr`: the strongest of the essential ones that is no stronger, or `acr`
// where none is essential. std::nullopt if it meets none of them. Pure.
std::optional<std::uint8_t> told_acr(const authorization_request& asked, std::uint8_t acr);
authorization_step decide_authorization(const authorization_request& asked, const client& who, const catalogue& all,
                                        const std::optional<signed_in>& browser, const consent* consented,
                                        const authorization_progress& progress, timestamp now);

// --- The capsule of a page, or of a POSTed request: pfl_. `mark`: registry::history_mark(), bound in.
struct flow {
    authorization_request request;
    family_id seen_by; // pages that ask who is signed in: the session that saw it; else all zero
    scope_set shown;   // a consent page: what it asks for
    friend bool operator==(const flow&, const flow&) = default;
};
// std::nullopt where it does not fit into a capsule.
std::optional<secret_string> seal_flow(const capsule_ring& ring, const flow& f, std::uint64_t mark,
                                       random_source& random);
// std::nullopt if it is not ours. One older than flow_ttl is opened, too: the caller starts over.
std::optional<flow> open_flow(const capsule_ring& ring, std::string_view text, std::uint64_t mark);

// The URI that a redirect answer goes to: parameters appended to query or fragment as RFC 6749 4.1.2 wants,
// form-encoded. `answer` has all of them, `state` and `iss`, too: nothing is added. For form_post the caller makes a
// page of target.uri and the same parameters.
std::string redirect_with(const redirect_target& to, const std::vector<std::pair<std::string, std::string>>& answer);
redirect_target target_of(const authorization_request& asked);

} // namespace pawl
