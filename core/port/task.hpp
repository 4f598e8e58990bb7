// The coroutine type of the whole program. Resumes on the io_context of the connection that started it.
// Read the rules for coroutines in CONTRIBUTING.md before the first one: one co_await a statement, no temporaries.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace pawl {

template <class T>
using task = boost::asio::awaitable<T>;

} // namespace pawl
