// Access tokens of clients' families, JWTs and opaque ones: from the text to what it says, and the family it is of. All
// who take such tokens read them here.
#pragma once

#include "core/jwt/access_token.hpp"
#include "core/jwt/verified_tokens.hpp"
#include "core/service/services.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace pawl {

struct grant_token {
    access_claims claims; // for any audience: access_claims::audiences
    family_state seen;    // of a client's family, whose user the token speaks for; alive or not
};

class grant_token_reader {
public:
    explicit grant_token_reader(service_context context);

    // std::nullopt unless it is genuine, unexpired, and of a family of a client (not of the first party, not of a
    // browser) that is known and of its user. A signature is not checked again where it was a moment ago. Any thread.
    std::optional<grant_token> read(std::string_view token) const;

private:
    std::optional<grant_token> read_jwt(const key_ring& keys, std::string_view token) const;

    service_context context_;
    std::unique_ptr<verified_tokens> known_;
};

// What an opaque one of a client's family says, expired or not. std::nullopt unless it is genuine, its family is there
// and its client, too. `context.entities` is not null.
std::optional<grant_token> read_opaque_grant(const service_context& context, const key_ring& keys,
                                             std::string_view token);

// Whether it is of a session, as it seems: what tells tokens of users from those of clients that speak for themselves.
// Nothing is proven by a yes.
bool is_of_session(const key_ring& keys, std::string_view token);

} // namespace pawl
