// /account/apps and /account/data: what applications were allowed; a copy of the account, and its end.
#include "app/handler/account_told.hpp"
#include "app/handler/account_visit.hpp"
#include "app/handler/consents.hpp"
#include "app/handler/rows.hpp"
#include "core/factor/decide_login.hpp"
#include "core/service/consent_service.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/factor_service.hpp"

#include <utility>
#include <vector>

namespace pawl::app {

namespace {

// --- /account/apps.
apps_model apps_of(const app_context& context, const http_request& request, const account_visit& at) {
    apps_model model;
    model.frame = frame_of(context, request, at);
    const catalogue_ptr all = context.entities->find_catalogue();
    std::vector<std::pair<consent_ptr, client_ptr>> told;
    for (const consent_ptr& one : context.consents->of_user(at.who.user->id)) {
        const client_ptr client = context.entities->find_client(one->client);
        if (!client) {
            continue;
        }
        told.push_back({one, client});
    }
    model.pages = page_of_list(told.size(), apps_shown_max, page_asked(request, page_parameter));
    for (std::size_t n = model.pages.first; n < model.pages.end; ++n) {
        const auto& [consent, client] = told[n];
        model.apps.push_back({client->client_id, client->name, consent->granted_at,
                              scope_texts_of(consent->scopes, *all, at.look.tongue)});
    }
    return model;
}

// Awaited directly.
task<http_response> apps_page(app_context& context, const http_request& request, const account_visit& at,
                              account_refusal why) {
    if (why.elsewhere) {
        co_return *std::move(why.elsewhere);
    }
    apps_model model = apps_of(context, request, at);
    task<result<void>> accepted = acceptance(context.data, context.entities->rests_on());
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return account_error_page(request, at.here, stands.error());
    }
    put(model.frame, why, {});
    co_return again(context, request, at, why, page_of(at.look, model));
}

task<http_response> show_apps(app_context& context, const http_request& request, const account_visit& at) {
    account_refusal none;
    auto making = apps_page(context, request, at, std::move(none));
    co_return co_await std::move(making);
}

task<http_response> withdraw(app_context& context, const http_request& request, account_form& form) {
    const account_visit& at = form.at;
    account_refusal why = unreadable_form();
    if (form.text("do") == "withdraw") {
        auto withdrawing =
            withdraw_consent(context, at.who.user->id, std::string(form.text("client")), request.from, std::nullopt);
        const result<void> withdrawn = co_await std::move(withdrawing);
        if (withdrawn) {
            co_return done(context, request, at, account_place::apps, account_note::withdrawn);
        }
        why = refusal_of(at, withdrawn.error());
    }
    auto making = apps_page(context, request, at, std::move(why));
    co_return co_await std::move(making);
}

// --- /account/data.
http_response data_page(const app_context& context, const http_request& request, const account_visit& at,
                        const account_refusal& why, std::string_view form) {
    if (why.elsewhere) {
        return *why.elsewhere;
    }
    data_model model;
    model.frame = frame_of(context, request, at);
    put(model.frame, why, form);
    return again(context, request, at, why, page_of(at.look, model));
}

task<http_response> show_data(app_context& context, const http_request& request, const account_visit& at) {
    co_return data_page(context, request, at, account_refusal{}, {});
}

// The account is gone, and its session with it.
task<http_response> remove_account(app_context& context, const http_request& request, const account_form& form) {
    const account_visit& at = form.at;
    if (form.text("sure") != "yes") {
        account_refusal not_sure = unreadable_form();
        not_sure.problem = account_problem::not_sure;
        co_return data_page(context, request, at, not_sure, "delete");
    }
    result<void> removed;
    if (has_second_factor(*at.who.user)) {
        auto checking = context.factors->check_recent(at.owner());
        removed = co_await std::move(checking);
    }
    if (removed) {
        auto removing = context.accounts.remove(at.who, form.secret("current_password"), request.from);
        removed = co_await std::move(removing);
    }
    if (!removed) {
        co_return data_page(context, request, at, refusal_of(at, removed.error()), "delete");
    }
    http_response page = page_of(at.look, gone_model{});
    web_visit gone;
    gone.clear_cookie = true;
    add_cookie(context, request, gone, page);
    co_return page;
}

task<http_response> change_data(app_context& context, const http_request& request, account_form& form) {
    const std::string_view act = form.text("do");
    if (act == "delete") {
        auto removing = remove_account(context, request, form);
        co_return co_await std::move(removing);
    }
    if (act != "export") {
        co_return data_page(context, request, form.at, unreadable_form(), {});
    }
    auto copying = copy_account(context, form.at.owner());
    result<std::string> copy = co_await std::move(copying);
    if (!copy) {
        co_return data_page(context, request, form.at, refusal_of(form.at, copy.error()), "export");
    }
    http_response file = json_answer(200, *std::move(copy));
    file.headers.emplace_back("Content-Disposition", "attachment; filename=\"account.json\"");
    co_return with_cookie(context, request, form.at, std::move(file));
}

using enum http_method;

constexpr refusal_list shown = refuses_by_page(in_other_words(request_problem::not_found), errc::storage_unavailable);
constexpr refusal_list sent =
    refuses_by_page(shown, in_other_words(request_problem::forbidden_origin), errc::validation_failed);

constexpr route rows[] = {
    {get, "/account/apps", shown_at<account_place::apps, show_apps>, "account_apps", shown},
    {post, "/account/apps", sent_at<account_place::apps, withdraw>, "account_withdraw",
     refuses_by_page(sent, errc::consent_not_found)},
    {get, "/account/data", shown_at<account_place::data, show_data>, "account_data", shown},
    {post, "/account/data", sent_at<account_place::data, change_data>, "account_change_data",
     refuses_by_page(sent, errc::too_many_attempts, errc::operations_busy, errc::password_queue_full,
                     errc::hash_memory_unavailable)},
};

} // namespace

constinit const row_list account_apps_rows(rows);

} // namespace pawl::app
