// Password hashes that cost nothing and can be read: fake$COST$SALT$PASSWORD. Others are verified as they are, and
// should be cheap. One thread at a time.
#pragma once

#include "core/password/password.hpp"
#include "core/port/password_hasher.hpp"

#include <functional>
#include <string>
#include <vector>

namespace pawl::test {

class fake_hasher final : public password_hasher {
public:
    // Runs while a job does: other requests may run there.
    std::function<void()> at_job;
    bool full = false; // pool and queue are full, or as `why_full` has it
    errc why_full = errc::password_queue_full;
    bool full_hash = false; // only for hash(), as when the queue filled up in between
    unsigned cost = 2;      // today's
    unsigned verified = 0, verified_dummy = 0, hashed = 0;
    std::vector<std::string> against; // what each was verified against

    task<result<verified_password>> verify(secret_string password, std::string stored) override {
        if (full) {
            co_return failure(why_full, seconds(3));
        }
        run_job();
        ++verified;
        verified_dummy += stored.empty() ? 1U : 0U;
        against.push_back(stored);
        if (!stored.empty() && !stored.starts_with("fake$")) {
            verified_password real;
            real.matches = verify_password_blocking(password, stored);
            real.needs_rehash = real.matches;
            co_return real;
        }
        const std::size_t salt = stored.find('$', 5);
        verified_password answer;
        answer.matches = salt != std::string::npos &&
                         stored.substr(stored.find('$', salt + 1) + 1) == std::string(password.reveal());
        answer.needs_rehash = answer.matches && stored.substr(5, salt - 5) != std::to_string(cost);
        co_return answer;
    }
    task<result<std::string>> hash(secret_string password) override {
        if (full || full_hash) {
            co_return failure(why_full, seconds(3));
        }
        run_job();
        ++hashed;
        std::string made = make(password.reveal());
        co_return made;
    }
    std::string make(std::string_view password) {
        return "fake$" + std::to_string(cost) + "$" + std::to_string(++salts_) + "$" + std::string(password);
    }

private:
    void run_job() const {
        if (at_job) {
            at_job();
        }
    }
    unsigned salts_ = 0;
};

// Whether `password` is what a hash of fake_hasher was made from.
inline bool is_hash_of(std::string_view stored, std::string_view password) {
    const std::size_t salt = stored.find('$', 5);
    return salt != std::string_view::npos && stored.substr(stored.find('$', salt + 1) + 1) == password;
}

} // namespace pawl::test
