// /users/me/events and /users/me/data: what happened to an account, and a copy of it.
#include "app/handler/account_told.hpp"

#include "app/dto/account_copy.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/consents.hpp"
#include "app/handler/rows.hpp"
#include "app/http/member_reader.hpp"
#include "app/worker/copy_limiter.hpp"
#include "core/service/web_session_service.hpp"

#include <optional>
#include <utility>

namespace pawl::app {

task<result<told_account>> tell_account(app_context& context, principal who) {
    told_account out;
    auto listing = context.factors->list(who);
    auto factors = co_await std::move(listing);
    if (!factors) {
        co_return factors.error();
    }
    out.factors = *std::move(factors);
    auto living = context.sessions.list(who);
    auto alive = co_await std::move(living);
    if (!alive) {
        co_return alive.error();
    }
    auto remembering = context.web_sessions->list_ended(who.user->id, copied_sessions_max);
    auto ended = co_await std::move(remembering);
    if (!ended) {
        co_return ended.error();
    }
    out.sessions = *std::move(alive);
    out.ended = *std::move(ended);
    co_return out;
}

std::vector<happening> happened_to(const user& u, const told_account& told) {
    std::vector<family_details> all = told.sessions;
    all.insert(all.end(), told.ended.begin(), told.ended.end());
    return pawl::happened_to(u, told.factors, all);
}

namespace {

// Awaited directly.
task<result<std::string>> make_copy(app_context& context, principal who) {
    account_copy copy;
    copy.owner = context.data.find_user(who.user->id);
    copy.asking = who.session;
    copy.at = context.time.now();
    if (!copy.owner) {
        co_return errc::invalid_access_token;
    }
    auto telling = tell_account(context, who);
    result<told_account> told = co_await std::move(telling);
    if (!told) {
        co_return told.error();
    }
    copy.happened = happened_to(*copy.owner, *told);
    copy.factors = std::move(told->factors);
    copy.sessions = std::move(told->sessions);
    copy.ended = std::move(told->ended);
    auto allowing = list_consents(context, who.user->id);
    auto consents = co_await std::move(allowing);
    if (!consents) {
        co_return consents.error();
    }
    copy.consents = *std::move(consents);
    co_return to_json(copy, context.entities);
}

} // namespace

task<result<std::string>> copy_account(app_context& context, account_owner owner) {
    principal who = owner.who;
    auto checking = context.factors->check_recent(std::move(owner));
    const result<void> recent = co_await std::move(checking);
    if (!recent) {
        co_return recent.error();
    }
    std::optional<copy_limiter::place> place;
    if (context.copies != nullptr) {
        result<copy_limiter::place> begun = context.copies->begin(who.user->id);
        if (!begun) {
            co_return begun.error();
        }
        place.emplace(*std::move(begun));
    }
    auto making = make_copy(context, std::move(who));
    result<std::string> copy = co_await std::move(making);
    if (copy && place) {
        place->made();
    }
    co_return copy;
}

namespace {

constexpr std::size_t events_told_max = 50; // in one answer

struct events_query {
    std::optional<happening_place> before;
};
result<events_query> read_events_query(const parameters& query) {
    member_reader reader(query);
    const std::string text = reader.optional_text("before").value_or(std::string());
    events_query out{happening_place_from(text)};
    if (!text.empty() && !out.before) {
        reader.blame("before", "must be the id of an event");
    }
    return reader.failed() ? result<events_query>(reader.why()) : result<events_query>(out);
}

task<http_response> handle_events(app_context& context, const http_request& request, principal who) {
    const auto wanted = read_query(request, read_events_query);
    if (!wanted) {
        co_return wanted.error();
    }
    const user_ptr owner = who.user;
    auto telling = tell_account(context, std::move(who));
    const result<told_account> told = co_await std::move(telling);
    if (!told) {
        co_return refuse(context, request, told.error());
    }
    const std::vector<happening> all = happened_to(*owner, *told);
    const std::size_t first = wanted->before ? older_than(all, *wanted->before) : 0;
    co_return json_answer(200, events_json(all, first, events_told_max));
}

task<http_response> handle_data(app_context& context, const http_request& request, principal who) {
    auto copying = copy_account(context, std::move(who));
    result<std::string> copy = co_await std::move(copying);
    if (!copy) {
        co_return refuse(context, request, copy.error());
    }
    co_return json_answer(200, *std::move(copy));
}

using enum http_method;

constexpr route rows[] = {
    {get, "/users/me/events", as_user<handle_events>, "list_my_events", refuses(query_string, errc::validation_failed)},
    {get, "/users/me/data", as_user<handle_data>, "copy_my_data",
     refuses(errc::reauthentication_required, errc::too_many_attempts, errc::operations_busy)},
};

} // namespace

constinit const row_list account_told_rows(rows);

} // namespace pawl::app
