// The port attempt_limiter over core/throttle: one lock around each call, the clock read here.
#pragma once

#include "core/clock.hpp"
#include "core/port/attempt_limiter.hpp"
#include "core/random_source.hpp"
#include "core/throttle/throttle.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

namespace pawl::app {

class login_limiter final : public attempt_limiter {
public:
    // `time` and `random` outlive it.
    login_limiter(const throttle_limits& limits, const clock& time, random_source& random,
                  std::size_t slots = throttle::slots_default);

    // Any thread; under a microsecond.
    std::optional<seconds> reserve(std::string_view account, const peer_address& address) override;
    void give_back(std::string_view account, const peer_address& address) override;
    void passed(std::string_view account, const peer_address& address) override;
    void succeeded(std::string_view account, const peer_address& address) override;

    std::optional<unrecorded_attempts> worth_recording(event_kind kind, std::string_view account) override;

    // These limits from now on (SIGHUP). Where they differ, what was counted under the old ones is forgotten. Any
    // thread.
    void set_limits(const throttle_limits& limits);

private:
    const clock& time_;
    random_source& random_;
    const std::size_t slots_;
    std::mutex mutex_;
    throttle_limits limits_;             // guarded by mutex_
    std::unique_ptr<throttle> throttle_; // guarded by mutex_
    // Refused logins and replayed tokens, each with a budget of its own; 49 KiB together, so made at the first of them.
    std::mutex journal_mutex_;
    std::unique_ptr<attempt_journal> journal_, replays_; // guarded by journal_mutex_
};

} // namespace pawl::app
