#include "app/worker/signing_pool.hpp"

#include "core/text/encoding.hpp"

#include <exception>
#include <memory>
#include <utility>

namespace pawl::app {

namespace {

constexpr seconds full_retry_after{1};

std::string signed_text(const jws_key& key, std::string input) {
    const signature_bytes signature = key.sign(input);
    input += '.';
    base64url_append(input, signature);
    return input;
}

} // namespace

struct signing_pool::job final : worker_pool::job {
    job(std::shared_ptr<const jws_key> k, std::string i) : key(std::move(k)), text(std::move(i)) {}

    const std::shared_ptr<const jws_key> key;
    std::string text; // the input, then the token
    std::exception_ptr error;

private:
    void run() noexcept override {
        try {
            text = signed_text(*key, std::move(text));
        } catch (...) {
            error = std::current_exception();
        }
    }
};

signing_pool::signing_pool() : pool_({.name = "pawl-sign", .threads = threads, .queue_max = queue_max, .lazy = true}) {}

struct signing_pool::held_place final : signing_place {
    explicit held_place(worker_pool::place p) : place(std::move(p)) {}
    worker_pool::place place;
};

result<signing_turn> signing_pool::admit(std::shared_ptr<const jws_key> key) {
    signing_turn turn;
    turn.key = std::move(key);
    if (turn.key->algorithm() == jws_algorithm::rs256) {
        worker_pool::place place = pool_.admit();
        if (!place) {
            return failure(errc::password_queue_full, full_retry_after);
        }
        turn.place = std::make_unique<held_place>(std::move(place));
    }
    return turn;
}

task<result<std::string>> signing_pool::sign(signing_turn turn, std::string signing_input) {
    if (turn.place == nullptr) {
        co_return signed_text(*turn.key, std::move(signing_input));
    }
    worker_pool::place place = std::move(dynamic_cast<held_place&>(*turn.place).place);
    const auto j = std::make_shared<job>(std::move(turn.key), std::move(signing_input));
    auto pending = pool_.run(std::move(place), j);
    co_await std::move(pending);
    if (j->error) {
        std::rethrow_exception(j->error); // as where access tokens are signed: no memory, or no signature now
    }
    if (j->refused()) {
        co_return failure(errc::password_queue_full, full_retry_after);
    }
    co_return std::move(j->text);
}

} // namespace pawl::app
