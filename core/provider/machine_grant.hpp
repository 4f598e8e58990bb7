// What a client that speaks for itself is given (RFC 6749 4.4): scopes, audiences, format and lifetime of its access
// token. The only place that decides it, and pure.
#pragma once

#include "core/failure.hpp"
#include "core/provider/catalogue.hpp"
#include "core/provider/client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// No such token lives longer, whatever client, API and options say: one that is revoked is remembered until it ends.
inline constexpr seconds machine_token_ttl_max{24 * 3600};

// The scopes of our own API. A token with one of them is for our audience, too, unless others are asked for by name.
inline constexpr std::string_view admin_scope = "admin", introspect_scope = "introspect";
// Those that a client may have of its own; the other built-in ones are about a user.
bool is_machine_scope(std::string_view builtin) noexcept;

// Each once, in the order given; empty where nothing is asked for.
struct machine_ask {
    std::vector<std::string> scopes;
    std::vector<std::string> resources; // RFC 8707: identifiers of APIs
};
// What the server says where client and API say nothing.
struct machine_defaults {
    std::string_view audience; // our own API's
    seconds access_token_ttl{};
};
struct machine_grant {
    std::vector<std::string> scopes;
    std::vector<std::string> audiences; // never empty
    access_token_format format = access_token_format::jwt;
    seconds ttl{};

    friend bool operator==(const machine_grant&, const machine_grant&) = default;
};

// Scopes: those asked for; else the client's default scopes; else all of the client's that a machine may have.
// Audiences: the resources asked for; else the APIs of the scopes granted; else the client's first API; else ours.
// unauthorized_client where the client is public or its grants lack this one; invalid_scope for a scope that is unknown
// or not the client's; invalid_target for an API that is unknown or not the client's. The client is enabled.
result<machine_grant> decide_machine_grant(const client& who, const catalogue& all, const machine_ask& asked,
                                           const machine_defaults& ours);

} // namespace pawl
