// Mails to the relay of --smtp, which the egress worker speaks to.
#pragma once

#include "app/config/config.hpp"
#include "app/egress/egress.hpp"
#include "app/mail/relay.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <set>

namespace pawl::app {

class smtp_relay final : public relay {
public:
    // `out` outlives it. Everything is called on `executor`.
    smtp_relay(boost::asio::any_io_executor executor, egress& out, const mail_route& route, secret_string password);

    task<relay_outcome> send(const outgoing_mail& mail) override;
    void stop() override;

private:
    struct waiting;

    const boost::asio::any_io_executor executor_;
    egress& out_;
    const std::string hello_, user_;
    const secret_string password_;
    std::set<std::shared_ptr<waiting>> waiting_;
    bool stopped_ = false;
};

// What --smtp-password-file holds, without the end of its line; empty without one. Before the sandbox closes. Throws
// refused(usage) as read_secret_file() does, and if it holds none.
secret_string smtp_password_of(const config& settings);

} // namespace pawl::app
