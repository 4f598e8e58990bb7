// /admin/mail: what waits to be sent, and what became of it.
#include "app/handler/callers.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/http/member_reader.hpp"
#include "app/mail/mail_desk.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/mail_service.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"

#include <utility>

namespace pawl::app {

namespace {

constexpr std::size_t mails_page_usual = 100, mails_page_max = 1000;

struct mail_query {
    std::optional<mail_id> after;
    std::size_t limit = mails_page_usual;
};

result<mail_query> read_mail_query(const parameters& query) {
    member_reader reader(query);
    mail_query wanted;
    if (const std::optional<family_id> after = reader.optional_id("after")) {
        wanted.after = mail_id{after->bytes}; // written alike
    }
    if (const std::optional<std::string> text = reader.optional_text("limit")) {
        const bool digits =
            !text->empty() && text->size() <= 4 && text->find_first_not_of("0123456789") == std::string::npos;
        wanted.limit = digits ? static_cast<std::size_t>(std::stoul(*text)) : 0;
        if (wanted.limit == 0 || wanted.limit > mails_page_max) {
            reader.blame("limit", "must be a number from 1 to " + std::to_string(mails_page_max));
        }
    }
    if (reader.failed()) {
        return reader.why();
    }
    return wanted;
}

result<std::string> read_test_address(const parameters& body) {
    member_reader reader(body);
    const std::string to = reader.required_text("to");
    std::string why;
    const std::optional<std::string> address = check_email(to, why);
    if (!reader.failed() && !address) {
        reader.blame("to", why);
    }
    reader.refuse_others();
    if (reader.failed()) {
        return reader.why();
    }
    return *address;
}

std::string mail_json(const mail& m) {
    std::string out;
    json_object_writer object(out);
    object.member("id", to_hex(m.id)).member("kind", to_text(m.kind)).member("status", to_text(m.status));
    if (m.user != user_id{}) {
        object.member("user_id", m.user.value);
    }
    object.member("to", m.address)
        .member("attempts", std::uint64_t{m.attempts})
        .member("wanted_at", to_rfc3339(m.wanted_at))
        .member(m.is_waiting() ? "not_before" : "ended_at", to_rfc3339(m.not_before))
        .member("expires_at", to_rfc3339(m.expires_at))
        .end();
    return out;
}

task<http_response> handle_admin_list_mail(app_context& context, const http_request& request, operator_caller /*by*/) {
    const auto wanted = read_query(request, read_mail_query);
    if (!wanted) {
        co_return wanted.error();
    }
    const std::vector<mail_ptr> mails = context.mails->list(wanted->after, wanted->limit);
    std::string list = "[";
    for (const mail_ptr& m : mails) {
        list += (list.size() > 1 ? "," : "") + mail_json(*m);
    }
    std::string out;
    json_object_writer object(out);
    object.raw("mails", list + "]");
    if (mails.size() == wanted->limit) {
        object.member("next", to_hex(mails.back()->id));
    }
    object.member("relay_failing", context.mails_out->figures().relay_failing.load(std::memory_order_relaxed)).end();
    co_return json_answer(200, std::move(out));
}

// Durable before it is told, or storage has failed.
task<bool> stands(app_context& context, ticket t) {
    auto waiting = context.data.durable(t);
    const bool done = co_await std::move(waiting);
    co_return done;
}

task<http_response> handle_admin_retry_mail(app_context& context, const http_request& request, operator_caller /*by*/) {
    const std::optional<mail_id> id = mail_id_from_hex(request.path_parameter);
    if (!id) {
        co_return refuse_operator(context, request, failure(errc::mail_not_found));
    }
    const result<mail_service::retried> again = context.mails->retry(*id);
    if (!again) {
        co_return refuse_operator(context, request, again.error());
    }
    auto waiting = stands(context, again->wait_for);
    const bool done = co_await std::move(waiting);
    if (!done) {
        co_return refuse_operator(context, request, storage_failure());
    }
    std::string out;
    json_object_writer(out).member("id", to_hex(again->id)).end();
    co_return json_answer(202, std::move(out));
}

task<http_response> handle_admin_drop_mail(app_context& context, const http_request& request, operator_caller /*by*/) {
    const std::optional<mail_id> id = mail_id_from_hex(request.path_parameter);
    if (!id) {
        co_return refuse_operator(context, request, failure(errc::mail_not_found));
    }
    const result<ticket> dropped = context.mails->drop(*id);
    if (!dropped) {
        co_return refuse_operator(context, request, dropped.error());
    }
    auto waiting = stands(context, *dropped);
    const bool done = co_await std::move(waiting);
    if (!done) {
        co_return refuse_operator(context, request, storage_failure());
    }
    co_return no_content();
}

const char* word_of(relay_result r) {
    switch (r) {
    case relay_result::sent:
        return "sent";
    case relay_result::later:
        return "put_off";
    case relay_result::refused:
        return "refused";
    case relay_result::relay_fault:
        break;
    }
    return "relay_fault";
}

// Sent at once and beside the queue, so that what the relay says can be told word for word.
task<http_response> handle_admin_test_mail(app_context& context, const http_request& request, operator_caller /*by*/) {
    const auto to = read_json(request, read_test_address);
    if (!to) {
        co_return to.error();
    }
    if (!context.send_mail_now) {
        co_return refuse_operator(context, request, failure(errc::mail_off));
    }
    mail m;
    context.random->fill(m.id.bytes);
    m.kind = mail_kind::test;
    m.address = *to;
    m.wanted_at = context.time.now();
    m.expires_at = m.wanted_at;
    composed_mail ready = compose(m, nullptr, {}, context.mails_out->sender());
    auto pending = context.send_mail_now(std::move(ready));
    const relay_outcome outcome = co_await std::move(pending);
    std::string out;
    json_object_writer(out).member("outcome", word_of(outcome.result)).member("relay_said", outcome.text).end();
    co_return json_answer(200, std::move(out));
}

using enum http_method;

constexpr route rows[] = {
    {get, "/admin/mail", as_operator<handle_admin_list_mail>, "admin_list_mail", refuses(query_string)},
    {post, "/admin/mail/test", as_operator<handle_admin_test_mail>, "admin_test_mail",
     refuses(json_body, errc::mail_off)},
    {post, "/admin/mail/{id}/retry", as_operator<handle_admin_retry_mail>, "admin_retry_mail",
     refuses(errc::mail_off, errc::mail_not_found)},
    {delete_, "/admin/mail/{id}", as_operator<handle_admin_drop_mail>, "admin_drop_mail",
     refuses(errc::mail_not_found)},
};

} // namespace

constinit const row_list admin_mail_rows(rows);

} // namespace pawl::app
