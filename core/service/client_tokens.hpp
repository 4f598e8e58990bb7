// What the tokens of a client's family are (RFC 6749 4.1, OIDC Core 3.1.3): scopes, audiences, lifetimes and claims, as
// user, client, APIs and consent are now. The code exchange and each refresh ask here.
#pragma once

#include "core/provider/authorization_code.hpp"
#include "core/provider/catalogue.hpp"
#include "core/provider/client.hpp"
#include "core/provider/consent.hpp"
#include "core/provider/standard_claims.hpp"
#include "core/service/issue.hpp"
#include "core/service/services.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// Whom a grant is about, as they are now. `allowed`: what the user allowed the client; null: nothing that is kept.
struct grant_parties {
    client_ptr who;    // not null
    user_ptr owner;    // not null
    catalogue_ptr all; // not null
    consent_ptr allowed;
};
// What the request asks beside: both narrow this access token, and never the family.
struct token_wishes {
    std::optional<std::string> scope;   // RFC 6749 6
    std::vector<std::string> resources; // RFC 8707 2.2: identifiers of APIs
};
struct client_tokens {
    scope_set scopes;
    user_claims about;
    token_terms terms; // but for expires_by
};

// `held`: the family's. invalid_scope and invalid_target for more than it has, or than means something;
// claims_too_large. Pure.
result<client_tokens> decide_client_tokens(const service_settings& settings, const grant_parties& parties,
                                           const family_grant& held, const token_wishes& wishes);
// What is left of `held`: the client's, allowed by the user's roles, and consented where the client asks. Pure.
scope_set scopes_left(const grant_parties& parties, const scope_set& held);
// Whether a family of a client has this scope of our own API now. A scope that client, roles or consent have no more is
// lost to its tokens at once. `context.entities` is not null.
bool has_scope_now(const service_context& context, const family_facts& facts, user_ptr owner, builtin_scope one);

// How long a family of this client lives, with access tokens of `access_ttl`: without refresh tokens no longer than
// those. Pure.
struct family_lifetime {
    seconds idle{}, absolute{};
};
family_lifetime lifetime_of(const service_settings& settings, const client& who, seconds access_ttl);
// Its windows for refresh tokens that come twice. Pure.
refresh_policy policy_of(const service_settings& settings, const client& who);

// The audience of our own API: --audience, or the issuer. A view into `settings`. Pure.
std::string_view own_audience(const service_settings& settings);
// The audience that /userinfo takes, and no API of others. Pure.
std::string userinfo_audience(const service_settings& settings);
// What an access token of a client's family must be to be read: for any audience, which the caller looks at. Views into
// `settings`. Pure.
access_token_expectations client_token_expectations(const service_settings& settings, timestamp now);
// The names of scopes, with single spaces between: built-in ones first. Pure.
std::string scope_names(const catalogue& all, const scope_set& scopes);

// The built-in ones among the scopes that a token names: no others release claims, or open our own API. Pure.
scope_set builtin_scopes_in(std::string_view text);

// What the family of this code is granted. Pure.
family_grant grant_of(const authorization_code& code);

// An ID token that is wanted (OIDC Core 2).
struct id_token_order {
    client_ptr who;
    user_ptr owner;
    family_facts facts;
    timestamp now{}, expires_at{};
    std::string nonce;        // empty: none; at a refresh there is none (OIDC Core 12.2)
    family_id session;        // of `sid`; all zero: it is not told
    std::string access_token; // for at_hash
    signing_turn turn;        // from id_token_turn()
};
// The right to an ID token for this client, with the key that signs it at `now`: taken before anything changes.
// unauthorized_client where there is no key for it (that does not pass by itself: under HS256 there never is one);
// storage_unavailable where there is no signer; password_queue_full.
std::optional<failure> no_id_token_key(const key_ring& keys, const client& who, timestamp now);
result<signing_turn> id_token_turn(const service_context& context, const key_ring& keys, const client& who,
                                   timestamp now);
// password_queue_full where the server stops meanwhile. Awaited directly: `context` outlives the call.
task<result<std::string>> make_id_token(const service_context& context, key_ring_ptr keys, id_token_order order);

} // namespace pawl
