// GET /forward-auth: what nginx (auth_request), Caddy (forward_auth) and Traefik (forwardAuth) ask before each request.
// It sets no cookie, since nginx would drop it, and it writes nothing.
#include "app/handler/forward_auth.hpp"

#include "app/handler/authorizing.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "core/provider/forward.hpp"
#include "core/provider/forward_decision.hpp"
#include "core/service/forward_service.hpp"

#include <algorithm>
#include <utility>

namespace pawl::app {

namespace {

// What would part a client's name from a user's, and one group from the next.
constexpr std::string_view parts_users = ":", parts_groups = ",";

// Those that a proxy may say: of web sockets, too (Traefik).
std::optional<bool> is_plain_proto(std::string_view proto) {
    if (proto == "https" || proto == "wss") {
        return false;
    }
    return proto == "http" || proto == "ws" ? std::optional(true) : std::nullopt;
}

bool is_method(std::string_view text) {
    constexpr std::size_t size_max = 32;
    return !text.empty() && text.size() <= size_max &&
           std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; });
}

// A target in origin-form, as its client sent it.
bool is_target(std::string_view text) {
    return text.starts_with('/') && std::ranges::all_of(text, [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte > 0x20 && byte != 0x7f;
           });
}

// All four, always, even if empty: a proxy that copies only what is there would let a visitor's own header through.
http_response entered(const forward_visitor& visitor) {
    std::string groups;
    for (const std::string& one : visitor.groups) {
        groups.append(groups.empty() ? "" : ",").append(forward_header(one, parts_groups));
    }
    http_response out;
    out.headers.emplace_back("Remote-User",
                             forward_header(visitor.user, visitor.is_client ? std::string_view() : parts_users));
    out.headers.emplace_back("Remote-Email", forward_header(visitor.email));
    out.headers.emplace_back("Remote-Name", forward_header(visitor.name));
    out.headers.emplace_back("Remote-Groups", std::move(groups));
    out.headers.emplace_back("Cache-Control", "no-store");
    return out;
}

http_response unauthorized(bool shown) {
    return problem_response(failure(shown ? errc::invalid_access_token : errc::missing_access_token));
}

// What the answer is about.
struct asked {
    std::optional<forwarded_request> about; // std::nullopt: can't be read
    client_ptr client;                      // of its host; null: none that is enabled
    std::string_view cookie, bearer;
};

asked read_asked(const app_context& context, const http_request& request) {
    asked out;
    out.about = read_forwarded(request);
    if (out.about) {
        out.client = context.entities->find_client_of_host(out.about->host);
        if (out.client && !out.client->enabled) {
            out.client = nullptr;
        }
    }
    const session_cookie cookie = forward_cookie_in(context, forward_cookie::session);
    out.cookie = find_cookie(request.cookie.value_or(std::string_view()), cookie.name);
    out.bearer = bearer_token(request);
    return out;
}

forward_question question_of(const http_request& request, const asked& what) {
    forward_question q;
    q.is_trusted = request.from_trusted_proxy;
    q.is_well_formed = what.about.has_value();
    q.has_host = what.client != nullptr;
    q.redirects = has_in_query(request, "redirect");
    q.is_page = what.about && what.bearer.empty() && (what.about->method == "GET" || what.about->method == "HEAD");
    return q;
}

http_response answer_of(const app_context& context, const asked& what, forward_answer answer,
                        const std::optional<forward_visitor>& visitor) {
    constexpr unsigned found = 302;
    switch (answer) {
    case forward_answer::untrusted:
        return problem_response(request_problem::untrusted_proxy);
    case forward_answer::malformed:
        return problem_response(request_problem::malformed_request,
                                "X-Forwarded-Host is required, once and without a comma; X-Forwarded-Method, -Proto "
                                "and -Uri at most once, and as a proxy sends them.");
    case forward_answer::unknown_host:
        return problem_response(request_problem::unknown_host);
    case forward_answer::deny:
        return problem_response(failure(errc::forward_denied));
    case forward_answer::allow:
        return entered(*visitor);
    case forward_answer::sign_in:
    case forward_answer::challenge: {
        http_response out = unauthorized(!what.cookie.empty());
        if (answer == forward_answer::sign_in) {
            out = http_response();
            out.status = found;
            out.headers.emplace_back("Cache-Control", "no-store");
        }
        out.headers.emplace_back("Location", start_url(context, what.about->host, what.about->uri));
        return out;
    }
    case forward_answer::unauthorized:
        break;
    }
    return unauthorized(!what.cookie.empty() || !what.bearer.empty());
}

task<http_response> handle_forward_auth(app_context& context, const http_request& request) {
    if (!serves_forward_auth(context, request)) {
        co_return problem_response(request_problem::not_found);
    }
    const asked what = read_asked(context, request);
    forward_question question = question_of(request, what);
    std::optional<forward_visitor> visitor;
    // By http a token is known to others already, and only --dev has cookies there.
    const bool is_safe = what.about && (!what.about->is_plain || is_plain_http(context));
    if (question.is_trusted && question.is_well_formed && question.has_host && is_safe) {
        auto looking = context.forward->identify(what.about->host, what.client->number, {what.cookie, what.bearer});
        result<std::optional<forward_visitor>> seen = co_await std::move(looking);
        if (!seen) {
            co_return problem_response(seen.error());
        }
        visitor = *std::move(seen);
    }
    question.is_identified = visitor.has_value();
    question.may_enter = visitor && visitor->may_enter;
    co_return answer_of(context, what, decide_forward(question), visitor);
}

using enum http_method;

constexpr route rows[] = {
    {get, "/forward-auth", handle_forward_auth, "forward_auth",
     refuses(in_other_words(request_problem::malformed_request), errc::missing_access_token, errc::invalid_access_token,
             request_problem::untrusted_proxy, request_problem::unknown_host, errc::forward_denied,
             request_problem::not_found, errc::storage_unavailable)},
};

} // namespace

constinit const row_list forward_auth_rows(rows);

bool serves_forward_auth(const app_context& context, const http_request& request) {
    return context.forward != nullptr && request.realm.empty() && signs_in_for_clients(context);
}

bool is_plain_http(const app_context& context) {
    return context.development && context.settings.issuer.starts_with("http://");
}

std::optional<forwarded_request> read_forwarded(const http_request& request) {
    if (request.x_forwarded_twice || !request.x_forwarded_host) {
        return std::nullopt;
    }
    forwarded_request out;
    out.host = forward_host(*request.x_forwarded_host); // a comma is in no host
    out.method = request.x_forwarded_method.value_or("GET");
    out.uri = request.x_forwarded_uri.value_or(std::string_view());
    const std::optional<bool> plain = is_plain_proto(request.x_forwarded_proto.value_or("https"));
    if (!is_forward_host(out.host) || !is_method(out.method) || !plain || (!out.uri.empty() && !is_target(out.uri))) {
        return std::nullopt;
    }
    out.is_plain = *plain;
    return out;
}

protected_host protected_host_of(const app_context& context, const http_request& request) {
    const std::string_view own = request.host.value_or(std::string_view());
    protected_host out;
    if (request.from_trusted_proxy && request.x_forwarded_host) {
        out.name = request.x_forwarded_twice ? std::string() : forward_host(*request.x_forwarded_host);
    } else {
        out.name = forward_host(own);
    }
    out.client = context.entities->find_client_of_host(out.name);
    if (out.client && !out.client->enabled) {
        out.client = nullptr;
    }
    return out;
}

std::string start_url(const app_context& context, std::string_view host, std::string_view return_path) {
    return forward_origin(host, is_plain_http(context))
        .append(forward_start_path)
        .append("?rd=")
        .append(query_value(is_return_path(return_path) ? return_path : "/"));
}

session_cookie forward_cookie_in(const app_context& context, forward_cookie which) {
    return forward_cookie_of(which, context.settings.issuer, context.development);
}

} // namespace pawl::app
