// Counts attempts per account, as the real limiter does, but for ever. One thread at a time.
#pragma once

#include "core/port/attempt_limiter.hpp"

#include <map>
#include <string>

namespace pawl::test {

class fake_limiter final : public attempt_limiter {
public:
    unsigned limit = 1'000'000;
    seconds retry_after{17};
    bool records_replays = false; // refused logins always are

    std::optional<seconds> reserve(std::string_view account, const peer_address& address) override {
        last_address = address;
        unsigned& count = attempts[std::string(account)];
        if (count >= limit) {
            return retry_after;
        }
        ++count;
        return std::nullopt;
    }
    void give_back(std::string_view account, const peer_address&) override { --attempts[std::string(account)]; }
    std::optional<unrecorded_attempts> worth_recording(event_kind kind, std::string_view) override {
        const bool recorded = kind != event_kind::token_replayed || records_replays;
        return recorded ? std::optional(unrecorded_attempts{}) : std::nullopt;
    }
    unsigned counted(const std::string& account) const {
        const auto found = attempts.find(account);
        return found == attempts.end() ? 0 : found->second;
    }

    std::map<std::string, unsigned> attempts;
    peer_address last_address;
};

} // namespace pawl::test
