// The half of a connection between a message read and bytes to be written: who asks, where it goes, what is said.
#include "app/http/connection.hpp"
#include "app/http/cors.hpp"
#include "app/http/forwarded.hpp"
#include "app/http/trace_context.hpp"
#include "core/text/string_pool.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <utility>

namespace pawl::app {
namespace {

// As family_use wants it: what is no printable ASCII goes, so that it is safe in JSON, logs and terminals.
void clean_agent(std::string_view text, std::string& out) {
    const auto is_printable = [](char c) { return c >= 0x20 && c < 0x7f; };
    text = text.substr(0, agent_read_max);
    const auto good = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_printable) - text.begin());
    out.assign(text.substr(0, std::min(good, family_use::agent_size_max)));
    for (const char c : text.substr(good)) { // of most there is nothing left
        if (is_printable(c) && out.size() < family_use::agent_size_max) {
            out.push_back(c);
        }
    }
}

double milliseconds_of(std::chrono::nanoseconds d) {
    return std::chrono::duration<double, std::milli>(d).count();
}

} // namespace

void connection::refuse(head_refusal why, std::optional<std::string_view> origin, time_point now) {
    host_.counters.count_refusal(why);
    answer_problem(problem_of(why), detail_of(why), origin, now);
}

// For what ends the connection before there is a request to speak of. `origin`: the one Origin that was read, so that
// the page it is of gets to know what is wrong.
void connection::answer_problem(request_problem problem, std::string_view detail,
                                std::optional<std::string_view> origin, time_point now) {
    closing_ = true;
    unread_input_ = true;
    received_at_ = now;
    request_ = http_request();
    request_.from.address = peer_;
    request_.origin = origin;
    match_ = route_match();
    head_.clear();
    host_.ids.next(request_.request_id);
    respond(problem_response(problem, detail), now);
}

void connection::fill_request() {
    http_request& r = request_;
    r.method = head_.method;
    r.method_text = head_.method_text;
    r.target = head_.target;
    r.path = head_.path;
    r.query = head_.query;
    r.head = buffered().substr(0, block_size_);
    r.body = buffered().substr(block_size_, head_.content_length);
    r.authorization = head_.authorization;
    r.content_type = head_.content_type;
    r.origin = head_.origin;
    r.user_agent = head_.user_agent;
    r.accept = head_.accept;
    r.accept_encoding = head_.accept_encoding;
    r.accept_language = head_.accept_language;
    r.host = head_.host.empty() ? std::optional<std::string_view>() : head_.host;
    join_cookies();
    r.access_control_request_method = head_.access_control_request_method;
    r.access_control_request_headers = head_.access_control_request_headers;
    r.sec_fetch_site = head_.sec_fetch_site;
    r.if_none_match = head_.if_none_match;
    const auto last_of = [](const auto& lines, std::size_t count) {
        return count == 0 ? std::optional<std::string_view>() : std::optional(lines[count - 1]);
    };
    r.forwarded = last_of(head_.forwarded, head_.forwarded_count);
    r.x_forwarded_for = last_of(head_.x_forwarded_for, head_.x_forwarded_for_count);
    r.x_forwarded_method = head_.x_forwarded_method;
    r.x_forwarded_proto = head_.x_forwarded_proto;
    r.x_forwarded_host = head_.x_forwarded_host;
    r.x_forwarded_uri = head_.x_forwarded_uri;
    r.x_forwarded_twice = head_.x_forwarded_twice;
    r.from_trusted_proxy = !admin_ && host_.settings.trusted_proxies.trusts(peer_);
    r.path_parameter.assign(match_.path_parameter);
    r.second_parameter.clear();
    if (!match_.second_parameter.empty()) {
        r.second_parameter.assign(match_.second_parameter);
    }
    if (head_.request_id && is_good_request_id(*head_.request_id)) {
        r.request_id.assign(*head_.request_id);
    } else {
        host_.ids.next(r.request_id);
    }
    r.trace_id = trace_id_of(head_.traceparent.value_or(std::string_view()));
    r.from.address = who_asks();
    clean_agent(head_.user_agent.value_or(std::string_view()), r.from.agent);
    r.keep_alive = head_.keep_alive;
    r.from_admin_socket = admin_;
}

// Who asks over the admin socket is on this machine, whatever headers say.
peer_address connection::who_asks() {
    const proxy_trust& trusted = host_.settings.trusted_proxies;
    if (admin_ || head_.forwarded_count + head_.x_forwarded_for_count == 0) {
        return peer_;
    }
    if (!trusted.trusts(peer_)) {
        // Behind a proxy that is not named all clients are one, and share its limits.
        if (host_.told_of_untrusted != nullptr && !host_.told_of_untrusted->exchange(true)) {
            const bool on_unix = peer_ == peer_address{};
            host_.log.warn(
                "proxy.not_trusted",
                {{"peer", on_unix ? std::string("a Unix socket") : to_text(peer_)},
                 {"meaning", "it sends forwarded headers that are not believed: if it is your proxy, name it "
                             "with --trusted-proxy, or all its clients share one limit"}});
        }
        return peer_;
    }
    return client_address(peer_, std::span(head_.forwarded).first(head_.forwarded_count),
                          std::span(head_.x_forwarded_for).first(head_.x_forwarded_for_count), trusted);
}

void connection::join_cookies() {
    const std::span lines = std::span(head_.cookies).first(head_.cookie_count);
    if (lines.size() <= 1) {
        request_.cookie = lines.empty() ? std::optional<std::string_view>() : lines.front();
        return;
    }
    cookies_.clear();
    cookies_.reserve(block_size_); // never again: what a growing string leaves behind is not wiped
    for (const std::string_view line : lines) {
        cookies_.append(cookies_.empty() ? "" : "; ").append(line);
    }
    request_.cookie = cookies_;
}

// "/login/" where there is "/login": frameworks and people add a slash. 308 keeps method and body (RFC 9110 15.4.9).
std::optional<http_response> connection::without_slash(std::string_view path) const {
    if (path.size() < 2 || !path.ends_with('/') || path.starts_with("//")) {
        return std::nullopt;
    }
    if (host_.routing.find(head_.method, path.substr(0, path.size() - 1)).outcome == route_outcome::not_found) {
        return std::nullopt;
    }
    http_response response;
    response.status = 308;
    std::string to(head_.path.substr(0, head_.path.size() - 1));
    if (!head_.query.empty()) {
        to.append("?").append(head_.query);
    }
    response.headers.emplace_back("Location", std::move(to));
    return response;
}

// A protected host is another application's: what it serves of ours is /.pawl/, and no host of ours serves that. Which
// of the two headers a proxy sets is its own affair, so either makes the request one for that host; a proxy that keeps
// the Host asks /forward-auth under it.
bool connection::is_served_here() const {
    const auto& is_forward = host_.settings.is_forward_host;
    if (!is_forward || admin_) {
        return true;
    }
    const bool is_own_path = head_.path.starts_with("/.pawl/");
    const bool is_protected = (!head_.host.empty() && is_forward(head_.host)) ||
                              (head_.x_forwarded_host && is_forward(*head_.x_forwarded_host));
    return is_protected ? is_own_path || head_.path == "/forward-auth" : !is_own_path;
}

connection::action connection::dispatch(time_point now) {
    realm_path place{{}, head_.path};
    if (host_.settings.hook != nullptr) {
        place = split_realm(head_.path);
    }
    match_ = is_served_here() ? host_.routing.find(head_.method, place.path) : route_match();
    fill_request();
    request_.realm = place.realm;
    request_.path = place.path;
    closing_ = !head_.keep_alive;
    unread_input_ = false;
    received_at_ = now;
    http_response response;
    switch (match_.outcome) {
    case route_outcome::found:
        enter(phase::handling, now);
        return action::handle;
    case route_outcome::not_found:
        if (!is_served_here()) {
            response = problem_response(request_problem::not_found);
        } else if (std::optional<http_response> elsewhere = without_slash(place.path)) {
            response = std::move(*elsewhere);
        } else {
            response = problem_response(request_problem::not_found,
                                        host_.settings.hook != nullptr ? why_no_realm(head_.path) : std::string_view());
        }
        break;
    case route_outcome::method_not_allowed:
        response = problem_response(request_problem::method_not_allowed);
        response.headers.emplace_back("Allow", std::string(match_.allow));
        break;
    case route_outcome::options:
        response.status = 204;
        response.headers.emplace_back("Allow", std::string(match_.allow));
        break;
    }
    respond(std::move(response), now);
    return next(now);
}

void connection::on_response(http_response&& response, time_point now) {
    BOOST_ASSERT(phase_ == phase::handling || phase_ == phase::ended);
    if (phase_ == phase::ended) { // cut off meanwhile
        return;
    }
    if (response.dropped) {
        host_.settings.hook->answered(request_, 0);
        enter(phase::ended, now);
        return;
    }
    respond(std::move(response), now);
}

std::string_view connection::route_name() const {
    return host_.names.name_of_slot(host_.names.slot_of(match_.index));
}

void connection::on_exception(std::string_view what, time_point now) {
    host_.counters.count_exception();
    host_.log.error("request.defect", {{"request_id", request_.request_id},
                                       trace_field(request_.trace_id),
                                       {"method", request_.method_text},
                                       {"route", route_name()},
                                       {"what", what}});
    on_response(problem_response(request_problem::internal), now);
}

void connection::on_no_memory(time_point now) {
    host_.log.warn("request.no_memory", {{"request_id", request_.request_id},
                                         trace_field(request_.trace_id),
                                         {"method", request_.method_text},
                                         {"route", route_name()}});
    on_response(problem_response(request_problem::not_ready,
                                 "There is no memory for this now. Try again after Retry-After seconds."),
                now);
}

void connection::on_signing_failed(std::string_view what, time_point now) {
    host_.log.error(
        "request.not_signed",
        {{"request_id", request_.request_id}, trace_field(request_.trace_id), {"route", route_name()}, {"what", what}});
    on_response(problem_response(request_problem::not_ready,
                                 "No token can be signed just now. Try again after Retry-After seconds."),
                now);
}

void connection::respond(http_response&& response, time_point now) {
    if (response.stream && (head_.method == http_method::head || host_.draining)) {
        response.stream.reset();
    }
    closing_ = closing_ || response.close || host_.draining || response.stream;
    add_cors_headers(host_.settings.cors, request_, match_.allow, response);
    response_facts facts{host_.date.text(),
                         request_.request_id,
                         head_.http_1_1,
                         !closing_,
                         head_.method == http_method::head,
                         host_.settings.certificate_of_others,
                         std::chrono::floor<std::chrono::seconds>(host_.settings.deadlines.idle)};
    out_.clear();
    sent_ = 0;
    try {
        append_response(out_, response, facts);
    } catch (const std::logic_error& e) {
        host_.counters.count_exception();
        host_.log.error("request.defect",
                        {{"request_id", request_.request_id}, trace_field(request_.trace_id), {"what", e.what()}});
        response = problem_response(request_problem::internal);
        out_.clear();
        append_response(out_, response, facts);
    }
    static_body_ = facts.head_only ? std::string_view() : response.static_body;
    stream_ = std::move(response.stream);
    give_pooled_string(std::move(response.body)); // wiped, for the next answer
    enter(phase::writing, now);
    note_answer(response.status, now);
}

void connection::note_answer(unsigned status, time_point now) {
    const auto took = now - received_at_;
    const std::size_t index = match_.outcome == route_outcome::found ? match_.index : host_.routes.size();
    const std::size_t slot = host_.names.slot_of(index);
    host_.counters.count_request(slot, status, took);
    if (host_.settings.hook != nullptr) {
        host_.settings.hook->answered(request_, status);
    }
    log_level level = log_level::debug;
    if (status == 503 && now >= host_.quiet_until) {
        level = log_level::warn;
        host_.quiet_until = now + std::chrono::seconds(1);
        if (const std::uint64_t n = std::exchange(host_.quieted, 0); n > 0) {
            host_.log.warn("request.quieted", {{"answers", n}});
        }
    } else if (status == 503) {
        ++host_.quieted;
    } else if (status == 500) {
        level = log_level::warn;
    }
    if (host_.log.enabled(level)) {
        host_.log.write(level, "request",
                        {{"request_id", request_.request_id},
                         trace_field(request_.trace_id),
                         {"method", request_.method_text},
                         {"route", host_.names.name_of_slot(slot)},
                         {"status", status},
                         {"ms", milliseconds_of(took)},
                         {"peer", to_text(request_.from.address)}});
    }
}

} // namespace pawl::app
