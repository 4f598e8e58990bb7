#include "core/provider/token_shape.hpp"

#include "core/provider/machine_grant.hpp"

#include <algorithm>

namespace pawl {

token_shape shape_of_token(const client& who, const catalogue& all, const std::vector<std::string>& audiences,
                           seconds ttl) {
    token_shape out;
    seconds shortest{0}; // of the APIs that say one
    for (const std::string& identifier : audiences) {
        const bool is_its_own = std::ranges::find(who.apis, identifier) != who.apis.end();
        const api* const known = is_its_own ? all.find_api(identifier) : nullptr;
        if (known == nullptr) {
            continue;
        }
        if (known->token_format == access_token_format::opaque) {
            out.format = access_token_format::opaque;
        }
        if (known->access_token_ttl > seconds(0) && (shortest == seconds(0) || known->access_token_ttl < shortest)) {
            shortest = known->access_token_ttl;
        }
    }
    if (who.token_format != client_token_format::of_api) {
        out.format =
            who.token_format == client_token_format::jwt ? access_token_format::jwt : access_token_format::opaque;
    }
    const seconds of_api = shortest > seconds(0) ? shortest : ttl;
    out.ttl = std::min(who.access_token_ttl > seconds(0) ? who.access_token_ttl : of_api, machine_token_ttl_max);
    return out;
}

} // namespace pawl
