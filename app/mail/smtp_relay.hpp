// Mails to the relay of --smtp, which the egress worker speaks to.
#pragma once

#include "app/config/config.hpp"
#include "app/egress/egress.hpp"
#include "app/mail/relay.hpp"
#include "app/mail/sender.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <set>

namespace pawl::app {

class smtp_relay final : public relay {
public:
    // `out` outlives it. Everything is called on `executor`.
    smtp_relay(boost::asio::any_io_executor executor, egress& out, const mail_route& route, secret_string password);
    ~smtp_relay() override;
    smtp_relay(const smtp_relay&) = delete;
    smtp_relay& operator=(const smtp_relay&) = delete;

    task<relay_outcome> send(const outgoing_mail& mail) override;
    void stop() override;

private:
    struct waiting;
    struct gate;

    const boost::asio::any_io_executor executor_;
    egress& out_;
    const std::string hello_, user_;
    const secret_string password_;
    const std::shared_ptr<gate> gate_; // what the egress thread still has to say comes through it
    std::set<std::shared_ptr<waiting>> waiting_;
    bool stopped_ = false;
};

// What --smtp-password-file holds, without the end of its line; empty without one. Before the sandbox closes. Throws
// refused(usage) as read_secret_file() does, and if it holds none.
secret_string smtp_password_of(const config& settings);

// What carries the desk's mails to the relay of `route`. All references outlive it; `time` is the desk's.
std::unique_ptr<mail_sender> make_mail_sender(const mail_route& route, secret_string password, mail_desk& desk,
                                              const clock& time, logger& log, egress& out);

} // namespace pawl::app
