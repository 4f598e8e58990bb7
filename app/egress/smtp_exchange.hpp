// One mail to a relay, over a connection of its own.
#pragma once

#include "app/egress/connection.hpp"
#include "app/egress/smtp_dialog.hpp"

namespace pawl::app {

// Never throws but for want of memory. `to` and `io` outlive it.
boost::asio::awaitable<smtp_answer> exchange_smtp(boost::asio::io_context& io, const egress_destination& to,
                                                  smtp_mail mail);

} // namespace pawl::app
