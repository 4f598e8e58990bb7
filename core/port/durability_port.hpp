// Port: what it means that a change is durable. Part of core/port/store.hpp.
#pragma once

#include "core/port/task.hpp"

#include <cstdint>

namespace pawl {

// What to wait for before answering. 0: nothing to wait for. Tickets order: a later one covers the earlier.
enum class ticket : std::uint64_t { none = 0 };
constexpr ticket later(ticket a, ticket b) {
    return a < b ? b : a;
}

// What became of a compare-exchange.
enum class exchange_outcome : std::uint8_t {
    exchanged, // the word was `expected` and is now `desired`; wait for `wait_for`
    conflict,  // the word is another by now: look again and decide again
    gone,      // no such family or user (swept)
};

class durability_port {
public:
    virtual ~durability_port() = default;

    // Completes on the caller's executor: true once durable, false where storage has failed (answer 503). Not cancelled
    // by anything. With ticket::none it completes at once without suspending.
    virtual task<bool> durable(ticket t) = 0;
    // For unit tests and plain threads: whether durable(t) would complete at once with true.
    virtual bool is_durable(ticket t) const noexcept = 0;
    // Null while storage takes changes, else a static sentence that says why not (for /readyz).
    virtual const char* why_not_ready() const noexcept = 0;
};

} // namespace pawl
