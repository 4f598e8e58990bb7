#include "core/service/machine_principal.hpp"

#include "core/provider/client_stamp.hpp"

#include <algorithm>

namespace pawl {

client_ptr client_of_stamp(const registry& entities, std::string_view client_id, std::uint64_t stamp) {
    client_ptr found = entities.find_client(client_id);
    if (!found || !found->admits(found->epoch) ||
        stamp != client_stamp(entities.history_mark(), found->number, found->epoch)) {
        return nullptr;
    }
    return found;
}

std::optional<failure> no_longer(const service_context& context, const machine_principal& who, std::string_view scope) {
    const registry& entities = *context.entities;
    const client_ptr now = client_of_stamp(entities, who.client->client_id, who.stamp);
    if (!now || entities.is_revoked(who.token) || context.time.now() >= who.expires_at) {
        return failure(errc::invalid_access_token);
    }
    if (std::ranges::find(now->scopes, scope) == now->scopes.end()) {
        return failure(errc::insufficient_scope);
    }
    return std::nullopt;
}

} // namespace pawl
