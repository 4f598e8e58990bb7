// What users allow clients: remembered when a page asked, listed, withdrawn (OIDC Core 3.1.2.4).
#pragma once

#include "core/provider/consent.hpp"
#include "core/service/admin_service.hpp"
#include "core/service/services.hpp"

#include <optional>
#include <vector>

namespace pawl {

class consent_service {
public:
    // `context.entities` is not null.
    explicit consent_service(service_context context) : context_(std::move(context)) {}

    // Adds `more` to what the user allowed; durable when it returns. The record that stands; unchanged where nothing is
    // added. too_many_consents; user_not_found, client_not_found; consent_not_found where `more` is empty and nothing
    // is there; storage_unavailable.
    task<result<consent_ptr>> allow(user_id user, client_number client, scope_set more, caller from);

    // All that stand (not withdrawn), by client. What is told of them rests on registry::rests_on(), taken after this.
    std::vector<consent_ptr> of_user(user_id user) const;

    // The record first; once that is durable each family of the user and the client ends with family_status::consent.
    // Once more where a crash or a full disk kept some from ending. consent_not_found; storage_unavailable. `by`: the
    // operator, where it is not the user.
    task<result<void>> withdraw(user_id user, client_number client, caller from,
                                std::optional<operator_caller> by = std::nullopt);

private:
    service_context context_;
};

} // namespace pawl
