// GET /admin/events on its way out: one operator who watches.
#pragma once

#include "app/events/event_service.hpp"
#include "app/http/response_stream.hpp"
#include "core/service/admin_service.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pawl::app {

class event_stream final : public response_stream,
                           public std::enable_shared_from_this<event_stream>,
                           private event_ring::listener {
public:
    // `events` and `admin` outlive it. `executor`: of the connection.
    event_stream(event_service& events, const admin_service& admin, operator_caller by,
                 boost::asio::any_io_executor executor);
    ~event_stream() override;

    // Before next(), once: finds its place. not_on_disk, events_gone, events_of_another_history, operations_busy,
    // storage_unavailable. Awaited directly.
    task<result<void>> open(event_filter filter, std::optional<event_place> since);

    task<std::string> next() override;
    void stop() override;

private:
    void wake() noexcept override;
    task<feed_outcome> read(std::vector<event_line>& lines);
    task<feed_outcome> read_disk(std::vector<event_line>& lines);
    bool may_go_on() const;
    std::string text_of(const std::vector<event_line>& lines);
    std::string heartbeat();
    void end_catch_up();

    event_service& service_;
    const admin_service& admin_;
    const operator_caller by_;
    const boost::asio::any_io_executor executor_;
    boost::asio::steady_timer timer_;
    std::chrono::steady_clock::time_point heartbeat_at_{};
    std::atomic<bool> woken_{false}; // a wake is on its way to the connection's thread
    bool stopped_ = false;
    bool catching_up_ = false; // the disk is read; never again once memory was
    bool opened_ = false;
    std::vector<event_line> first_;             // read before there was an answer
    std::optional<event_feed> feed_;            // after what it reads from
    std::optional<event_service::watch> watch_; // last: nobody wakes what is half gone
};

} // namespace pawl::app
