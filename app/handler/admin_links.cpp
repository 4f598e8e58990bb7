// /admin/invitations, and what operators mail to users.
#include "app/dto/admin_responses.hpp"
#include "app/handler/admin_entities.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "core/service/link_service.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"

#include <utility>

namespace pawl::app {

namespace {

constexpr std::int64_t seconds_of_a_day = 86400;

http_response no_links() {
    return problem_response(failure(errc::mail_off));
}

result<invitation> read_invitation(member_reader& reader) {
    invitation out;
    out.email = reader.required_text("email");
    out.roles = reader.optional_texts("roles").value_or(std::vector<std::string>());
    out.life = seconds(reader.optional_integer("days", 1, invitation_days_max).value_or(0) * seconds_of_a_day);
    if (reader.failed()) {
        return reader.why();
    }
    return out;
}

// The link where the operator is shown it, and until when it is good.
std::string link_json(const operators_link& made) {
    std::string out;
    json_object_writer w(out);
    w.member("user_id", made.user->id.value).member("email", made.user->email);
    if (!made.url.empty()) {
        w.member("link", made.url);
    }
    w.member("expires_at", to_rfc3339(made.expires_at));
    w.end();
    return out;
}

task<http_response> handle_invite(app_context& context, const http_request& request, operator_caller by) {
    auto wanted = read_tree(request, read_invitation);
    if (!wanted) {
        co_return wanted.error();
    }
    if (context.links == nullptr) {
        co_return no_links();
    }
    auto pending = context.links->invite(std::move(by), *std::move(wanted));
    const auto made = co_await std::move(pending);
    if (!made) {
        co_return refuse_operator(context, request, made.error());
    }
    co_return json_answer(made->url.empty() ? 201 : 200, link_json(*made));
}

task<http_response> handle_withdraw(app_context& context, const http_request& request, operator_caller by) {
    const auto id = user_id_from_text(request.path_parameter);
    if (!id || context.links == nullptr) {
        co_return problem_response(failure(errc::user_not_found));
    }
    auto pending = context.links->withdraw_invitation(std::move(by), *id);
    const auto done = co_await std::move(pending);
    if (!done) {
        co_return refuse_operator(context, request, done.error());
    }
    co_return no_content();
}

task<http_response> handle_send_reset(app_context& context, const http_request& request, operator_caller by) {
    const auto id = user_id_from_text(request.path_parameter);
    if (!id) {
        co_return problem_response(failure(errc::user_not_found));
    }
    if (context.links == nullptr) {
        co_return no_links();
    }
    auto pending = context.links->send_reset(std::move(by), *id);
    const auto made = co_await std::move(pending);
    if (!made) {
        co_return refuse_operator(context, request, made.error());
    }
    co_return json_answer(made->url.empty() ? 202 : 200, link_json(*made));
}

task<http_response> handle_send_verification(app_context& context, const http_request& request, operator_caller by) {
    const auto id = user_id_from_text(request.path_parameter);
    if (!id) {
        co_return problem_response(failure(errc::user_not_found));
    }
    if (context.links == nullptr) {
        co_return no_links();
    }
    auto pending = context.links->send_verification(std::move(by), *id);
    const auto done = co_await std::move(pending);
    if (!done) {
        co_return refuse_operator(context, request, done.error());
    }
    http_response response = no_content();
    response.status = 202;
    co_return response;
}

using enum http_method;

constexpr refusal_list of_a_mail = refuses(errc::mail_off, errc::mail_queue_full, errc::storage_unavailable);

constexpr route rows[] = {
    {post, "/admin/invitations", as_operator<handle_invite>, "admin_invite",
     refuses(json_body, of_a_mail, errc::email_taken)},
    {delete_, "/admin/invitations/{id}", as_operator<handle_withdraw>, "admin_withdraw_invitation",
     refuses(errc::user_not_found)},
    {post, "/admin/users/{id}/reset-link", as_operator<handle_send_reset>, "admin_send_reset",
     refuses(of_a_mail, errc::user_not_found)},
    {post, "/admin/users/{id}/verify-email", as_operator<handle_send_verification>, "admin_send_verification",
     refuses(of_a_mail, errc::user_not_found, errc::already_verified)},
};

} // namespace

constinit const row_list admin_links_rows(rows);

} // namespace pawl::app
