#include "app/worker/login_limiter.hpp"

namespace pawl::app {

login_limiter::login_limiter(const throttle_limits& limits, const clock& time, random_source& random, std::size_t slots)
    : time_(time), random_(random), slots_(slots), limits_(limits),
      throttle_(std::make_unique<throttle>(limits, random, slots)) {}

std::optional<seconds> login_limiter::reserve(std::string_view account, const peer_address& address) {
    const timestamp now = time_.now();
    const std::lock_guard lock(mutex_);
    return throttle_->reserve(account, address, now);
}

void login_limiter::give_back(std::string_view account, const peer_address& address) {
    const timestamp now = time_.now();
    const std::lock_guard lock(mutex_);
    throttle_->give_back(account, address, now);
}

void login_limiter::passed(std::string_view account, const peer_address& address) {
    const timestamp now = time_.now();
    const std::lock_guard lock(mutex_);
    throttle_->passed(account, address, now);
}

void login_limiter::succeeded(std::string_view account, const peer_address& address) {
    const timestamp now = time_.now();
    const std::lock_guard lock(mutex_);
    throttle_->succeeded(account, address, now);
}

std::optional<unrecorded_attempts> login_limiter::worth_recording(event_kind kind, std::string_view account) {
    const timestamp now = time_.now();
    const std::lock_guard lock(journal_mutex_);
    std::unique_ptr<attempt_journal>& journal = kind == event_kind::token_replayed ? replays_ : journal_;
    if (!journal) {
        journal = std::make_unique<attempt_journal>(random_);
    }
    return journal->note(kind, account, now);
}

void login_limiter::set_limits(const throttle_limits& limits) {
    {
        const std::lock_guard lock(mutex_);
        if (limits == limits_) {
            return;
        }
    }
    auto fresh = std::make_unique<throttle>(limits, random_, slots_); // 7 MiB: not under the lock
    const std::lock_guard lock(mutex_);
    throttle_.swap(fresh);
    limits_ = limits;
}

} // namespace pawl::app
