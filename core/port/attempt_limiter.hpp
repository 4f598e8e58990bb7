// Port: the count of failed attempts, per account and per address. Implemented by app/login_limiter over core/throttle.
#pragma once

#include "core/clock.hpp"
#include "core/family/event.hpp"
#include "core/family/family.hpp"
#include "core/throttle/attempt_journal.hpp"

#include <optional>
#include <string_view>

namespace pawl {

class attempt_limiter {
public:
    virtual ~attempt_limiter() = default;
    // Counts an attempt *before* it is made. `account` is the folded login name (or the email of a sign-up); without an
    // address (all zero) only successes are limited. Nothing: go ahead. Else: how long to wait (at least 1 s), and
    // nothing was counted.
    virtual std::optional<seconds> reserve(std::string_view account, const peer_address& address) = 0;
    // The attempt was not made: it does not count after all.
    virtual void give_back(std::string_view account, const peer_address& address) = 0;
    // A sign-up, or a password that was given once more, went well: it counts with the successes, which have larger
    // limits of their own.
    virtual void passed(std::string_view account, const peer_address& address) { give_back(account, address); }
    // A login succeeded: the same, and a guess spread over many addresses won't keep the account's owner from
    // signing in from this one (docs/decisions, "Throttle").
    virtual void succeeded(std::string_view account, const peer_address& address) { give_back(account, address); }
    // Whether a refused attempt, or the replay of a token (`account`: the family's id), is to be recorded, and how many
    // like it were not (core/throttle/attempt_journal.hpp).
    virtual std::optional<unrecorded_attempts> worth_recording(event_kind /*kind*/, std::string_view /*account*/) {
        return unrecorded_attempts{};
    }
};

} // namespace pawl
