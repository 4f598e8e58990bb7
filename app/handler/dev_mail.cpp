// /dev/mail: the mails that were caught.
#include "app/dev/mail_box.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/http/member_reader.hpp"

#include <utility>

namespace pawl::app {

namespace {

constexpr std::string_view no_such_mail = "There is no mail of this id in the box.";

struct box_query {
    std::string to;
    std::optional<mail_kind> kind;
};
result<box_query> read_box_query(const parameters& query) {
    member_reader reader(query);
    box_query wanted;
    wanted.to = reader.optional_text("to").value_or("");
    if (const std::optional<std::string> word = reader.optional_text("kind")) {
        wanted.kind = mail_kind_from_text(*word);
        if (!wanted.kind) {
            reader.blame("kind", "is no kind of mail");
        }
    }
    if (reader.failed()) {
        return reader.why();
    }
    return wanted;
}

std::optional<caught_mail> mail_of(const app_context& context, const http_request& request) {
    const std::optional<mail_id> id = mail_id_from_hex(request.path_parameter);
    return id && context.box != nullptr ? context.box->find(*id) : std::nullopt;
}

// Where there is a relay, nothing is caught: the box is empty.
task<http_response> handle_dev_list_mail(app_context& context, const http_request& request) {
    const auto wanted = read_query(request, read_box_query);
    if (!wanted) {
        co_return wanted.error();
    }
    co_return json_answer(200, context.box != nullptr ? context.box->list(wanted->to, wanted->kind) : "[]");
}

task<http_response> handle_dev_get_mail(app_context& context, const http_request& request) {
    const std::optional<caught_mail> found = mail_of(context, request);
    if (!found) {
        co_return problem_response(request_problem::not_found, no_such_mail);
    }
    co_return json_answer(200, to_json(*found, true));
}

task<http_response> handle_dev_get_raw_mail(app_context& context, const http_request& request) {
    std::optional<caught_mail> found = mail_of(context, request);
    if (!found) {
        co_return problem_response(request_problem::not_found, no_such_mail);
    }
    http_response response;
    response.content_type = "message/rfc822";
    response.body = std::move(found->mail.out.message);
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

task<http_response> handle_dev_remove_mail(app_context& context, const http_request& request) {
    const std::optional<mail_id> id = mail_id_from_hex(request.path_parameter);
    if (!id || context.box == nullptr || !context.box->remove(*id)) {
        co_return problem_response(request_problem::not_found, no_such_mail);
    }
    co_return no_content();
}

task<http_response> handle_dev_clear_mail(app_context& context, const http_request& /*request*/) {
    if (context.box != nullptr) {
        context.box->clear();
    }
    co_return no_content();
}

using enum http_method;

constexpr route rows[] = {
    {get, "/dev/mail", as_developer<handle_dev_list_mail>, "dev_list_mail", refuses(query_string)},
    {delete_, "/dev/mail", as_developer<handle_dev_clear_mail>, "dev_clear_mail", refuses()},
    {get, "/dev/mail/{id}", as_developer<handle_dev_get_mail>, "dev_get_mail", refuses(request_problem::not_found)},
    {delete_, "/dev/mail/{id}", as_developer<handle_dev_remove_mail>, "dev_remove_mail",
     refuses(request_problem::not_found)},
    {get, "/dev/mail/{id}/raw", as_developer<handle_dev_get_raw_mail>, "dev_get_raw_mail",
     refuses(request_problem::not_found)},
};

} // namespace

constinit const row_list dev_mail_rows(rows);

} // namespace pawl::app
