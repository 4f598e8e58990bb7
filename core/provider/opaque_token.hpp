// Access tokens that only this server reads: pat_ + a capsule with what a JWT of RFC 9068 would say, bound to nothing
// but its kind. One of a client that speaks for itself belongs to no family; one of a user names the family, which says
// whose it is. Pure, but for the random bytes; any thread.
#pragma once

#include "core/capsule/capsule.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/provider/api.hpp"
#include "core/provider/revoked_token.hpp"
#include "core/random_source.hpp"
#include "core/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// In one token. A text of so many bytes of scope has less than 5700 characters: a header field takes it.
inline constexpr std::size_t opaque_scope_size_max = 4096, opaque_apis_max = 16;

struct opaque_token {
    token_id id; // `jti`
    client_number client;
    std::uint64_t stamp = 0;      // client_stamp() when it was made
    std::vector<api_number> apis; // `aud`, at most opaque_apis_max; number 0: the server's own audience
    std::string scope;            // as the answer had it, at most opaque_scope_size_max bytes
    timestamp issued_at{}, expires_at{};

    friend bool operator==(const opaque_token&, const opaque_token&) = default;
};

// std::nullopt if there is more in it than a token holds, or a date is before 1970.
std::optional<secret_string> make_opaque_token(const capsule_ring& ring, const opaque_token& token,
                                               random_source& random);

// std::nullopt for what this ring did not make as such a token; which of the reasons it was is not said. Whether it is
// still good is the caller's to say: `expires_at`, the stamp of its client now, the revoked tokens.
std::optional<opaque_token> open_opaque_token(const capsule_ring& ring, std::string_view text);

// Of a client's family: user and client are the family's.
struct opaque_session_token {
    token_id id; // `jti`
    family_id session;
    std::uint32_t generation = 0;
    std::vector<api_number> apis; // `aud`, at most opaque_apis_max
    bool for_us = false;          // the server's own audience, too
    bool for_userinfo = false;    // and that of /userinfo
    std::string scope;            // at most opaque_scope_size_max
    timestamp issued_at{}, expires_at{};

    friend bool operator==(const opaque_session_token&, const opaque_session_token&) = default;
};

// As above. What one of them makes, the other does not open.
std::optional<secret_string> make_opaque_session_token(const capsule_ring& ring, const opaque_session_token& token,
                                                       random_source& random);
std::optional<opaque_session_token> open_opaque_session_token(const capsule_ring& ring, std::string_view text);

} // namespace pawl
