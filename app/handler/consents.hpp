// What the handlers of users and of operators do with consents alike.
#pragma once

#include "app/http/context.hpp"
#include "core/service/admin_service.hpp"

#include <optional>
#include <string>

namespace pawl::app {

// {"consents": [...]} of those that stand, once that is durable: what is told, or left out, may be newer than the disk.
// storage_unavailable. Awaited directly.
task<result<std::string>> list_consents(app_context& context, user_id user);

// consent_service::withdraw(), of a client by its client_id: consent_not_found where there is no such client, too.
// `by`: the operator, where it is not the user. Awaited directly.
task<result<void>> withdraw_consent(app_context& context, user_id user, std::string client_id, caller from,
                                    std::optional<operator_caller> by);

} // namespace pawl::app
