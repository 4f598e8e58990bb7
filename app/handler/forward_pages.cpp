// What a protected host serves of ours: the start of a sign-in, its end, and the way out. A proxy gives /.pawl/ of each
// such host to this server.
#include "app/handler/authorizing.hpp"
#include "app/handler/forward_auth.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "core/provider/forward.hpp"
#include "core/provider/forward_cookie.hpp"
#include "core/provider/given_parameters.hpp"
#include "core/service/code_service.hpp"
#include "core/service/forward_service.hpp"
#include "core/text/header_text.hpp"

#include <utility>

namespace pawl::app {

namespace {

constexpr unsigned bad_request = 400, forbidden = 403;

std::string issuer_url(const app_context& context, std::string_view path) {
    std::string_view issuer = context.settings.issuer;
    issuer.remove_suffix(issuer.ends_with('/') ? 1 : 0);
    return std::string(issuer).append(path);
}

std::string callback_url(const app_context& context, std::string_view host) {
    return forward_origin(host, is_plain_http(context)).append(forward_callback_path);
}

void add_forward_cookie(const app_context& context, forward_cookie which, std::string_view value,
                        http_response& response) {
    const session_cookie cookie = forward_cookie_in(context, which);
    response.headers.emplace_back("Set-Cookie", value.empty() ? clear_cookie(cookie) : set_cookie(cookie, value));
}

std::string_view forward_cookie_of_request(const app_context& context, const http_request& request,
                                           forward_cookie which) {
    return find_cookie(request.cookie.value_or(std::string_view()), forward_cookie_in(context, which).name);
}

http_response not_here() {
    return problem_response(request_problem::not_found);
}

http_response bad_start(const http_request& request) {
    return error_page(request, bad_request, "invalid_request",
                      "The address to go back to must be a path of this very host.");
}

http_response lost_flow(const http_request& request) {
    return error_page(request, bad_request, "invalid_request",
                      "This sign-in was not begun in this browser, or another one was begun since. Please open the "
                      "page that you want once more.");
}

forward_flow new_flow(const app_context& context, std::string host, std::string return_path) {
    forward_flow flow;
    flow.host = std::move(host);
    flow.return_path = std::move(return_path);
    context.random->fill(flow.verifier);
    context.random->fill(flow.state);
    flow.made_at = context.time.now();
    return flow;
}

std::string authorize_url(const app_context& context, const forward_flow& flow, const client& who) {
    std::string scopes;
    for (const std::string& name : who.scopes) {
        scopes.append(scopes.empty() ? "" : " ").append(name);
    }
    return issuer_url(context, "/authorize?response_type=code&client_id=")
        .append(query_value(who.client_id))
        .append("&redirect_uri=")
        .append(query_value(callback_url(context, flow.host)))
        .append("&scope=")
        .append(query_value(scopes))
        .append("&state=")
        .append(state_text(flow))
        .append("&code_challenge_method=S256&code_challenge=")
        .append(challenge_text(flow));
}

task<http_response> handle_forward_start(app_context& context, const http_request& request) {
    protected_host at;
    if (serves_forward_auth(context, request)) {
        at = protected_host_of(context, request);
    }
    if (!at.client) {
        co_return not_here();
    }
    const std::optional<authorization_parameters> given = read_parameters(request.query);
    if (!given) {
        co_return error_page(request, request_problem::malformed_form);
    }
    const given_parameters by_name(*given);
    const std::string_view wanted = by_name.count("rd") == 0 ? "/" : by_name.only("rd").value_or(std::string_view());
    if (!is_return_path(wanted)) {
        co_return bad_start(request);
    }
    const forward_flow flow = new_flow(context, at.name, std::string(wanted));
    const key_ring_ptr keys = context.keys();
    const auto sealed = seal_forward_flow(*keys->capsules, flow, context.entities->history_mark(), *context.random);
    if (!sealed) {
        co_return bad_start(request);
    }
    http_response out = see_other(authorize_url(context, flow, *at.client));
    add_forward_cookie(context, forward_cookie::flow, sealed->reveal(), out);
    co_return out;
}

// The flow of the cookie, if it is of this host and not too old.
std::optional<forward_flow> read_flow_cookie(const app_context& context, const http_request& request,
                                             std::string_view host) {
    const key_ring_ptr keys = context.keys();
    std::optional<forward_flow> flow =
        open_forward_flow(*keys->capsules, forward_cookie_of_request(context, request, forward_cookie::flow),
                          context.entities->history_mark());
    const timestamp now = context.time.now();
    const bool is_good = flow && flow->host == host && flow->made_at <= now && now - flow->made_at <= forward_flow_ttl;
    return is_good ? std::move(flow) : std::nullopt;
}

// What /authorize answered, as far as it is one answer to one request.
struct callback_answer {
    std::string code, error, state;
};
std::optional<callback_answer> read_callback(const app_context& context,
                                             const std::optional<authorization_parameters>& given) {
    if (!given) {
        return std::nullopt;
    }
    const given_parameters by_name(*given);
    for (const std::string_view name : {"code", "error", "state", "iss"}) {
        if (by_name.count(name) > 1) {
            return std::nullopt;
        }
    }
    const auto text = [&](std::string_view name) {
        return std::string(by_name.only(name).value_or(std::string_view()));
    };
    callback_answer out{text("code"), text("error"), text("state")};
    const bool is_ours = text("iss") == context.settings.issuer; // RFC 9207
    return is_ours && out.code.empty() != out.error.empty() ? std::optional(std::move(out)) : std::nullopt;
}

// A callback that nothing is known of: of a visitor who is signed in here already (another tab was first), or not ours.
task<http_response> answer_stray_callback(app_context& context, const http_request& request, const protected_host& at) {
    const forward_proof shown{forward_cookie_of_request(context, request, forward_cookie::session), {}};
    auto looking = context.forward->identify(at.name, at.client->number, shown);
    const result<std::optional<forward_visitor>> visitor = co_await std::move(looking);
    if (!visitor) {
        co_return error_page(request, visitor.error());
    }
    co_return *visitor ? see_other("/") : lost_flow(request);
}

http_response answer_error(const app_context& context, const http_request& request, std::string_view error) {
    const bool is_denied = error == "access_denied" || error == "invalid_scope";
    http_response out =
        error_page(request, is_denied ? forbidden : bad_request, is_denied ? "access_denied" : "sign_in_failed",
                   "The sign-in did not succeed. Please open the page that you want once more.");
    add_forward_cookie(context, forward_cookie::flow, {}, out);
    return out;
}

task<http_response> finish_sign_in(app_context& context, const http_request& request, const protected_host& at,
                                   const forward_flow& flow, std::string code) {
    code_presentation shown;
    shown.code = secret_string(code);
    shown.redirect_uri = callback_url(context, flow.host);
    shown.code_verifier = verifier_text(flow);
    token_client asking{at.client->number, at.client->client_id};
    auto pending = context.codes->exchange(std::move(asking), std::move(shown), request.from);
    const result<issued_tokens> tokens = co_await std::move(pending);
    if (!tokens) {
        http_response refused = error_page(request, tokens.error());
        if (tokens.error().code != errc::storage_unavailable && tokens.error().code != errc::password_queue_full) {
            add_forward_cookie(context, forward_cookie::flow, {}, refused);
        }
        co_return refused;
    }
    const key_ring_ptr keys = context.keys();
    const secret_string session = seal_forward_session(*keys->capsules, {flow.host, tokens->session}, *context.random);
    http_response out = see_other(location_of(flow.return_path));
    add_forward_cookie(context, forward_cookie::session, session.reveal(), out);
    add_forward_cookie(context, forward_cookie::flow, {}, out);
    co_return out;
}

task<http_response> handle_forward_callback(app_context& context, const http_request& request) {
    protected_host at;
    if (serves_forward_auth(context, request)) {
        at = protected_host_of(context, request);
    }
    if (!at.client) {
        co_return not_here();
    }
    std::optional<callback_answer> answer = read_callback(context, read_parameters(request.query));
    if (!answer) {
        co_return error_page(request, bad_request, "invalid_request", "This is no answer to a sign-in.");
    }
    const std::optional<forward_flow> flow = read_flow_cookie(context, request, at.name);
    if (!flow || !is_state_of(*flow, answer->state)) {
        auto answering = answer_stray_callback(context, request, at);
        co_return co_await std::move(answering);
    }
    if (!answer->error.empty()) {
        co_return answer_error(context, request, answer->error);
    }
    auto finishing = finish_sign_in(context, request, at, *flow, std::move(answer->code));
    co_return co_await std::move(finishing);
}

// Whether the form is of a page of this host. As is_of_our_page(), but the proxy may send another Host.
bool is_of_this_host(const http_request& request, std::string_view host) {
    if (request.sec_fetch_site) {
        return *request.sec_fetch_site == "same-origin";
    }
    return request.origin && forward_host_of_url(*request.origin) == host;
}

task<http_response> handle_forward_sign_out(app_context& context, const http_request& request) {
    protected_host at;
    if (serves_forward_auth(context, request)) {
        at = protected_host_of(context, request);
    }
    if (!at.client) {
        co_return not_here();
    }
    if (!is_of_this_host(request, at.name)) {
        co_return error_page(request, forbidden, "forbidden_origin", "This form was not sent by a page of this host.");
    }
    auto ending = context.forward->sign_out(
        at.name, at.client->number, forward_cookie_of_request(context, request, forward_cookie::session), request.from);
    const result<void> ended = co_await std::move(ending);
    if (!ended) {
        co_return error_page(request, ended.error());
    }
    std::string to = issuer_url(context, "/end_session?client_id=").append(query_value(at.client->client_id));
    if (!at.client->post_logout_redirect_uris.empty()) {
        to.append("&post_logout_redirect_uri=").append(query_value(at.client->post_logout_redirect_uris.front()));
    }
    http_response out = see_other(std::move(to));
    add_forward_cookie(context, forward_cookie::session, {}, out);
    co_return out;
}

using enum http_method;

constexpr refusal_list start_refusals = refuses_by_page(request_problem::malformed_form, request_problem::not_found);

constexpr route rows[] = {
    {get, "/.pawl/start", handle_forward_start, "forward_start", start_refusals},
    {get, "/.pawl/callback", handle_forward_callback, "forward_callback",
     refuses_by_page(start_refusals, errc::invalid_code, errc::code_reused, errc::unauthorized_client,
                     errc::claims_too_large, errc::password_queue_full, errc::storage_unavailable)},
    {post, "/.pawl/signout", handle_forward_sign_out, "forward_sign_out",
     refuses_by_page(request_problem::not_found, request_problem::forbidden_origin, errc::storage_unavailable)},
};

} // namespace

constinit const row_list forward_pages_rows(rows);

} // namespace pawl::app
