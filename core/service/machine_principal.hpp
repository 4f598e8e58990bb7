// Who a token without a family speaks for, and whether it still may.
#pragma once

#include "core/service/services.hpp"

#include <optional>
#include <string_view>

namespace pawl {

// The client of a genuine, unexpired token without a family.
struct machine_principal {
    client_ptr client; // as it was when it was asked; not null
    token_id token;
    std::uint64_t stamp = 0; // client_stamp() when the token was made
    timestamp expires_at{};
};

// The client with this id and this stamp now: enabled, its epoch not raised since, no restore in between. Null
// otherwise. Changes nothing; rests on registry::rests_on().
client_ptr client_of_stamp(const registry& entities, std::string_view client_id, std::uint64_t stamp);

// Why `who` may no longer do what `scope` is for: invalid_access_token, insufficient_scope. To be asked right before a
// change. A scope that was taken from the client is lost to its tokens at once.
std::optional<failure> no_longer(const service_context& context, const machine_principal& who, std::string_view scope);

} // namespace pawl
