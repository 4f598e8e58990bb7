// GET and POST /end_session (OIDC RP-Initiated Logout 1.0), and the page that asks.
#include "app/handler/authorizing.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "core/provider/sign_out.hpp"
#include "core/service/settled.hpp"

#include <utility>
#include <variant>

namespace pawl::app {

namespace {

constexpr unsigned bad_request = 400;
constexpr std::string_view capsule_parameter = "request_uri";

page_look look_of(const http_request& request, const sign_out_request& asked) {
    return app::look_of(request, asked.ui_locales, asked.post_logout_redirect_uri);
}

// The request with what its ID token says; or the page that refuses it.
std::variant<sign_out_flow, http_response> flow_of(const app_context& context, const http_request& request,
                                                   const std::optional<authorization_parameters>& given) {
    if (!given) {
        return error_page(request, request_problem::malformed_form);
    }
    const key_ring_ptr keys = context.keys();
    if (const std::string_view capsule = capsule_of(*given, prefix_of(capsule_kind::sign_out)); !capsule.empty()) {
        std::optional<sign_out_flow> f = open_sign_out(*keys->capsules, capsule, context.entities->history_mark());
        return f ? std::variant<sign_out_flow, http_response>(*std::move(f)) : error_page_of_lost_flow(request);
    }
    auto read = read_sign_out_request(*given);
    if (const auto* sentence = std::get_if<std::string_view>(&read)) {
        return error_page(request, bad_request, "invalid_request", std::string(*sentence));
    }
    sign_out_flow out{std::move(std::get<sign_out_request>(read)), std::nullopt};
    if (!out.asked.id_token_hint.empty()) {
        out.hint = read_id_token_hint(*keys, out.asked.id_token_hint, context.settings.issuer);
        if (!out.hint) {
            return error_page(request, bad_request, "invalid_request",
                              "The id_token_hint is not an ID token of this server.");
        }
        out.asked.id_token_hint.clear();
    }
    return out;
}

std::optional<std::string> write_capsule(const app_context& context, const sign_out_flow& f) {
    const key_ring_ptr keys = context.keys();
    const auto capsule = seal_sign_out(*keys->capsules, f, context.entities->history_mark(), *context.random);
    if (!capsule || capsule->reveal().size() > flow_text_size_max) {
        return std::nullopt;
    }
    return std::string(capsule->reveal());
}

http_response too_long(const http_request& request) {
    return error_page(request, bad_request, "invalid_request", "The request is too long.");
}

struct decided {
    client_ptr who;
    sign_out_step step;
    friend bool operator==(const decided&, const decided&) = default;
};

decided decide(const app_context& context, const sign_out_flow& f, const web_visit& visit, sign_out_answer answer) {
    const std::string& client_id = f.asked.client_id.empty() && f.hint ? f.hint->client_id : f.asked.client_id;
    decided out;
    out.who = client_id.empty() ? nullptr : context.entities->find_client(client_id);
    sign_out_surroundings about{f.hint, out.who, std::nullopt, {}, answer};
    if (visit.session) {
        about.user = visit.session->user->id;
        if (out.who) {
            about.session = session_name(*context.keys(), visit.session->id, out.who->number);
        }
    }
    out.step = decide_sign_out(f.asked, about);
    return out;
}

// Where the browser goes once the user is signed out, or said no.
http_response page_after(const http_request& request, const sign_out_flow& f, const decided& d) {
    if (!d.step.redirect_to.empty()) {
        return see_other(d.step.redirect_to);
    }
    const std::string name = d.who ? d.who->name : std::string();
    return page_of(look_of(request, f.asked),
                   signed_out_model{name, d.step.link, d.step.what == sign_out_step::kind::stay});
}

http_response question(const app_context& context, const http_request& request, const sign_out_flow& f,
                       const decided& d, const web_visit& visit) {
    std::optional<std::string> capsule = write_capsule(context, f);
    if (!capsule) {
        return too_long(request);
    }
    return page_of(look_of(request, f.asked), sign_out_model{*std::move(capsule), d.who ? d.who->name : std::string(),
                                                             visit.session->user->username});
}

// Decides what comes next, and answers it. Awaited directly.
task<http_response> go_on_signing_out(app_context& context, const http_request& request, sign_out_flow f,
                                      sign_out_answer answer) {
    const std::string_view cookie = session_cookie_in(context, request);
    auto looking = context.web_sessions->visit(cookie, request.from, false);
    const result<web_visit> visit = co_await std::move(looking);
    if (!visit) {
        co_return error_page(request, visit.error());
    }
    const auto look = [&] { return decide(context, f, *visit, answer); };
    auto waiting = settled(context.data, *context.entities, look);
    const std::optional<decided> d = co_await std::move(waiting);
    if (!d) {
        co_return error_page(request, failure(errc::storage_unavailable));
    }
    http_response out;
    switch (d->step.what) {
    case sign_out_step::kind::refuse:
        out = error_page(request, bad_request, "invalid_request", std::string(d->step.sentence));
        break;
    case sign_out_step::kind::ask:
        out = question(context, request, f, *d, *visit);
        break;
    case sign_out_step::kind::sign_out: {
        auto ending = context.web_sessions->sign_out(cookie, request.from);
        const result<void> ended = co_await std::move(ending);
        if (!ended) {
            co_return error_page(request, ended.error());
        }
        out = page_after(request, f, *d);
        web_visit gone;
        gone.clear_cookie = true;
        add_cookie(context, request, gone, out);
        co_return out;
    }
    case sign_out_step::kind::done:
    case sign_out_step::kind::stay:
        out = page_after(request, f, *d);
        break;
    }
    add_cookie(context, request, *visit, out);
    co_return out;
}

task<http_response> handle_end_session(app_context& context, const http_request& request) {
    if (!signs_in_for_clients(context)) {
        co_return error_page_of_no_provider(request);
    }
    auto read = flow_of(context, request, read_parameters(request.query));
    if (auto* page = std::get_if<http_response>(&read)) {
        co_return std::move(*page);
    }
    auto going = go_on_signing_out(context, request, std::move(std::get<sign_out_flow>(read)), sign_out_answer::none);
    co_return co_await std::move(going);
}

// Comes cross-site, so without the cookie: the browser goes on by GET, which has it.
task<http_response> handle_post_end_session(app_context& context, const http_request& request) {
    if (!signs_in_for_clients(context)) {
        co_return error_page_of_no_provider(request);
    }
    if (request.body.size() > flow_text_size_max) {
        co_return error_page(request, request_problem::body_too_large);
    }
    const auto read = flow_of(context, request, read_parameters(request.body));
    if (const auto* page = std::get_if<http_response>(&read)) {
        co_return *page;
    }
    const std::optional<std::string> capsule = write_capsule(context, std::get<sign_out_flow>(read));
    co_return capsule ? see_other("end_session?" + std::string(capsule_parameter) + "=" + *capsule) : too_long(request);
}

task<http_response> handle_sign_out(app_context& context, const http_request& request) {
    if (!signs_in_for_clients(context)) {
        co_return error_page_of_no_provider(request);
    }
    if (!is_of_our_page(request)) {
        co_return error_page_of_foreign_form(request);
    }
    body_outcome body = read_body(request, body_kinds::form);
    const auto* fields = std::get_if<parameters>(&body);
    const auto text = [&](std::string_view name) {
        const parameter* const found = fields == nullptr ? nullptr : fields->find(name);
        return found == nullptr ? std::string_view() : found->text.reveal();
    };
    const key_ring_ptr keys = context.keys();
    std::optional<sign_out_flow> f = open_sign_out(*keys->capsules, text("flow"), context.entities->history_mark());
    if (!f) {
        co_return error_page_of_lost_flow(request);
    }
    const std::string_view choice = text("choice");
    const sign_out_answer answer = choice == "yes"  ? sign_out_answer::yes
                                   : choice == "no" ? sign_out_answer::no
                                                    : sign_out_answer::none;
    auto going = go_on_signing_out(context, request, *std::move(f), answer);
    co_return co_await std::move(going);
}

using enum http_method;

constexpr refusal_list page_refusals = refuses_by_page(request_problem::malformed_form, request_problem::not_found,
                                                       request_problem::body_too_large, errc::storage_unavailable);

constexpr route rows[] = {
    {get, "/end_session", handle_end_session, "sign_out_by_client", page_refusals},
    {post, "/end_session", handle_post_end_session, "sign_out_by_client_post", page_refusals},
    {post, "/sign-out", handle_sign_out, "sign_out", refuses_by_page(page_refusals, request_problem::forbidden_origin)},
};

} // namespace

constinit const row_list end_session_rows(rows);

} // namespace pawl::app
