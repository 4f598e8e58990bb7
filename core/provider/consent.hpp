// What a user allowed a client (OIDC Core 3.1.2.4): remembered, so that it is asked again only for more. One immutable,
// versioned record a user and client; a change is a new record with version + 1.
#pragma once

#include "core/clock.hpp"
#include "core/family/family.hpp"
#include "core/family/scope_set.hpp"
#include "core/ids.hpp"
#include "core/provider/client.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace pawl {

inline constexpr std::size_t consents_per_user_max = 256; // withdrawn ones count, too: they end what was made before

struct consent {
    user_id user;
    client_number client;
    std::uint64_t version = 1;
    std::uint32_t era = 1;    // raised by each withdrawal and by nothing else; codes and families carry it
    scope_set scopes;         // allowed; empty once withdrawn
    timestamp granted_at{};   // the last time that the user allowed something
    timestamp withdrawn_at{}; // 0: never. Families without an era that were made until then are dead (is_withdrawn)

    friend bool operator==(const consent&, const consent&) = default;
};
using consent_ptr = std::shared_ptr<const consent>;

// All below is pure; any thread.

// Not withdrawn.
inline bool stands(const consent& c) {
    return !c.scopes.empty();
}

// The record of `user` and `client` once `more` is allowed, too; `there` is the one of now, or null. std::nullopt if
// nothing is added: then it stands as it is, so that what rests on it in another tab goes on.
std::optional<consent> allowed_more(const consent* there, user_id user, client_number client, const scope_set& more,
                                    timestamp now);
// The record once all of it is withdrawn. `there` stands.
consent withdrawn(const consent& there, timestamp now);

// Whether what the user allowed in `era` is allowed still, and has all of `scopes`. `there` may be null.
bool covers(const consent* there, std::uint64_t era, const scope_set& scopes);

// The era that a family of this user and client is of which is made now. `there` may be null: a first consent begins
// with era 1.
inline std::uint32_t era_of_new_family(const consent* there) {
    return there == nullptr ? consent().era : there->era;
}

// Whether a family of this user and client is dead since the user withdrew its consent (family_status::consent). Only
// of a client that asks for it. `there` may be null. It goes by the eras, whatever the clock says. A family without one
// is of a record that had none: dead where it was made until the second of the last withdrawal.
bool is_withdrawn(const consent* there, client_consent asks, const family_facts& made);

} // namespace pawl
