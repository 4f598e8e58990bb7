#include "app/events/event_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace pawl::app {

namespace {

namespace asio = boost::asio;
constexpr auto token = asio::as_tuple(asio::deferred);
constexpr seconds busy_retry_after{5};

} // namespace

event_stream::event_stream(event_service& events, const admin_service& admin, operator_caller by,
                           asio::any_io_executor executor)
    : service_(events), admin_(admin), by_(std::move(by)), executor_(std::move(executor)), timer_(executor_) {}

event_stream::~event_stream() {
    watch_.reset();
    end_catch_up();
}

void event_stream::end_catch_up() {
    if (catching_up_) {
        catching_up_ = false;
        feed_->let_go_of_disk();
        service_.end_catch_up();
    }
}

task<result<void>> event_stream::open(event_filter filter, std::optional<event_place> since) {
    if (!service_.has_room()) {
        co_return failure(errc::operations_busy, busy_retry_after);
    }
    event_ring::listener& self = *this;
    watch_.emplace(service_, self);
    const result<std::uint64_t> beginning = service_.beginning(since);
    if (!beginning) {
        co_return beginning.error();
    }
    feed_.emplace(service_.source(), std::move(filter), *beginning);
    // What can't be gone on from is to be said with a status, so the first look comes before the answer.
    auto reading = read(first_);
    const feed_outcome came_to = co_await std::move(reading);
    switch (came_to) {
    case feed_outcome::read:
    case feed_outcome::nothing:
        co_return result<void>();
    case feed_outcome::behind:
        co_return failure(errc::operations_busy, busy_retry_after);
    case feed_outcome::gone:
        co_return errc::events_gone;
    case feed_outcome::unreadable:
    case feed_outcome::closed:
        break;
    }
    co_return failure(errc::storage_unavailable, busy_retry_after);
}

// `behind`: there is no room for another reader of the disk, or this one was there before and is too slow.
task<feed_outcome> event_stream::read(std::vector<event_line>& lines) {
    const bool before_memory = catching_up_ || !opened_;
    const feed_outcome from_memory = feed_->read_memory(lines);
    if (from_memory != feed_outcome::behind) {
        end_catch_up();
        co_return from_memory;
    }
    if (!before_memory || (!catching_up_ && !service_.begin_catch_up())) {
        co_return feed_outcome::behind;
    }
    catching_up_ = true;
    auto reading = read_disk(lines);
    co_return co_await std::move(reading);
}

task<feed_outcome> event_stream::read_disk(std::vector<event_line>& lines) {
    auto reading = service_.read_disk(*feed_, lines);
    const std::optional<feed_outcome> came_to = co_await std::move(reading);
    co_return came_to.value_or(feed_outcome::behind);
}

// A reader who is no operator any more, or whose token is no longer good, is told nothing more. The change that brought
// it about is a record, and every batch comes by here.
bool event_stream::may_go_on() const {
    return !stopped_ && admin_.is_still_operator(by_);
}

std::string event_stream::text_of(const std::vector<event_line>& lines) {
    std::string text;
    for (const event_line& line : lines) {
        append_sse(text, service_.mark(), line);
    }
    service_.figures().sent.fetch_add(lines.size(), std::memory_order_relaxed);
    heartbeat_at_ = std::chrono::steady_clock::now() + event_heartbeat;
    return text;
}

std::string event_stream::heartbeat() {
    std::string text;
    append_sse_heartbeat(text, {service_.mark(), feed_->position()});
    heartbeat_at_ = std::chrono::steady_clock::now() + event_heartbeat;
    return text;
}

task<std::string> event_stream::next() {
    if (!opened_) {
        opened_ = true;
        std::string text;
        // The place before what was read already: an id of these comes with them.
        const std::uint64_t before = first_.empty() ? feed_->position() : first_.front().lsn - 1;
        append_sse_opening(text, {service_.mark(), before});
        text += text_of(std::exchange(first_, {}));
        co_return text;
    }
    std::vector<event_line> lines;
    while (may_go_on()) {
        woken_.store(false);
        auto reading = read(lines);
        const feed_outcome came_to = co_await std::move(reading);
        if (!lines.empty()) {
            co_return text_of(lines);
        }
        if (came_to == feed_outcome::read) { // nothing for this one: others have their turn
            auto turn = asio::post(executor_, asio::deferred);
            co_await std::move(turn);
            continue;
        }
        if (came_to != feed_outcome::nothing) {
            service_.figures().fell_behind.fetch_add(came_to == feed_outcome::behind ? 1 : 0,
                                                     std::memory_order_relaxed);
            break;
        }
        if (std::chrono::steady_clock::now() >= heartbeat_at_) {
            co_return heartbeat();
        }
        if (stopped_) {
            break;
        }
        timer_.expires_at(heartbeat_at_);
        auto waiting = timer_.async_wait(token);
        const auto [ended_early] = co_await std::move(waiting);
        static_cast<void>(ended_early);
    }
    co_return std::string();
}

void event_stream::stop() {
    stopped_ = true;
    timer_.cancel();
}

// A cancel that comes while nothing is waited for is lost, which does no harm: what it tells of is read first.
void event_stream::wake() noexcept {
    if (woken_.exchange(true)) {
        return;
    }
    try {
        asio::post(executor_, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) {
                self->timer_.cancel();
            }
        });
    } catch (const std::exception&) { // no memory: the heartbeat comes by
        woken_.store(false);
    }
}

} // namespace pawl::app
