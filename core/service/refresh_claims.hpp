// What the tokens of a refresh say of their user, of the records as they are now, and what that rests on.
#pragma once

#include "core/service/client_tokens.hpp"

#include <memory>
#include <optional>
#include <string>

namespace pawl {

struct owner_claims {
    user_claims claims;
    ticket rests = ticket::none;
    std::unique_ptr<client_tokens> of_client{}; // of a client's family; then `owner`, too
    user_ptr owner{};
};

// Of a family of the first party. claims_too_large and invalid_scope before anything has changed; storage_unavailable;
// user_not_found where the user has just been removed.
result<owner_claims> claims_of_owner(const service_context& context, const family_facts& facts,
                                     const std::optional<std::string>& asked);
// The same of a family of the client `record`: what it has now of its grant. invalid_target, too.
result<owner_claims> claims_of_grant(const service_context& context, const client_ptr& record, const family_state& seen,
                                     const token_wishes& wishes);

// The ID token beside refreshed tokens (OIDC Core 12.2): as at the sign-in, but for the nonce. Of a family that hangs
// on no browser session `sid` is not told: it does not know the one that it was made in.
id_token_order refreshed_id_token(const client_ptr& record, const user_ptr& owner, const family_facts& facts,
                                  timestamp now, const issued_tokens& tokens);

} // namespace pawl
