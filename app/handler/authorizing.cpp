#include "app/handler/authorizing.hpp"

#include "app/handler/support.hpp"
#include "app/http/cookies.hpp"
#include "app/page/pages.hpp"
#include "core/provider/authorization_code.hpp"
#include "core/service/code_service.hpp"
#include "core/service/issue.hpp"
#include "core/service/settled.hpp"

#include <utility>

namespace pawl::app {

namespace {

using answer_members = std::vector<std::pair<std::string, std::string>>;

// "https://a.example:8443" of a URI; empty where it has no authority.
std::string_view origin_of(std::string_view uri) {
    const std::size_t scheme = uri.find("://");
    return scheme == std::string_view::npos ? std::string_view() : uri.substr(0, uri.find_first_of("/?#", scheme + 3));
}

page_look look_of(const authorization_request& asked) {
    return {language_of(asked.ui_locales, {}), std::string(origin_of(asked.redirect_uri))};
}

http_response answer_client(const redirect_target& to, answer_members answer, std::string_view issuer) {
    if (!to.state.empty()) {
        answer.emplace_back("state", to.state);
    }
    answer.emplace_back("iss", issuer); // RFC 9207
    if (to.mode == response_mode::form_post) {
        const page_look look{language::english, std::string(origin_of(to.uri))};
        return page_of(look, form_post_model{to.uri, std::move(answer)});
    }
    http_response out;
    out.status = 303;
    out.headers.emplace_back("Location", redirect_with(to, answer));
    return out;
}

// What a decision rests on, and what it is. Records are immutable: the same ones decide the same.
struct looked {
    client_ptr who;
    catalogue_ptr all;
    consent_ptr allowed;
    authorization_step step;
    friend bool operator==(const looked& a, const looked& b) {
        return a.who == b.who && a.all == b.all && a.allowed == b.allowed && a.step.what == b.step.what;
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
    if (browser) {
        out.allowed = context.entities->find_consent(browser->user->id, out.who->number);
    }
    out.step =
        decide_authorization(f.request, *out.who, *out.all, browser, out.allowed.get(), progress, context.time.now());
    return out;
}

std::vector<std::pair<std::string, std::string>> texts_of(const scope_set& scopes, const catalogue& all,
                                                          language tongue) {
    std::vector<std::pair<std::string, std::string>> out;
    const auto builtin = builtin_scope_names();
    for (std::size_t number = 0; number < builtin.size(); ++number) {
        if (scopes.contains(number)) {
            out.emplace_back(builtin[number], "");
        }
    }
    for (const scope_ptr& one : all.scopes) {
        if (one->number.value >= first_defined_scope && scopes.contains(one->number.value)) {
            out.emplace_back(one->name, tongue == language::german ? one->text_de : one->text_en);
        }
    }
    return out;
}

http_response page_for(const app_context& context, const http_request& request, flow f, const looked& seen,
                       const std::optional<signed_in>& browser) {
    f.seen_by = seen.step.what == authorization_step::kind::consent ? browser->session : family_id{};
    const key_ring_ptr keys = context.keys();
    const auto capsule = seal_flow(*keys->capsules, f, context.entities->history_mark(), *context.random);
    if (!capsule || capsule->reveal().size() > flow_text_size_max) {
        return answer_refusal(context, request, {"invalid_request", "The request is too long.", target_of(f.request)});
    }
    const page_look look = look_of(f.request);
    std::string text(capsule->reveal());
    const std::string& name = seen.who->name;
    switch (seen.step.what) {
    case authorization_step::kind::select_account:
        return page_of(look, select_model{std::move(text), name, browser->user->username});
    case authorization_step::kind::consent:
        return page_of(look, consent_model{std::move(text), name, browser->user->username,
                                           texts_of(seen.step.granted, *seen.all, look.tongue)});
    default:
        return page_of(look, sign_in_model{std::move(text), name, f.request.login_hint, sign_in_problem::none, {}});
    }
}

} // namespace

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

bool is_of_our_page(const app_context& context, const http_request& request) {
    const bool our_origin = request.origin && *request.origin == origin_of(context.settings.issuer);
    if (request.sec_fetch_site) {
        return *request.sec_fetch_site == "same-origin" || (*request.sec_fetch_site == "none" && our_origin);
    }
    return our_origin; // browsers send no Sec-Fetch-Site to http
}

http_response authorization_error_page(const http_request& request, unsigned status, std::string error,
                                       std::string sentence) {
    http_response out = page_of(page_look{}, error_model{std::move(error), std::move(sentence), request.request_id});
    out.status = status;
    return out;
}

http_response answer_refusal(const app_context& context, const http_request& request,
                             const authorization_refusal& why) {
    constexpr unsigned bad_request = 400;
    if (!why.target) {
        return authorization_error_page(request, bad_request, why.error, why.description);
    }
    return answer_client(*why.target, {{"error", why.error}, {"error_description", why.description}},
                         context.settings.issuer);
}

http_response see_authorize(std::string_view capsule) {
    http_response out;
    out.status = 303;
    out.headers.emplace_back("Location", "/authorize?request_uri=" + std::string(capsule));
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
    }
    return f;
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
    if (!seen) {
        co_return problem_response(failure(errc::storage_unavailable));
    }
    http_response out;
    if (seen->step.what == authorization_step::kind::refuse) {
        out = answer_refusal(context, request, seen->step.refusal);
    } else if (seen->step.what == authorization_step::kind::grant) {
        auto pending = context.codes->issue(
            code_for(f.request, seen->step, *seen->who, *seen->all, *browser, visit.session->amr, context.time.now()));
        const result<secret_string> code = co_await std::move(pending);
        if (!code) {
            co_return problem_response(code.error());
        }
        out = answer_client(target_of(f.request), {{"code", std::string(code->reveal())}}, context.settings.issuer);
    } else {
        out = page_for(context, request, std::move(f), *seen, browser);
    }
    add_cookie(context, request, visit, out);
    co_return out;
}

} // namespace pawl::app
