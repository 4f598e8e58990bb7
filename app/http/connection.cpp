#include "app/http/connection.hpp"

#include "core/secret.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace pawl::app {
namespace {

constexpr std::string_view continue_answer = "HTTP/1.1 100 Continue\r\n\r\n";

} // namespace

connection::connection(connection_host& host, const peer_address& peer, time_point now, bool admin)
    : host_(host), peer_(peer), admin_(admin), deadline_(now + host.settings.deadlines.idle), received_at_(now) {
    reserve(input_buffer_size_initial);
}

connection::~connection() {
    wipe(data_.get(), capacity_);
    wipe(out_.data(), out_.size());
    wipe(cookies_.data(), cookies_.size());
}

// A peer that connects to the admin socket has named it by its path: there is no name to be rebound.
const host_list& connection::hosts() const {
    static const host_list any = [] {
        host_list all;
        all.add("*");
        return all;
    }();
    return admin_ ? any : host_.hosts;
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

// Room for the whole body. The head is read anew: its views point into the buffer.
void connection::reserve_for_body() {
    const std::size_t size = block_size_ + (head_.chunked ? body_size_max + chunk_line_size_max : head_.content_length);
    if (size > capacity_) {
        reserve(size);
        const head_refusal again = check_header_block(buffered().substr(0, block_size_), hosts(), head_);
        BOOST_ASSERT(again == head_refusal::none); // the same bytes
        static_cast<void>(again);
    }
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
    case phase::pulling:  // as above
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
    case phase::pulling:
        return action::pull;
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
        answer_problem(request_problem::request_timeout, {}, {}, now);
        return;
    }
    size_ += n;
    if (failed) {
        enter(phase::ended, now); // a client that sent half a request hears nothing
    }
}

// RFC 9112 2.2: an empty line before a request, as some clients send one after a body, is skipped; once. True where it
// takes more bytes to know.
bool connection::skip_empty_line() {
    if (empty_line_skipped_ || !buffered().starts_with('\r')) {
        return false;
    }
    if (size_ == 1) {
        return true;
    }
    if (data_[1] == '\n') {
        size_ -= 2;
        std::memmove(data_.get(), data_.get() + 2, size_);
        empty_line_skipped_ = true;
    }
    return size_ == 0;
}

connection::action connection::take_header(time_point now) {
    if (skip_empty_line()) {
        return action::read;
    }
    switch (scanner_.scan(buffered())) {
    case header_scanner::outcome::incomplete:
        if (size_ == capacity_) {
            reserve(std::min(capacity_ * 2, long_header_block_size_max));
        }
        return action::read;
    case header_scanner::outcome::refused:
        refuse(scanner_.why(), {}, now);
        return next(now);
    case header_scanner::outcome::complete:
        break;
    }
    block_size_ = scanner_.block_size();
    const head_refusal why = check_header_block(buffered().substr(0, block_size_), hosts(), head_);
    if (why != head_refusal::none) {
        refuse(why, head_.origin, now);
        return next(now);
    }
    holds_secret_ = head_.content_length > 0 || head_.chunked || head_.authorization || head_.cookie_count > 0;
    reserve_for_body();
    const bool body_is_here = head_.chunked ? size_ > block_size_ : size_ >= block_size_ + head_.content_length;
    if (!body_is_here && head_.expects_continue) {
        out_.assign(continue_answer);
        enter(phase::continuing, now);
        return next(now);
    }
    enter(phase::body, now);
    return take_body(now);
}

connection::action connection::take_chunks(time_point now) {
    const std::size_t before = size_;
    const chunked_body::outcome outcome = chunks_.decode({data_.get() + block_size_, size_ - block_size_});
    size_ = block_size_ + chunks_.end();
    wipe(data_.get() + size_, before - size_); // what was moved still stood there
    switch (outcome) {
    case chunked_body::outcome::incomplete:
        return action::read;
    case chunked_body::outcome::refused:
        refuse(chunks_.why(), head_.origin, now);
        return next(now);
    case chunked_body::outcome::complete:
        break;
    }
    head_.content_length = chunks_.size();
    return dispatch(now);
}

connection::action connection::take_body(time_point now) {
    if (head_.chunked) {
        return take_chunks(now);
    }
    if (size_ < block_size_ + head_.content_length) {
        return action::read;
    }
    return dispatch(now);
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
    if (stream_) {
        enter(phase::pulling, now);
        return action::pull;
    }
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
    wipe(cookies_.data(), cookies_.size());
    cookies_.clear();
    holds_secret_ = false;
    scanner_.reset();
    chunks_.reset();
    empty_line_skipped_ = false;
    block_size_ = 0;
    head_.content_length = 0;
    head_.chunked = false;
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

void connection::hang_up() {
    if (stream_) {
        stream_->stop();
    }
}

void connection::on_pulled(std::string bytes, time_point now) {
    if (phase_ == phase::ended) { // cut off meanwhile
        return;
    }
    if (bytes.empty()) {
        stream_.reset();
    }
    out_ = std::move(bytes);
    sent_ = 0;
    enter(phase::writing, now);
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
    case phase::pulling:
    case phase::ended:
        break;
    }
    return false;
}

bool connection::drain() {
    if (stream_) {
        stream_->stop();
        if (phase_ == phase::writing) {
            enter(phase::ended, deadline_);
            return true;
        }
        return false;
    }
    if (phase_ != phase::idle || size_ > 0) {
        return false;
    }
    enter(phase::ended, deadline_);
    return true;
}

bool connection::cut() {
    const bool waits_for_socket = phase_ != phase::handling && phase_ != phase::pulling && phase_ != phase::ended;
    if (stream_) {
        stream_->stop();
    }
    enter(phase::ended, deadline_);
    return waits_for_socket;
}

} // namespace pawl::app
