// A client (RFC 6749 2): an application that asks for tokens. One immutable, versioned record; a change is a new record
// with version + 1. Its number is given once and never again, and what it may do is all in here.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/jwt/jws_algorithm.hpp"
#include "core/provider/api.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// Numbers below are the server's own: 0 the first party, 1 the browser sessions to come (`pawl-web`).
inline constexpr client_number first_registered_client{16};

inline constexpr std::size_t clients_max = 10'000; // removed ones apart
inline constexpr std::size_t client_id_size_max = 128, client_name_size_max = 128;
inline constexpr std::size_t client_uris_max = 32, client_uri_size_max = 1024;
inline constexpr std::size_t client_scopes_max = 256, client_apis_max = 16;
inline constexpr std::size_t client_secrets_max = 2; // good at a time
inline constexpr std::size_t forward_hosts_max = 32, forward_host_size_max = 253 + 6, forward_roles_max = 32;
inline constexpr std::size_t client_jwks_size_max = std::size_t{16} * 1024, client_attributes_size_max = 4096;

// What it is for: sets what a new client has where nothing else is said. Numbers on disk are never reused.
enum class client_preset : std::uint8_t { web = 0, spa = 1, mobile = 2, agent = 3, service = 4, api = 5 };
// How it proves who it is at /token (RFC 7591 2, token_endpoint_auth_method). Numbers on disk are never reused.
enum class client_auth_method : std::uint8_t {
    none = 0,                // a public client
    client_secret_basic = 1, // RFC 6749 2.3.1; either way of sending the secret is its own method
    client_secret_post = 2,
    private_key_jwt = 3, // RFC 7523 2.2
};
enum class client_consent : std::uint8_t { ask = 0, implicit = 1, never = 2 };
enum class client_binding : std::uint8_t { none = 0, session = 1 };
enum class client_pkce : std::uint8_t { required = 0, optional = 1 };
enum class code_reuse_rule : std::uint8_t { end = 0, deny = 1 };
// What its ID tokens are signed with (OIDC Registration 2, id_token_signed_response_alg).
enum class id_token_algorithm : std::uint8_t { rs256 = 0, es256 = 1, eddsa = 2 };
constexpr jws_algorithm jws_algorithm_of(id_token_algorithm algorithm) {
    return algorithm == id_token_algorithm::rs256   ? jws_algorithm::rs256
           : algorithm == id_token_algorithm::es256 ? jws_algorithm::es256
                                                    : jws_algorithm::eddsa;
}
enum class client_origin : std::uint8_t { admin = 0, seed = 1, import = 2 };
enum class client_token_format : std::uint8_t { of_api = 0, jwt = 1, opaque = 2 }; // of_api: as its API has it

// One secret that is good, without the secret: what a text that is shown is compared with.
struct client_secret_entry {
    enum class kind : std::uint8_t {
        made = 0,  // a capsule of ours: `proof` is the random id that it carries, in the first 16 bytes
        given = 1, // chosen elsewhere (seed, import): `proof` is its BLAKE2b-256 under a key of the key file
    };
    std::uint32_t serial = 0; // from 1, +1 with each secret of the client; people name it by this
    kind what = kind::made;
    std::uint8_t key_id = 0; // of the capsule key
    std::array<std::uint8_t, 32> proof{};
    timestamp created_at{};
    timestamp expires_at{}; // 0: it does not expire

    friend bool operator==(const client_secret_entry&, const client_secret_entry&) = default;
    bool good_at(timestamp now) const { return expires_at == timestamp{} || now < expires_at; }
};

// Of a client that is for forward auth (docs/forward-auth.md): the hosts that proxies ask about, and who may use them.
struct client_forward {
    std::vector<std::string> hosts;  // "app.example:8443" (core/provider/forward.hpp); of no other client. Empty: none
    std::vector<std::string> roles;  // one of them is enough; empty: every user
    std::vector<std::string> scopes; // all of them: names, within the client's scopes
    friend bool operator==(const client_forward&, const client_forward&) = default;
};

struct client {
    client_number number;
    std::uint64_t version = 1;
    bool removed = false;  // a tombstone: its client_id is free again, its number is not
    std::string client_id; // never changes
    std::string name;      // for people
    client_preset preset = client_preset::web;
    bool confidential = true; // type: it can keep a secret (RFC 6749 2.1)
    bool enabled = true;
    // Tokens and families carry the epoch of their making; one more, and all of them are dead.
    std::uint32_t epoch = 0;
    timestamp epoch_raised_at{};

    std::vector<std::string> redirect_uris, post_logout_redirect_uris;
    bool authorization_code = false, refresh_token = false, client_credentials = false; // its grants
    client_auth_method auth_method = client_auth_method::client_secret_basic;
    std::vector<client_secret_entry> secrets; // at most client_secrets_max, the newest last
    std::uint32_t last_serial = 0;
    std::string jwks; // a JWK set of public keys as compact JSON; empty: none

    std::vector<std::string> scopes, default_scopes; // names; the second within the first
    std::vector<std::string> apis;                   // identifiers; the first is the audience where none is asked for
    client_consent consent = client_consent::ask;
    client_pkce pkce = client_pkce::required;
    client_binding bind = client_binding::none;
    code_reuse_rule code_reuse = code_reuse_rule::end;
    client_token_format token_format = client_token_format::of_api;
    id_token_algorithm id_token_alg = id_token_algorithm::rs256;
    // 0: as the server's options say.
    seconds access_token_ttl{0}, refresh_idle_ttl{0}, refresh_absolute_ttl{0}, reuse_window{0}, lost_response_window{0};
    std::string attributes; // a JSON object, compact; empty: none
    client_forward forward;
    client_origin origin = client_origin::admin;
    timestamp created_at{};

    friend bool operator==(const client&, const client&) = default;

    // The last epoch: a client that reached it gets no token any more, since one more could not be told from the first.
    static constexpr std::uint32_t epoch_max = std::numeric_limits<std::uint32_t>::max();
    bool is_forward() const { return !forward.hosts.empty(); }
    // Whether it may be given ID tokens: it signs people in, and takes its codes itself.
    bool takes_id_tokens() const { return authorization_code && !is_forward(); }
    bool admits(std::uint32_t epoch_of_token) const { return enabled && is_open_to(epoch_of_token); }
    // Whether it admits them as soon as it is enabled. Once false, it is false for good.
    bool is_open_to(std::uint32_t epoch_of_token) const {
        return !removed && epoch != epoch_max && epoch == epoch_of_token;
    }
    void raise_epoch() { epoch = epoch == epoch_max ? epoch_max : epoch + 1; }
};
using client_ptr = std::shared_ptr<const client>;

// What is kept of a client that is removed: who it was, and no secret. Pure.
client tombstone_of(const client& c);

// A client id that an operator may choose: 1 to client_id_size_max characters of RFC 3986's unreserved and `:`, not
// reserved. Pure.
bool is_client_id(std::string_view text);
// What is kept for the server's own, for what is to come and for clients for forward auth: `pawl` and all that begins
// with it, `forward:`, digits alone, anything with `@`, `https:`.
bool is_reserved_client_id(std::string_view text);

// Of a client for forward auth: this prefix, and at least one more character of those above.
inline constexpr std::string_view forward_client_prefix = "forward:";
bool is_forward_client_id(std::string_view text);

// `sub` of a token that is a client's own: "client:" and its id, so that no user has it.
inline constexpr std::string_view client_subject_prefix = "client:";

} // namespace pawl
