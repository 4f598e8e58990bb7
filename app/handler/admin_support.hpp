// What handlers of /admin/* share: who may, and what they say of ids.
#pragma once

#include "app/context.hpp"
#include "core/failure.hpp"
#include "core/ids.hpp"
#include "core/service/admin_service.hpp"

#include <optional>
#include <string_view>

namespace pawl::app {

// Whoever came over the admin socket, or the superuser whose access token came along. missing_access_token,
// invalid_access_token, not_admin, storage_unavailable. Awaited directly.
task<result<operator_caller>> authorise_operator(app_context& context, const http_request& request);

// A refusal as the operator reads it: of any session or user, not of one's own.
http_response refuse_operator(const app_context& context, const http_request& request, const failure& why);

// Decimal digits of a user's number, without a leading zero; nothing for anything else.
std::optional<user_id> user_id_from_text(std::string_view text);

} // namespace pawl::app
