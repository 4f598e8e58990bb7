// Bearer checks: from an access token to who is asking.
#pragma once

#include "core/service/services.hpp"

#include <optional>
#include <string_view>

namespace pawl {

class access_guard {
public:
    explicit access_guard(service_context context) : context_(std::move(context)) {}

    // Checks the token (core/jwt/access_token), then that its family is known, alive and its user's. Marks the
    // generation confirmed. The answer may rest on a change that is not durable yet: it waits for that (R1).
    // invalid_access_token, missing_access_token (empty), storage_unavailable. Awaited directly: `token` outlives the
    // call.
    task<result<principal>> authenticate(std::string_view token);

    // For POST /logout: a genuine token whose `exp` may be past, of any family. Nothing if it is not genuine.
    std::optional<family_id> session_of(std::string_view token) const;

private:
    service_context context_;
};

} // namespace pawl
