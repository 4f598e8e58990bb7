// /users/me/consents: what the user allowed clients, and how it is withdrawn.
#include "app/handler/consents.hpp"

#include "app/handler/callers.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/http/path_segment.hpp"
#include "core/service/client_tokens.hpp"
#include "core/service/consent_service.hpp"
#include "core/service/durable_answer.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace pawl::app {

namespace {

std::string scopes_json(const catalogue& all, const scope_set& scopes) {
    std::string list = "[";
    const std::string names = scope_names(all, scopes);
    for (std::size_t at = 0; at < names.size();) {
        const std::size_t end = std::min(names.find(' ', at), names.size());
        list += list.size() > 1 ? "," : "";
        append_json_string(list, std::string_view(names).substr(at, end - at));
        at = end + 1;
    }
    return list + "]";
}

// Those of clients that are there.
std::string consents_json(const app_context& context, user_id user) {
    const catalogue_ptr all = context.entities->find_catalogue();
    std::string list = "[";
    for (const consent_ptr& one : context.consents->of_user(user)) {
        const client_ptr who = context.entities->find_client(one->client);
        if (!who) {
            continue;
        }
        std::string object;
        json_object_writer(object)
            .member("client_id", who->client_id)
            .member("name", who->name)
            .raw("scopes", scopes_json(*all, one->scopes))
            .member("granted_at", to_rfc3339(one->granted_at))
            .end();
        list += (list.size() > 1 ? "," : "") + object;
    }
    std::string body;
    json_object_writer(body).raw("consents", list + "]").end();
    return body;
}

} // namespace

task<result<std::string>> list_consents(app_context& context, user_id user) {
    std::string body = consents_json(context, user);
    task<result<void>> accepted = acceptance(context.data, context.entities->rests_on());
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    co_return body;
}

task<result<void>> withdraw_consent(app_context& context, user_id user, std::string client_id, caller from,
                                    std::optional<operator_caller> by) {
    const client_ptr who = context.entities->find_client(client_id);
    if (!who) { // a removed one takes its consents with it
        task<failure> refused =
            pawl::refusal(context.data, failure(errc::consent_not_found), context.entities->rests_on());
        co_return co_await std::move(refused);
    }
    task<result<void>> withdrawing = context.consents->withdraw(user, who->number, std::move(from), std::move(by));
    co_return co_await std::move(withdrawing);
}

namespace {

task<http_response> handle_list_my_consents(app_context& context, const http_request& request, principal who) {
    auto pending = list_consents(context, who.user->id);
    auto body = co_await std::move(pending);
    if (!body) {
        co_return refuse(context, request, body.error());
    }
    co_return json_answer(200, *std::move(body));
}

task<http_response> handle_withdraw_my_consent(app_context& context, const http_request& request, principal who) {
    auto pending =
        withdraw_consent(context, who.user->id, name_in_path(request.path_parameter), request.from, std::nullopt);
    const auto done = co_await std::move(pending);
    if (!done) {
        co_return refuse(context, request, done.error());
    }
    co_return no_content();
}

using enum http_method;

constexpr route rows[] = {
    {get, "/users/me/consents", as_account<handle_list_my_consents>, "list_consents", refuses()},
    {delete_, "/users/me/consents/{id}", as_user<handle_withdraw_my_consent>, "withdraw_consent",
     refuses(errc::consent_not_found)},
};

} // namespace

constinit const row_list consents_rows(rows);

} // namespace pawl::app
