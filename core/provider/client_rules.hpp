// What a client, an API or a scope may be. Each check gives every fault at once, by member; none: the record may be
// stored. Pure; any thread.
#pragma once

#include "core/failure.hpp"
#include "core/provider/catalogue.hpp"
#include "core/provider/client.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// Bounds of the TTLs and windows of a client, as of the options of the same names.
inline constexpr seconds client_access_token_ttl_min{1}, client_refresh_ttl_min{1}, client_ttl_max{5LL * 365 * 86400};
inline constexpr seconds client_reuse_window_max{60}, client_lost_window_max = client_ttl_max / 2;
// How long a secret lives on once a newer one is made.
inline constexpr seconds secret_overlap_default{7 * 86400}, secret_overlap_max{90 * 86400};

// `known`: the APIs and scopes that it may name.
std::vector<field_error> check_client(const client& c, const catalogue& known);
std::vector<field_error> check_api(const api& a);
std::vector<field_error> check_scope(const scope& s, const catalogue& known);

// Whether apps on a person's own device are meant: custom schemes are for those alone (RFC 8252 7).
constexpr bool is_native(client_preset preset) {
    return preset == client_preset::mobile || preset == client_preset::agent;
}

// Why `uri` can't be one that answers are sent to, as "must ..."; empty if it can. Absolute, without fragment, userinfo
// and wildcard; https, or http to this very machine; for native ones also a scheme of their own with a dot in it.
std::string redirect_uri_problem(std::string_view uri, bool native);

// Whether such a client proves itself with a secret.
constexpr bool proves_by_secret(client_auth_method method) {
    return method == client_auth_method::client_secret_basic || method == client_auth_method::client_secret_post;
}

} // namespace pawl
