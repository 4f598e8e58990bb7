// /admin/consents: an operator and what users allowed clients.
#include "app/dto/admin_requests.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/consents.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"

#include <utility>

namespace pawl::app {

namespace {

task<http_response> handle_admin_list_consents(app_context& context, const http_request& request,
                                               operator_caller /*by*/) {
    const auto id = read_query(request, read_query_user);
    if (!id) {
        co_return id.error();
    }
    auto finding = context.admin->find_user(*id);
    const auto owner = co_await std::move(finding);
    if (!owner) {
        co_return refuse_operator(context, request, owner.error());
    }
    auto pending = list_consents(context, *id);
    auto body = co_await std::move(pending);
    if (!body) {
        co_return refuse_operator(context, request, body.error());
    }
    co_return json_answer(200, *std::move(body));
}

task<http_response> handle_admin_withdraw_consent(app_context& context, const http_request& request,
                                                  operator_caller by) {
    auto wanted = read_query(request, read_query_consent);
    if (!wanted) {
        co_return wanted.error();
    }
    std::optional<operator_caller> who(std::move(by));
    auto pending = withdraw_consent(context, wanted->user, std::move(wanted->client), request.from, std::move(who));
    const auto done = co_await std::move(pending);
    if (!done) {
        co_return refuse_operator(context, request, done.error());
    }
    co_return no_content();
}

using enum http_method;

constexpr route rows[] = {
    {get, "/admin/consents", as_operator<handle_admin_list_consents>, "admin_list_consents",
     refuses(query_string, errc::user_not_found)},
    {delete_, "/admin/consents", as_operator<handle_admin_withdraw_consent>, "admin_withdraw_consent",
     refuses(query_string, errc::consent_not_found)},
};

} // namespace

constinit const row_list admin_consents_rows(rows);

} // namespace pawl::app
