// What a user allowed a client (OIDC Core 3.1.2.4): remembered, so that it is asked again only for more. One immutable,
// versioned record a user and client; a change is a new record with version + 1.
#pragma once

#include "core/clock.hpp"
#include "core/family/scope_set.hpp"
#include "core/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace pawl {

inline constexpr std::size_t consents_per_user_max = 256;

struct consent {
    user_id user;
    client_number client;
    std::uint64_t version = 1;
    scope_set scopes;         // allowed; empty once withdrawn
    timestamp granted_at{};   // the last time that the user allowed something
    timestamp withdrawn_at{}; // 0: never. Families that were made before it are dead (status consent)

    friend bool operator==(const consent&, const consent&) = default;
};
using consent_ptr = std::shared_ptr<const consent>;

} // namespace pawl
