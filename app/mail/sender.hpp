// Carries mails to a relay: a thread of its own, which nothing waits for. What is sent when, the desk says; this is the
// shell with timers and several exchanges at once.
#pragma once

#include "app/mail/mail_desk.hpp"
#include "app/mail/relay.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <thread>

namespace pawl::app {

class mail_sender {
public:
    using make_relay = std::function<std::unique_ptr<relay>(const boost::asio::any_io_executor&)>;

    // All outlive it. The relay is made for the executor of its thread.
    mail_sender(mail_desk& desk, const clock& time, logger& log, const make_relay& make);
    ~mail_sender(); // stop()
    mail_sender(const mail_sender&) = delete;
    mail_sender& operator=(const mail_sender&) = delete;

    void start();
    // What is under way is cut off: it waits for the next start. Before the store stops.
    void stop();
    // A mail beside the queue: POST /admin/mail/test. Any executor.
    task<relay_outcome> send_now(outgoing_mail m);

private:
    task<void> run();
    task<void> deliver(std::shared_ptr<const outgoing_mail> m);
    task<relay_outcome> exchange(std::shared_ptr<const outgoing_mail> m);

    mail_desk& desk_;
    const clock& time_;
    logger& log_;
    boost::asio::io_context context_{1};
    boost::asio::steady_timer timer_{context_};
    std::unique_ptr<relay> relay_;
    bool stopping_ = false; // of the thread
    std::thread thread_;
};

} // namespace pawl::app
