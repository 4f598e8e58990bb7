#include "app/mail/sender.hpp"

#include "app/worker/signals_blocked.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace pawl::app {

namespace asio = boost::asio;

namespace {

// Service time may run ahead of the timers (a leap, --dev): so often is looked at the least while something waits.
constexpr milliseconds look_interval_max{1000};
constexpr milliseconds idle_look_interval{60'000};

} // namespace

mail_sender::mail_sender(mail_desk& desk, const clock& time, logger& log, const make_relay& make)
    : desk_(desk), time_(time), log_(log), relay_(make(context_.get_executor())) {}

mail_sender::~mail_sender() {
    stop();
}

void mail_sender::start() {
    desk_.open([this] { asio::post(context_, [this] { timer_.cancel(); }); });
    asio::co_spawn(context_, run(), [this](const std::exception_ptr& e) {
        if (e) { // no memory
            log_.error("mail.defect");
        }
    });
    const signals_blocked blocked; // the thread inherits it
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "pawl-mail");
        context_.run();
    });
}

void mail_sender::stop() {
    if (!thread_.joinable()) {
        return;
    }
    desk_.close();
    asio::post(context_, [this] {
        stopping_ = true;
        relay_->stop();
        timer_.cancel();
    });
    thread_.join(); // the relay's exchanges have bounds, and were cut off
}

task<void> mail_sender::run() {
    while (!stopping_) {
        mail_desk::turn turn = desk_.take();
        for (composed_mail& m : turn.send) {
            auto own = std::make_shared<const outgoing_mail>(std::move(m.out));
            asio::co_spawn(context_, deliver(std::move(own)), asio::detached); // it catches all
        }
        milliseconds wait = idle_look_interval;
        if (turn.next) {
            wait = std::clamp<milliseconds>(*turn.next - time_.now_ms(), milliseconds(1), look_interval_max);
        }
        timer_.expires_after(wait);
        boost::system::error_code woken;
        auto waiting = timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        co_await std::move(waiting);
    }
}

task<relay_outcome> mail_sender::exchange(std::shared_ptr<const outgoing_mail> m) {
    relay_outcome outcome;
    try {
        auto sending = relay_->send(*m);
        outcome = co_await std::move(sending);
    } catch (const std::exception& e) { // no memory
        outcome = {relay_result::relay_fault, e.what()};
    }
    co_return outcome;
}

task<void> mail_sender::deliver(std::shared_ptr<const outgoing_mail> m) {
    auto sending = exchange(m);
    const relay_outcome outcome = co_await std::move(sending);
    if (!stopping_) {
        try {
            desk_.settled(*m, outcome);
        } catch (const std::exception&) { // no memory: it is sent once more after a restart
            log_.error("mail.defect");
        }
    }
}

task<relay_outcome> mail_sender::send_now(outgoing_mail m) {
    auto own = std::make_shared<const outgoing_mail>(std::move(m));
    auto there = exchange(std::move(own));
    auto pending = asio::co_spawn(context_, std::move(there), asio::use_awaitable);
    relay_outcome outcome = co_await std::move(pending);
    co_return outcome;
}

} // namespace pawl::app
