// The pure parts of webhooks: signatures, pauses, places, addresses.
#include "app/config/webhook_target.hpp"
#include "app/webhook/backoff.hpp"
#include "app/webhook/position.hpp"
#include "app/webhook/sender.hpp"
#include "app/webhook/signature.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace pawl::app;

BOOST_AUTO_TEST_SUITE(webhook)

// The vector that the libraries of Standard Webhooks are tested with.
BOOST_AUTO_TEST_CASE(the_published_vector) {
    const auto key = webhook_key_from_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    BOOST_TEST_REQUIRE(key.has_value());
    BOOST_TEST(key->size() == 24U);
    BOOST_TEST(webhook_signature(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp(seconds(1'614'265'330)),
                                 R"({"test": 2432232314})") == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

BOOST_AUTO_TEST_CASE(keys_are_read_strictly) {
    BOOST_TEST(webhook_key_from_text("whsec_" + std::string(85, 'A') + "A==").value().size() == 64U);
    for (const std::string& text :
         {std::string(), std::string("whsec_"), std::string("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
          std::string("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"), std::string("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La"),
          std::string("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La-_Sw"), "whsec_" + std::string(88, 'A'),
          std::string("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS w")}) {
        BOOST_TEST(!webhook_key_from_text(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(pauses_double_up_to_a_limit_and_are_shortened_by_half_at_most) {
    BOOST_TEST(webhook_backoff(1, 0).count() == 1000);
    BOOST_TEST(webhook_backoff(2, 0).count() == 2000);
    BOOST_TEST(webhook_backoff(10, 0).count() == 512'000);
    BOOST_TEST(webhook_backoff(11, 0).count() == 600'000);
    BOOST_TEST(webhook_backoff(webhook_attempts_max, 0).count() == 600'000);
    for (std::uint64_t chance :
         {std::uint64_t{1}, std::uint64_t{499}, std::uint64_t{500}, std::uint64_t{501}, ~std::uint64_t{0}}) {
        const auto pause = webhook_backoff(1, chance).count();
        BOOST_TEST((pause >= 500 && pause <= 1000));
    }
}

BOOST_AUTO_TEST_CASE(places_are_read_as_they_were_written) {
    const std::string store(32, 'a');
    for (const event_place at : {event_place{0, UINT64_MAX}, event_place{0x00ab00000000cdefU, UINT64_MAX}}) {
        const webhook_position p{store, at};
        const std::string good = to_text(p);
        const auto read = webhook_position_from_text(good);
        BOOST_TEST_REQUIRE(read.has_value());
        BOOST_TEST(read->store == p.store);
        BOOST_TEST((read->at == at));
        for (std::size_t size = 0; size < good.size(); ++size) {
            BOOST_TEST(!webhook_position_from_text(good.substr(0, size)).has_value());
        }
        BOOST_TEST(!webhook_position_from_text(good + "\n").has_value());
        const char* const other = at.mark == 0 ? "pawl-webhook 2 " : "pawl-webhook 1 ";
        BOOST_TEST(!webhook_position_from_text(other + good.substr(15)).has_value());
    }
    BOOST_TEST(to_text(webhook_position{store, {0, 43}}) == "pawl-webhook 1 " + store + " 43\n"); // as 0.1 has it
    BOOST_TEST(!webhook_position_from_text("pawl-webhook 1 " + std::string(32, 'g') + " 1\n").has_value());
}

BOOST_AUTO_TEST_CASE(receivers_are_named_by_plain_urls) {
    const auto full = webhook_target_from_url("https://hooks.example:8443/a/b?c=d");
    BOOST_TEST_REQUIRE(full.has_value());
    BOOST_TEST(full->tls);
    BOOST_TEST(full->host == "hooks.example");
    BOOST_TEST(full->port == "8443");
    BOOST_TEST(full->authority == "hooks.example:8443");
    BOOST_TEST(full->path == "/a/b?c=d");
    BOOST_TEST(full->place() == "https://hooks.example:8443");
    const auto least = webhook_target_from_url("http://[::1]");
    BOOST_TEST_REQUIRE(least.has_value());
    BOOST_TEST(least->host == "::1");
    BOOST_TEST(least->port == "80");
    BOOST_TEST(least->path == "/");
    BOOST_TEST(least->is_loopback());
    for (const char* url : {"", "hooks.example", "ftp://a/", "https://", "https://me@a/", "https://a/#b",
                            "https://a/ b", "https://a/\r\nX: y"}) {
        BOOST_TEST(!webhook_target_from_url(url).has_value(), url);
    }
    BOOST_TEST(webhook_target_from_url("http://127.8.9.10/")->is_loopback());
    BOOST_TEST(webhook_target_from_url("http://localhost/")->is_loopback());
    for (const char* url : {"http://128.0.0.1/", "http://localhost.example/", "http://[::2]/"}) {
        BOOST_TEST(!webhook_target_from_url(url)->is_loopback(), url);
    }
}

BOOST_AUTO_TEST_CASE(a_body_is_the_event_with_its_type_and_time) {
    BOOST_TEST(webhook_body({43, "signed_up", timestamp_ms(milliseconds(1'795'338'727'455)), "{\"lsn\":43}"}) ==
               R"({"type":"signed_up","timestamp":"2026-11-22T09:12:07.455Z","data":{"lsn":43}})");
    BOOST_TEST(webhook_id("ab", {0, 43}) == "evt_ab_43");
    BOOST_TEST(webhook_id("ab", {0x00ab00000000cdefU, 43}) == "evt_ab_00ab00000000cdef-43");
}

BOOST_AUTO_TEST_SUITE_END()
