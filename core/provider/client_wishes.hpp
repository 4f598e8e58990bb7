// What an operator, a seed or an import says of a client, an API or a scope, before it is held against the rules
// (client_rules.hpp). Plain values; no JSON here.
#pragma once

#include "core/clock.hpp"
#include "core/provider/api.hpp"
#include "core/provider/client.hpp"
#include "core/provider/scope.hpp"
#include "core/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pawl {

// One member. std::nullopt: not said, stays as it is (in a new record: as its preset has it). An empty value inside:
// null, back to what the preset has.
template <class T>
using wish = std::optional<std::optional<T>>;

struct client_grants {
    bool authorization_code = false, refresh_token = false, client_credentials = false;
    friend bool operator==(const client_grants&, const client_grants&) = default;
};

struct client_wishes {
    std::optional<std::string> client_id; // of a new one
    wish<std::string> name;               // null: the client_id
    wish<client_preset> preset;
    wish<bool> confidential, enabled;
    wish<std::vector<std::string>> redirect_uris, post_logout_redirect_uris;
    wish<client_grants> grants;
    wish<client_auth_method> auth_method;
    wish<std::string> jwks; // compact JSON
    wish<std::vector<std::string>> scopes, default_scopes, apis;
    wish<client_consent> consent;
    wish<client_pkce> pkce;
    wish<client_binding> bind;
    wish<code_reuse_rule> code_reuse;
    wish<client_token_format> token_format;
    wish<id_token_algorithm> id_token_alg;
    wish<seconds> access_token_ttl, refresh_idle_ttl, refresh_absolute_ttl, reuse_window, lost_response_window;
    wish<std::string> attributes; // a JSON object, compact
    wish<client_forward> forward; // null: not for forward auth
};

// A secret that was chosen elsewhere, of a seed or an import: 1 to client_secret_size_max bytes.
struct given_secret {
    secret_string text;
    std::optional<std::uint32_t> serial; // else the next one
    std::optional<timestamp> created_at, expires_at;
};
// A client as a seed or an import has it.
struct seeded_client {
    client_wishes wishes;
    std::vector<given_secret> secrets; // at most client_secrets_max
    std::optional<timestamp> created_at;
};

struct api_wishes {
    std::optional<std::string> identifier; // of a new one
    wish<std::string> name;                // null: the identifier
    // Those that belong to it; one that there isn't is made.
    wish<std::vector<std::string>> scopes;
    wish<access_token_format> token_format;
    wish<seconds> access_token_ttl;
    std::optional<timestamp> created_at; // of a seed or an import
};

struct scope_wishes {
    std::optional<std::string> name; // of a new one
    wish<std::string> api, text_en, text_de;
    wish<std::vector<std::string>> roles;
    std::optional<timestamp> created_at; // of a seed or an import
};

// A new client of that preset, without name, id and dates. Pure.
client preset_client(client_preset preset);
// The same for forward auth: a public client that is asked nothing, without refresh tokens, bound to the browser's
// session, with the scopes that the answers are made of and those of `forward`.
client forward_client(client_preset preset, const client_forward& forward);

// Puts what was said into the record. The preset comes first: what is null, and in a new record (number 0) what is not
// said, is as the preset has it. Pure; checks nothing.
void put_wishes(client& record, const client_wishes& wanted);
void put_wishes(api& record, const api_wishes& wanted); // all but `scopes`
void put_wishes(scope& record, const scope_wishes& wanted);

// A new record of what was said: number 0.
client new_client(const client_wishes& wanted);

} // namespace pawl
