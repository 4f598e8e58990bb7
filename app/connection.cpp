#include "app/connection.hpp"

#include "app/cors.hpp"
#include "core/secret.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <cstring>

namespace pawl::app {
namespace {

constexpr std::string_view continue_answer = "HTTP/1.1 100 Continue\r\n\r\n";

// As family_use wants it: what is no printable ASCII goes, so that it is safe in JSON, logs and terminals.
void clean_agent(std::string_view text, std::string& out) {
    out.clear();
    for (const char c : text.substr(0, agent_read_max)) {
        if (c >= 0x20 && c < 0x7f) {
            out.push_back(c);
            if (out.size() == family_use::agent_size_max) {
                return;
            }
        }
    }
}

double milliseconds_of(std::chrono::nanoseconds d) {
    return std::chrono::duration<double, std::milli>(d).count();
}

} // namespace

connection::connection(connection_host& host, const peer_address& peer, time_point now)
    : host_(host), peer_(peer), deadline_(now + host.settings.deadlines.idle), received_at_(now) {
    reserve(input_buffer_size_initial);
}

connection::~connection() {
    wipe(data_.get(), capacity_);
    wipe(out_.data(), out_.size());
}

void connection::reserve(std::size_t capacity) {
    if (capacity <= capacity_) {
        return;
    }
    BOOST_ASSERT(capacity <= input_buffer_size_max);
    auto bigger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) {
        std::memcpy(bigger.get(), data_.get(), size_);
        wipe(data_.get(), size_);
    }
    data_ = std::move(bigger);
    capacity_ = capacity;
}

void connection::enter(phase p, time_point now) {
    const phase_deadlines& limits = host_.settings.deadlines;
    phase_ = p;
    switch (p) {
    case phase::idle:
        deadline_ = now + limits.idle;
        break;
    case phase::header:
        deadline_ = now + limits.header;
        break;
    case phase::body:
        deadline_ = now + limits.body;
        break;
    case phase::continuing:
    case phase::writing:
        deadline_ = now + limits.write;
        break;
    case phase::shutting:
    case phase::lingering:
        deadline_ = now + linger_time_max;
        break;
    case phase::handling: // bounded by what it waits for
    case phase::ended:
        deadline_ = time_point::max();
        break;
    }
}

connection::action connection::next(time_point now) {
    switch (phase_) {
    case phase::idle:
        if (size_ == 0) {
            return host_.draining ? (enter(phase::ended, now), action::end) : action::read;
        }
        enter(phase::header, now);
        return take_header(now);
    case phase::header:
        return take_header(now);
    case phase::body:
        return take_body(now);
    case phase::handling:
        return action::handle;
    case phase::continuing:
    case phase::writing:
        if (!unsent().empty()) {
            return action::write;
        }
        if (phase_ == phase::continuing) {
            out_.clear();
            sent_ = 0;
            enter(phase::body, now);
            return take_body(now);
        }
        return finish(now);
    case phase::shutting:
        enter(phase::lingering, now);
        return action::shutdown_send;
    case phase::lingering:
        return action::read;
    case phase::ended:
        break;
    }
    return action::end;
}

void connection::on_read(bool failed, std::size_t n, time_point now) {
    BOOST_ASSERT(n <= capacity_ - size_);
    if (phase_ == phase::lingering) {
        lingered_ += n; // thrown away: size_ stays
        if (failed || lingered_ > linger_size_max) {
            enter(phase::ended, now);
        }
        return;
    }
    if (phase_ == phase::ended) {
        return;
    }
    if (timed_out_) {
        answer_problem(request_problem::request_timeout, {}, now);
        return;
    }
    size_ += n;
    if (failed) {
        enter(phase::ended, now); // whoever sent half a request hears nothing
    }
}

connection::action connection::take_header(time_point now) {
    switch (scanner_.scan(buffered())) {
    case header_scanner::outcome::incomplete:
        if (size_ == capacity_) {
            reserve(std::min(capacity_ * 2, header_block_size_max));
        }
        return action::read;
    case header_scanner::outcome::refused:
        refuse(scanner_.why(), now);
        return next(now);
    case header_scanner::outcome::complete:
        break;
    }
    block_size_ = scanner_.block_size();
    const gate_refusal why = check_header_block(buffered().substr(0, block_size_), host_.hosts, head_);
    if (why != gate_refusal::none) {
        refuse(why, now);
        return next(now);
    }
    holds_secret_ = head_.content_length > 0 || head_.authorization || head_.cookie;
    const std::size_t message_size = block_size_ + head_.content_length;
    if (message_size > capacity_) {
        reserve(message_size);
        const gate_refusal again = check_header_block(buffered().substr(0, block_size_), host_.hosts, head_);
        BOOST_ASSERT(again == gate_refusal::none); // the same bytes; views now point into the new buffer
        static_cast<void>(again);
    }
    if (size_ < message_size && head_.expects_continue) {
        out_.assign(continue_answer);
        enter(phase::continuing, now);
        return next(now);
    }
    enter(phase::body, now);
    return take_body(now);
}

connection::action connection::take_body(time_point now) {
    if (size_ < block_size_ + head_.content_length) {
        return action::read;
    }
    return dispatch(now);
}

void connection::refuse(gate_refusal why, time_point now) {
    host_.counters.count_refusal(why);
    answer_problem(problem_of(why), detail_of(why), now);
}

// For what ends the connection before there is a request to speak of.
void connection::answer_problem(request_problem problem, std::string_view detail, time_point now) {
    closing_ = true;
    unread_input_ = true;
    received_at_ = now;
    request_ = http_request();
    request_.from.address = peer_;
    match_ = route_match();
    head_ = request_head();
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
    r.body = buffered().substr(block_size_, head_.content_length);
    r.authorization = head_.authorization;
    r.content_type = head_.content_type;
    r.origin = head_.origin;
    r.user_agent = head_.user_agent;
    r.accept = head_.accept;
    r.accept_encoding = head_.accept_encoding;
    r.host = head_.host;
    r.cookie = head_.cookie;
    r.access_control_request_method = head_.access_control_request_method;
    r.access_control_request_headers = head_.access_control_request_headers;
    r.sec_fetch_site = head_.sec_fetch_site;
    r.if_none_match = head_.if_none_match;
    const auto last_of = [](const auto& lines, std::size_t count) {
        return count == 0 ? std::optional<std::string_view>() : std::optional(lines[count - 1]);
    };
    r.forwarded = last_of(head_.forwarded, head_.forwarded_count);
    r.x_forwarded_for = last_of(head_.x_forwarded_for, head_.x_forwarded_for_count);
    r.path_parameter.assign(match_.path_parameter);
    if (head_.request_id && is_good_request_id(*head_.request_id)) {
        r.request_id.assign(*head_.request_id);
    } else {
        host_.ids.next(r.request_id);
    }
    r.from.address = client_address(peer_, std::span(head_.forwarded).first(head_.forwarded_count),
                                    std::span(head_.x_forwarded_for).first(head_.x_forwarded_for_count),
                                    host_.settings.trusted_proxies);
    clean_agent(head_.user_agent.value_or(std::string_view()), r.from.agent);
    r.keep_alive = head_.keep_alive;
}

connection::action connection::dispatch(time_point now) {
    match_ = host_.routing.find(head_.method, head_.path);
    fill_request();
    closing_ = !head_.keep_alive;
    unread_input_ = false;
    received_at_ = now;
    http_response response;
    switch (match_.outcome) {
    case route_outcome::found:
        enter(phase::handling, now);
        return action::handle;
    case route_outcome::not_found:
        response = problem_response(request_problem::not_found);
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

void connection::on_response(http_response response, time_point now) {
    BOOST_ASSERT(phase_ == phase::handling || phase_ == phase::ended);
    if (phase_ == phase::ended) { // cut off meanwhile
        return;
    }
    respond(std::move(response), now);
}

void connection::on_exception(std::string_view what, time_point now) {
    host_.counters.count_exception();
    host_.log.error("request.defect", {{"request_id", request_.request_id},
                                       {"method", request_.method_text},
                                       {"route", host_.names.name_of_slot(host_.names.slot_of(match_.index))},
                                       {"what", what}});
    on_response(problem_response(request_problem::internal), now);
}

void connection::respond(http_response response, time_point now) {
    closing_ = closing_ || response.close || host_.draining;
    add_cors_headers(host_.settings.cors, request_, match_.allow, response);
    response_facts facts{host_.date.text(), request_.request_id, head_.http_1_1, !closing_,
                         head_.method == http_method::head};
    out_.clear();
    sent_ = 0;
    try {
        append_response(out_, response, facts);
    } catch (const std::logic_error& e) {
        host_.counters.count_exception();
        host_.log.error("request.defect", {{"request_id", request_.request_id}, {"what", e.what()}});
        response = problem_response(request_problem::internal);
        out_.clear();
        append_response(out_, response, facts);
    }
    static_body_ = facts.head_only ? std::string_view() : response.static_body;
    if (holds_secret_) {
        wipe(response.body.data(), response.body.size());
    }
    enter(phase::writing, now);
    note_answer(response.status, now);
}

void connection::note_answer(unsigned status, time_point now) {
    const auto took = now - received_at_;
    const std::size_t index = match_.outcome == route_outcome::found ? match_.index : host_.routes.size();
    const std::size_t slot = host_.names.slot_of(index);
    host_.counters.count_request(slot, status, took);
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
                         {"method", request_.method_text},
                         {"route", host_.names.name_of_slot(slot)},
                         {"status", status},
                         {"ms", milliseconds_of(took)},
                         {"peer", to_text(request_.from.address)}});
    }
}

std::string_view connection::unsent() const {
    return sent_ < out_.size() ? std::string_view(out_).substr(sent_) : static_body_.substr(sent_ - out_.size());
}

void connection::on_written(bool failed, std::size_t n, time_point now) {
    if (phase_ == phase::ended) {
        return;
    }
    sent_ += n;
    if (failed) {
        enter(phase::ended, now);
    }
}

// The answer is with the kernel.
connection::action connection::finish(time_point now) {
    if (holds_secret_) {
        wipe(out_.data(), out_.size());
    }
    out_.clear();
    if (out_.capacity() > output_buffer_size_kept) {
        out_.shrink_to_fit();
    }
    sent_ = 0;
    static_body_ = {};
    if (unread_input_) {
        wipe(data_.get(), size_);
        size_ = 0; // no byte of what was refused is ever looked at again
        enter(phase::shutting, now);
        return next(now);
    }
    const std::size_t used = block_size_ + head_.content_length;
    BOOST_ASSERT(used <= size_);
    size_ -= used;
    std::memmove(data_.get(), data_.get() + used, size_);
    if (holds_secret_) {
        wipe(data_.get() + size_, used);
    }
    holds_secret_ = false;
    scanner_.reset();
    block_size_ = 0;
    head_.content_length = 0;
    if (closing_) {
        enter(size_ == 0 ? phase::ended : phase::shutting, now); // what was pipelined behind is dropped
        size_ = 0;
        return next(now);
    }
    if (capacity_ > input_buffer_size_initial && size_ == 0) {
        wipe(data_.get(), capacity_);
        data_.reset();
        capacity_ = 0;
        reserve(input_buffer_size_initial);
    }
    enter(phase::idle, now);
    return next(now);
}

bool connection::expire(time_point now) {
    if (now < deadline_) {
        return false;
    }
    switch (phase_) {
    case phase::header:
    case phase::body:
        host_.counters.count_timeout();
        timed_out_ = true; // the cancelled read answers 408
        deadline_ = time_point::max();
        return true;
    case phase::writing:
    case phase::continuing:
        host_.counters.count_timeout();
        [[fallthrough]];
    case phase::idle:
    case phase::shutting:
    case phase::lingering:
        enter(phase::ended, now);
        return true;
    case phase::handling:
    case phase::ended:
        break;
    }
    return false;
}

bool connection::drain() {
    if (phase_ != phase::idle || size_ > 0) {
        return false;
    }
    enter(phase::ended, deadline_);
    return true;
}

bool connection::cut() {
    const bool waits_for_socket = phase_ != phase::handling && phase_ != phase::ended;
    enter(phase::ended, deadline_);
    return waits_for_socket;
}

} // namespace pawl::app
