#include "core/provider/consent.hpp"

#include <algorithm>

namespace pawl {

std::optional<consent> allowed_more(const consent* there, user_id user, client_number client, const scope_set& more,
                                    timestamp now) {
    if (there != nullptr && more.within(there->scopes)) {
        return std::nullopt;
    }
    consent next;
    if (there != nullptr) {
        next = *there;
        ++next.version;
    } else if (more.empty()) {
        return std::nullopt;
    }
    next.user = user;
    next.client = client;
    next.scopes = next.scopes | more;
    next.granted_at = now;
    // A clock that was wrong once put it into the future. A family without an era that is made until then would be
    // dead.
    next.withdrawn_at = std::min(next.withdrawn_at, now);
    return next;
}

consent withdrawn(const consent& there, timestamp now) {
    consent next = there;
    ++next.version;
    ++next.era;
    next.scopes = {};
    next.withdrawn_at = std::max(next.withdrawn_at, now); // what was dead stays dead, also where the clock went back
    return next;
}

bool covers(const consent* there, std::uint64_t era, const scope_set& scopes) {
    return there != nullptr && there->era == era && stands(*there) && scopes.within(there->scopes);
}

bool is_withdrawn(const consent* there, client_consent asks, const family_facts& made) {
    if (asks != client_consent::ask || there == nullptr) {
        return false;
    }
    if (made.grant.consent_era != 0) {
        return made.grant.consent_era < there->era;
    }
    return there->withdrawn_at != timestamp{} && made.created_at <= there->withdrawn_at;
}

} // namespace pawl
