// The services over a memory_store, fake hashes and a clock that stands still: what tests of core/service start from.
#pragma once

#include "core/service/access_guard.hpp"
#include "core/service/account_service.hpp"
#include "core/service/admin_service.hpp"
#include "core/service/client_service.hpp"
#include "core/service/session_service.hpp"
#include "core/token/refresh_token.hpp"
#include "tests/support/fake_hasher.hpp"
#include "tests/support/fake_limiter.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_registry.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/test_keys.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace pawl::test {

// A request under way on an io_context of its own. The coroutine runs until it waits for something; poll() goes on.
template <class T>
class running {
public:
    explicit running(task<T> work) : state_(std::make_unique<state>()) {
        boost::asio::co_spawn(state_->io, keep(std::move(work), *state_),
                              [s = state_.get()](std::exception_ptr thrown) { s->thrown = thrown; });
        poll();
    }
    void poll() {
        state_->io.restart();
        state_->io.poll();
        if (state_->thrown) {
            std::rethrow_exception(state_->thrown);
        }
    }
    bool answered() {
        poll();
        return state_->answer.has_value();
    }
    T answer() {
        if (!answered()) {
            throw std::logic_error("the request has not been answered");
        }
        return *std::move(state_->answer);
    }

private:
    struct state {
        boost::asio::io_context io{1};
        std::optional<T> answer;
        std::exception_ptr thrown;
    };
    static task<void> keep(task<T> work, state& into) {
        T answer = co_await std::move(work);
        into.answer.emplace(std::move(answer));
    }
    std::unique_ptr<state> state_; // stays put when this moves
};

template <class T>
T run(task<T> work) {
    running<T> request(std::move(work));
    return request.answer();
}

inline caller from_host(std::uint8_t host, std::string agent = "test/1.0") {
    caller c;
    c.address.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, host};
    c.agent = std::move(agent);
    return c;
}

struct service_world {
    static constexpr std::string_view password = "correct horse 7 staple";
    static constexpr std::string_view other_password = "another battery 9 pony";

    // Thousands of worlds are made to try every order of some steps: each remembers few tokens.
    static service_settings small_settings() {
        service_settings s;
        s.issuer = "https://issuer.example";
        s.audience = "https://issuer.example";
        s.verified_tokens_max = 64;
        return s;
    }

    manual_clock time{timestamp(seconds(1'700'000'000))};
    seeded_random random{42};
    memory_store data;
    fake_hasher hasher;
    fake_limiter limiter;
    service_settings settings = small_settings();
    service_counters counters;
    key_ring_ptr keys = make_test_keys();
    memory_registry entities;
    service_context context{data,     time, random, hasher, limiter, settings, counters, [this] { return keys; },
                            &entities};
    session_service sessions{context};
    account_service accounts{context};
    access_guard guard{context};
    admin_service admin{context};
    client_service clients{context};

    static secret_string secret(std::string_view text) { return secret_string(text); }

    user_id add_user(const std::string& email, std::string username = {}) {
        user u;
        u.email = email;
        u.username = username.empty() ? email : std::move(username);
        u.password_hash = hasher.make(password);
        u.created_at = time.now();
        return data.insert_user(u)->id;
    }
    result<issued_tokens> log_in(std::string name, std::string_view with = password, caller from = from_host(1)) {
        return run(sessions.login(std::move(name), secret(with), {first_party(), std::move(from)}));
    }
    result<refreshed> refresh(const secret_string& token, caller from = from_host(1)) {
        return run(sessions.refresh(token, first_party(), std::move(from)));
    }
    result<principal> authenticate(const issued_tokens& tokens) { return run(guard.authenticate(tokens.access_token)); }
    // Of a sign-in that can't fail.
    principal signed_in(const issued_tokens& tokens) { return authenticate(tokens).value(); }
    refresh_token_place place_of(const secret_string& token) const {
        return check_refresh_token(*keys, token.reveal()).value();
    }
    family_id family_of(const issued_tokens& tokens) const { return place_of(tokens.refresh_token).family; }
    secret_string token_at(const family_id& family, std::uint32_t generation) const {
        return mint_refresh_token(*keys, {.family = family, .generation = generation});
    }
    family_word word_of(const family_id& family) const { return data.find_family(family)->word; }
    bool is_alive(const family_id& family) const { return is_alive_in(data, family); }
    bool is_alive_in(const store& where, const family_id& family) const {
        const std::optional<family_state> seen = where.find_family(family);
        return seen && alive(*seen, time.now());
    }
    // Runs `action` once, right before the `nth` call (from 0) of that port function.
    template <class F>
    void once_before(store_step where, unsigned nth, F action) {
        auto left = std::make_shared<unsigned>(nth + 1); // 0: it ran, and its own calls must not start it again
        data.before = [where, left, action](store_step s) {
            if (s == where && *left > 0 && --*left == 0) {
                action();
            }
        };
    }
};

} // namespace pawl::test
