#include "app/events/event_service.hpp"

#include <functional>
#include <utility>

namespace pawl::app {

event_service::event_service(storage::embedded_store& data, std::string directory, std::function<key_ring_ptr()> keys)
    : data_(data), source_{data, *ring_, std::move(directory), std::move(keys)}, worker_("pawl-events") {}

event_service::~event_service() {
    close();
}

// The ring is the store's tap while there is a reader: it costs nothing otherwise.
event_service::watch::watch(event_service& service, event_ring::listener& l, bool of_ours)
    : service_(service), listener_(l), of_ours_(of_ours) {
    const std::lock_guard lock(service_.mutex_);
    if (service_.watches_++ == 0) {
        service_.ring_->clear();
        service_.data_.set_tap(service_.ring_);
        service_.ring_->begin(service_.data_.durable_lsn());
    }
    service_.ring_->add(l);
    if (!of_ours_) {
        service_.figures_.streams.fetch_add(1, std::memory_order_relaxed);
        service_.figures_.opened.fetch_add(1, std::memory_order_relaxed);
    }
}

event_service::watch::~watch() {
    const std::lock_guard lock(service_.mutex_);
    service_.ring_->remove(listener_);
    if (--service_.watches_ == 0) {
        service_.data_.set_tap(nullptr);
        service_.ring_->clear();
    }
    if (!of_ours_) {
        service_.figures_.streams.fetch_sub(1, std::memory_order_relaxed);
    }
}

result<std::uint64_t> event_service::beginning(const std::optional<event_place>& since) const {
    const std::uint64_t durable = data_.durable_lsn();
    if (!since) {
        return durable;
    }
    if (source_.directory.empty()) {
        return errc::not_on_disk;
    }
    if (*since == event_place{}) {
        return 0;
    }
    if (since->mark != mark()) {
        return errc::events_of_another_history;
    }
    if (since->lsn > durable) {
        return errc::events_gone;
    }
    return since->lsn;
}

bool event_service::begin_catch_up() {
    if (catching_up_.fetch_add(1) < event_catch_ups_max) {
        return true;
    }
    catching_up_.fetch_sub(1);
    return false;
}

task<std::optional<feed_outcome>> event_service::read_disk(event_feed& feed, std::vector<event_line>& out) {
    feed_outcome came_to = feed_outcome::unreadable;
    std::function<void()> job = [&feed, &out, &came_to] { came_to = feed.read_disk(out); };
    task<bool> running = worker_.run(std::move(job));
    const bool ran = co_await std::move(running);
    if (!ran) {
        co_return std::nullopt;
    }
    co_return came_to;
}

void event_service::close() {
    ring_->close();
    worker_.stop();
}

} // namespace pawl::app
