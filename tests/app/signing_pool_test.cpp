// Signatures of ID tokens: RSA's on threads of their own and within a bound, all others at once.
#include "app/worker/signing_pool.hpp"
#include "app/worker/worker_pool.hpp"
#include "core/text/encoding.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

constexpr std::size_t places_max = signing_pool::threads + signing_pool::queue_max;

// Says which thread signed. Waits until it may, where there is a gate.
struct watched_key final : jws_key {
    explicit watched_key(jws_algorithm algorithm) : jws_key(algorithm, "watched") {}
    mutable std::thread::id signed_on;
    std::counting_semaphore<>* gate = nullptr;
    bool fails = false;
    signature_bytes sign(std::string_view input) const override {
        if (gate != nullptr) {
            gate->acquire();
        }
        if (fails) {
            throw signing_failed("no signature now");
        }
        signed_on = std::this_thread::get_id();
        return signature_bytes(input.size(), 0x2A);
    }
    bool verify(std::string_view /*input*/, std::span<const std::uint8_t> /*signature*/) const override {
        return false;
    }
    std::string public_jwk() const override { return {}; }
};

// What a signature came to: the token, the word of its refusal, or "thrown".
task<void> sign_into(signing_pool& pool, signing_turn turn, std::string input, std::string& out) {
    try {
        auto signing = pool.sign(std::move(turn), std::move(input));
        result<std::string> made = co_await std::move(signing);
        out = made ? *made : made.error().code == errc::password_queue_full ? "full" : "refused";
    } catch (const signing_failed&) {
        out = "thrown";
    }
}

void start(boost::asio::io_context& io, task<void> t) {
    boost::asio::co_spawn(io, std::move(t), [](const std::exception_ptr& e) {
        if (e) {
            std::rethrow_exception(e);
        }
    });
}

std::string sign_now(signing_pool& pool, signing_turn turn) {
    boost::asio::io_context io(1);
    std::string out;
    start(io, sign_into(pool, std::move(turn), "a.b", out));
    io.run();
    return out;
}

const std::string good = "a.b." + base64url_encode(std::vector<std::uint8_t>(3, 0x2A));

} // namespace

BOOST_AUTO_TEST_SUITE(signing_pools)

BOOST_AUTO_TEST_CASE(elliptic_curves_sign_where_they_are_asked_and_rsa_elsewhere) {
    signing_pool pool;
    for (const jws_algorithm algorithm : {jws_algorithm::es256, jws_algorithm::eddsa, jws_algorithm::rs256}) {
        const auto key = std::make_shared<const watched_key>(algorithm);
        BOOST_TEST(sign_now(pool, pool.admit(key).value()) == good);
        BOOST_TEST((key->signed_on == std::this_thread::get_id()) == (algorithm != jws_algorithm::rs256));
    }
}

BOOST_AUTO_TEST_CASE(there_are_so_many_places_and_one_that_is_given_back_is_free) {
    signing_pool pool;
    const auto rsa = std::make_shared<const watched_key>(jws_algorithm::rs256);
    std::vector<signing_turn> turns;
    for (std::size_t i = 0; i < places_max; ++i) {
        auto turn = pool.admit(rsa);
        BOOST_TEST_REQUIRE(turn.has_value());
        turns.push_back(*std::move(turn));
    }
    const auto refused = pool.admit(rsa);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == errc::password_queue_full));
    BOOST_TEST((refused.error().retry_after > seconds(0)));
    const auto curve = std::make_shared<const watched_key>(jws_algorithm::es256); // which needs none
    BOOST_TEST(sign_now(pool, pool.admit(curve).value()) == good);
    turns.pop_back();
    BOOST_TEST(pool.admit(rsa).has_value());
    BOOST_TEST(sign_now(pool, std::move(turns.back())) == good); // a turn is good for as long as it is held
    turns.pop_back();
    BOOST_TEST(pool.admit(rsa).has_value());
}

BOOST_AUTO_TEST_CASE(a_signature_that_fails_says_so_and_gives_its_place_back) {
    signing_pool pool;
    const auto key = std::make_shared<watched_key>(jws_algorithm::rs256);
    key->fails = true;
    for (std::size_t i = 0; i < places_max + 1; ++i) {
        auto turn = pool.admit(key);
        BOOST_TEST_REQUIRE(turn.has_value());
        BOOST_TEST(sign_now(pool, *std::move(turn)) == "thrown");
    }
}

BOOST_AUTO_TEST_CASE(what_waits_when_the_pool_stops_is_refused_and_what_runs_is_signed) {
    auto pool = std::make_unique<signing_pool>();
    std::counting_semaphore<> gate(0);
    const auto key = std::make_shared<watched_key>(jws_algorithm::rs256);
    key->gate = &gate;
    boost::asio::io_context io(1);
    std::vector<std::string> ends(signing_pool::threads + 2);
    for (std::string& end : ends) {
        start(io, sign_into(*pool, pool->admit(key).value(), "a.b", end));
    }
    io.poll(); // all are queued; the threads take the first ones, or find them refused
    std::thread stopping([&] { pool->stop(); });
    gate.release(static_cast<std::ptrdiff_t>(ends.size()));
    io.run();
    stopping.join();
    for (const std::string& end : ends) {
        BOOST_TEST((end == good || end == "full"), end);
    }
    BOOST_TEST(!pool->admit(key).has_value());
}

// A hash takes 30 ms and more: people who sign in must not wait for those of others.
BOOST_AUTO_TEST_CASE(a_signature_waits_for_no_hash) {
    signing_pool pool;
    std::counting_semaphore<> gate(0);
    const auto busy = std::make_shared<watched_key>(jws_algorithm::rs256); // stands for work that takes long
    worker_pool hashes({.name = "hashes", .threads = 1, .queue_max = 4});
    struct slow final : worker_pool::job {
        explicit slow(std::counting_semaphore<>& g) : gate(g) {}
        std::counting_semaphore<>& gate;
        void run() noexcept override { gate.acquire(); }
    };
    boost::asio::io_context io(1);
    for (int i = 0; i < 3; ++i) {
        start(io, hashes.run(hashes.admit(), std::make_shared<slow>(gate)));
    }
    std::string out;
    start(io, sign_into(pool, pool.admit(busy).value(), "a.b", out));
    while (out.empty()) {
        io.run_one();
    }
    BOOST_TEST(out == good);
    BOOST_TEST(hashes.stats().done == 0U);
    gate.release(3);
    io.run();
}

BOOST_AUTO_TEST_SUITE_END()
