// The coroutine type of the whole program. Resumes on the io_context of the connection that started it.
// Read style.md's traps before the first coroutine (docs/style.md): one co_await a statement, no temporaries in it.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace pawl {

template <class T>
using task = boost::asio::awaitable<T>;

} // namespace pawl
