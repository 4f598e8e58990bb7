// One HTTP request and its answer, over a connection of its own.
#pragma once

#include "app/egress/connection.hpp"
#include "app/egress/message.hpp"

namespace pawl::app {

// Never throws but for want of memory. `to` and `io` outlive it.
boost::asio::awaitable<egress_answer> exchange_http(boost::asio::io_context& io, const egress_destination& to,
                                                    egress_request request);

} // namespace pawl::app
