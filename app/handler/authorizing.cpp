#include "app/handler/authorizing.hpp"

#include "app/handler/support.hpp"
#include "app/http/cookies.hpp"
#include "app/page/sign_up_pages.hpp"
#include "core/provider/authorization_code.hpp"
#include "core/service/client_tokens.hpp"
#include "core/service/code_service.hpp"
#include "core/service/issue.hpp"
#include "core/service/settled.hpp"

#include <algorithm>
#include <utility>

namespace pawl::app {

namespace {

using answer_members = std::vector<std::pair<std::string, std::string>>;

page_look look_of(const http_request& request, const authorization_request& asked) {
    return look_of(request, asked.ui_locales, asked.redirect_uri);
}

http_response answer_client(const app_context& context, const http_request& request, const redirect_target& to,
                            answer_members answer, std::string_view ui_locales = {}) {
    if (!to.state.empty()) {
        answer.emplace_back("state", to.state);
    }
    answer.emplace_back("iss", context.settings.issuer); // RFC 9207
    if (to.mode == response_mode::form_post) {
        return page_of(look_of(request, ui_locales, to.uri), form_post_model{to.uri, std::move(answer)});
    }
    return see_other(redirect_with(to, answer));
}

// What a decision rests on, and what it is. Records are immutable: the same ones decide the same.
struct looked {
    client_ptr who;
    catalogue_ptr all;
    consent_ptr allowed;
    authorization_step step;
    friend bool operator==(const looked& a, const looked& b) {
        return a.who == b.who && a.all == b.all && a.allowed == b.allowed && a.step.what == b.step.what &&
               a.step.granted == b.step.granted;
    }
};

looked look(const app_context& context, const flow& f, const std::optional<signed_in>& browser,
            const authorization_progress& progress) {
    looked out{context.entities->find_client(f.request.client), context.entities->find_catalogue(), nullptr, {}};
    if (!out.who) {
        out.step.what = authorization_step::kind::refuse;
        out.step.refusal = {"invalid_client", "The client is not known.", std::nullopt};
        return out;
    }
    if (const auto refused = no_key_for(context, f.request, *out.who, context.time.now())) {
        out.step.what = authorization_step::kind::refuse;
        out.step.refusal = {"unauthorized_client", refused->fields.front().message, target_of(f.request)};
        return out;
    }
    if (browser) {
        out.allowed = context.entities->find_consent(browser->user->id, out.who->number);
    }
    out.step =
        decide_authorization(f.request, *out.who, *out.all, browser, out.allowed.get(), progress, context.time.now());
    return out;
}

http_response too_long(const app_context& context, const http_request& request, const flow& f) {
    return answer_refusal(context, request, {"invalid_request", "The request is too long.", target_of(f.request)});
}

// The page that the step wants.
http_response page_for(const app_context& context, const http_request& request, flow f, const looked& seen,
                       const std::optional<signed_in>& browser) {
    using kind = authorization_step::kind;
    if (seen.step.what == kind::sign_in) {
        sign_in_model model;
        model.login = f.request.login_hint;
        return sign_in_page(context, request, f, std::move(model));
    }
    f.seen_by = browser->session;
    f.shown = seen.step.what == kind::consent ? seen.step.granted : scope_set();
    std::optional<std::string> capsule = write_flow(context, f);
    if (!capsule) {
        return too_long(context, request, f);
    }
    const page_look look = look_of(request, f.request);
    if (seen.step.what == kind::select_account) {
        return page_of(look, select_model{*std::move(capsule), seen.who->name, browser->user->username});
    }
    return page_of(look, consent_model{*std::move(capsule), seen.who->name, browser->user->username,
                                       scope_texts_of(seen.step.granted, *seen.all, look.tongue)});
}

// Storage can't stand by an answer now: the client may ask again (RFC 6749 4.1.2.1).
http_response unavailable(const app_context& context, const http_request& request, const flow& f) {
    return answer_refusal(
        context, request,
        {"temporarily_unavailable", "The server can't answer now. Please try again.", target_of(f.request)});
}

} // namespace

std::vector<std::pair<std::string, std::string>> scope_texts_of(const scope_set& scopes, const catalogue& all,
                                                                language tongue) {
    std::vector<std::pair<std::string, std::string>> out;
    const auto builtin = builtin_scope_names();
    for (std::size_t number = 0; number < builtin.size(); ++number) {
        if (scopes.contains(number)) {
            out.emplace_back(builtin[number], text_of_builtin_scope(builtin[number], tongue));
        }
    }
    for (const scope_ptr& one : all.scopes) {
        if (scopes.contains(one->number.value)) {
            out.emplace_back(one->name, tongue == language::german ? one->text_de : one->text_en);
        }
    }
    return out;
}

page_look look_of(const http_request& request, std::string_view ui_locales, std::string_view redirect_uri) {
    return {
        language_of(ui_locales, request.accept_language.value_or(std::string_view())), std::string(redirect_uri), {}};
}

bool signs_in_for_clients(const app_context& context) {
    return context.entities != nullptr && context.codes != nullptr && context.web_sessions != nullptr &&
           context.consents != nullptr && context.random != nullptr &&
           context.keys()->signing_key->algorithm() != jws_algorithm::hs256;
}

std::optional<failure> no_key_for(const app_context& context, const authorization_request& asked, const client& who,
                                  timestamp now) {
    const bool wants_id_token = std::ranges::find(asked.scopes, "openid") != asked.scopes.end();
    return wants_id_token ? no_id_token_key(*context.keys(), who, now) : std::nullopt;
}

std::string_view session_cookie_in(const app_context& context, const http_request& request) {
    const session_cookie cookie = session_cookie_of(context.settings.issuer, context.development, request.realm);
    return find_cookie(request.cookie.value_or(std::string_view()), cookie.name);
}

void add_cookie(const app_context& context, const http_request& request, const web_visit& visit,
                http_response& response) {
    const session_cookie cookie = session_cookie_of(context.settings.issuer, context.development, request.realm);
    if (visit.set_cookie) {
        response.headers.emplace_back("Set-Cookie", set_cookie(cookie, visit.set_cookie->reveal()));
    } else if (visit.clear_cookie) {
        response.headers.emplace_back("Set-Cookie", clear_cookie(cookie));
    }
}

// Browsers send no Sec-Fetch-Site to plain http of another machine, but Origin with every POST. The Host is one that we
// answer for (--allowed-host), so an origin of that host is ours.
bool is_of_our_page(const http_request& request) {
    if (request.sec_fetch_site) {
        return *request.sec_fetch_site == "same-origin";
    }
    if (!request.origin || !request.host) {
        return false;
    }
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (request.origin->starts_with(scheme)) {
            return request.origin->substr(scheme.size()) == *request.host;
        }
    }
    return false;
}

http_response error_page(const http_request& request, unsigned status, std::string error, std::string sentence) {
    return page_of(look_of(request, {}, {}),
                   error_model{status, std::move(error), std::move(sentence), request.request_id});
}

http_response error_page(const http_request& request, const failure& why) {
    const error_row& row = row_of(why.code);
    http_response page = error_page(request, row.status, std::string(row.code), std::string(row.detail));
    if (why.retry_after > seconds(0)) {
        page.headers.emplace_back("Retry-After", std::to_string(why.retry_after.count()));
    }
    return page;
}

http_response error_page(const http_request& request, request_problem problem) {
    const error_row& row = row_of(problem);
    return error_page(request, row.status, std::string(row.code), std::string(row.detail));
}

http_response error_page_of_foreign_form(const http_request& request) {
    constexpr unsigned forbidden = 403;
    return error_page(request, forbidden, "forbidden_origin", "This form was not sent by a page of this server.");
}

http_response error_page_of_lost_flow(const http_request& request) {
    constexpr unsigned bad_request = 400;
    return error_page(request, bad_request, "invalid_request",
                      "This page is of no use any more. Please start again at the application.");
}

http_response error_page_of_no_provider(const http_request& request) {
    constexpr unsigned not_found = 404;
    return error_page(request, not_found, "not_found", "This server signs in no users for applications.");
}

std::optional<authorization_parameters> read_parameters(std::string_view text) {
    const body_result form = read_repeating_form(text);
    if (!form) {
        return std::nullopt;
    }
    authorization_parameters out;
    for (const parameter& one : form->all()) {
        out.emplace_back(one.name, std::string(one.text.reveal()));
    }
    return out;
}

std::string_view capsule_of(const authorization_parameters& given, std::string_view prefix) {
    std::string_view found;
    for (const auto& [name, value] : given) {
        if (name == "request_uri") {
            if (!found.empty()) {
                return {};
            }
            found = value;
        }
    }
    return found.starts_with(prefix) ? found : std::string_view();
}

http_response answer_refusal(const app_context& context, const http_request& request,
                             const authorization_refusal& why) {
    constexpr unsigned bad_request = 400;
    if (!why.target) {
        return error_page(request, bad_request, why.error, why.description);
    }
    return answer_client(context, request, *why.target, {{"error", why.error}, {"error_description", why.description}});
}

http_response see_other(std::string location) {
    http_response out;
    out.status = 303;
    out.headers.emplace_back("Location", std::move(location));
    out.headers.emplace_back("Cache-Control", "no-store");
    return out;
}

std::optional<flow> read_flow(const app_context& context, std::string_view capsule) {
    const key_ring_ptr keys = context.keys();
    std::optional<flow> f = open_flow(*keys->capsules, capsule, context.entities->history_mark());
    const timestamp now = context.time.now();
    if (f && (now - f->request.asked_at > flow_ttl || f->request.asked_at > now)) {
        f->request.asked_at = now;
        f->request.grant = random_family_id(*context.random);
        f->seen_by = family_id{};
        f->shown = scope_set();
    }
    return f;
}

std::optional<std::string> write_flow(const app_context& context, const flow& f) {
    const key_ring_ptr keys = context.keys();
    const auto capsule = seal_flow(*keys->capsules, f, context.entities->history_mark(), *context.random);
    if (!capsule || capsule->reveal().size() > flow_text_size_max) {
        return std::nullopt;
    }
    return std::string(capsule->reveal());
}

http_response sign_in_page(const app_context& context, const http_request& request, const flow& f,
                           sign_in_model model) {
    flow own = f;
    own.seen_by = family_id{};
    own.shown = scope_set();
    std::optional<std::string> capsule = write_flow(context, own);
    const client_ptr who = context.entities->find_client(f.request.client);
    if (!capsule) {
        return too_long(context, request, f);
    }
    model.flow = *std::move(capsule);
    model.client_name = who ? who->name : std::string();
    model.offers_sign_up = takes_sign_ups(context.settings.sign_up.mode);
    return page_of(look_of(request, f.request), model);
}

task<http_response> go_on(app_context& context, const http_request& request, flow f, web_visit visit,
                          authorization_progress progress) {
    std::optional<signed_in> browser;
    if (visit.session) {
        browser = signed_in{visit.session->user, visit.session->id, visit.session->auth_time, visit.session->acr};
    }
    const auto decide = [&] { return look(context, f, browser, progress); };
    auto waiting = settled(context.data, *context.entities, decide);
    std::optional<looked> seen = co_await std::move(waiting);
    http_response out;
    if (!seen) {
        out = unavailable(context, request, f);
    } else if (seen->step.what == authorization_step::kind::refuse) {
        out = answer_refusal(context, request, seen->step.refusal);
    } else if (seen->step.what == authorization_step::kind::grant) {
        auto pending = context.codes->issue(
            code_for(f.request, seen->step, *seen->who, *seen->all, *browser, visit.session->amr, context.time.now()));
        const result<secret_string> code = co_await std::move(pending);
        out = code ? answer_client(context, request, target_of(f.request), {{"code", std::string(code->reveal())}},
                                   f.request.ui_locales)
                   : unavailable(context, request, f);
    } else {
        out = page_for(context, request, std::move(f), *seen, browser);
    }
    add_cookie(context, request, visit, out);
    co_return out;
}

} // namespace pawl::app
