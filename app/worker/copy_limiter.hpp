// core/account/copy_limits.hpp for many threads: one lock around each call, the clock read here, and a place that is
// given back when it goes.
#pragma once

#include "core/account/copy_limits.hpp"
#include "core/clock.hpp"
#include "core/failure.hpp"
#include "core/random_source.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace pawl::app {

class copy_limiter {
public:
    // `time` and `random` outlive it.
    copy_limiter(const clock& time, random_source& random) : time_(time), random_(random) {}

    // One copy that is being made. Not made where it goes before made() was called.
    class place {
    public:
        place(copy_limiter& of, user_id user) : of_(&of), user_(user) {}
        place(place&& other) noexcept
            : of_(std::exchange(other.of_, nullptr)), user_(other.user_), is_made_(other.is_made_) {}
        place& operator=(place&&) = delete;
        ~place() {
            if (of_ != nullptr) {
                of_->end(user_, is_made_);
            }
        }
        void made() { is_made_ = true; }

    private:
        copy_limiter* of_;
        user_id user_;
        bool is_made_ = false;
    };

    // too_many_attempts (this user, today), operations_busy (all users, now). Any thread.
    result<place> begin(user_id user) {
        const std::lock_guard lock(mutex_);
        if (!limits_) { // most servers are never asked for one
            limits_ = std::make_unique<copy_limits>(random_);
        }
        if (const std::optional<refused_copy> refused = limits_->begin(user, time_.now_ms())) {
            const bool is_of_day = refused->why == copy_refusal::too_many_today;
            return failure(is_of_day ? errc::too_many_attempts : errc::operations_busy, refused->wait);
        }
        return place(*this, user);
    }

private:
    void end(user_id user, bool is_made) {
        const std::lock_guard lock(mutex_);
        limits_->end(user, is_made, time_.now_ms());
    }

    const clock& time_;
    random_source& random_;
    std::mutex mutex_;
    std::unique_ptr<copy_limits> limits_; // guarded by mutex_
};

} // namespace pawl::app
