// What the owner of an account is told of it by the API: what happened, and a copy.
#include "app/worker/copy_limiter.hpp"
#include "core/service/consent_service.hpp"
#include "core/service/factor_service.hpp"
#include "core/service/web_session_service.hpp"
#include "tests/app/handler_checks.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;
using pawl::app::http_method;

namespace {

struct told_world : world {
    factor_service factors{context};
    web_session_service web{context};
    consent_service consents{context};
    app::copy_limiter copies{time, random};
    told_world() {
        server.factors = &factors;
        server.web_sessions = &web;
        server.consents = &consents;
        server.copies = &copies;
    }
    // Each answer's events one after the other, by their `next`.
    std::vector<boost::json::object> all_events(const std::string& token) {
        std::vector<boost::json::object> out;
        std::string before;
        do {
            const answer page = get("/users/me/events" + before, token);
            BOOST_REQUIRE_EQUAL(page.status(), 200U);
            const boost::json::value body = page.json();
            for (const auto& one : body.at("events").as_array()) {
                out.push_back(one.as_object());
            }
            const std::string next = page.text("next");
            before = next == "(absent)" ? std::string() : "?before=" + next;
        } while (!before.empty());
        return out;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(handlers_account_told, told_world)

BOOST_AUTO_TEST_CASE(what_happened_is_told_newest_first_and_page_by_page) {
    for (int n = 0; n < 70; ++n) {
        logged_in();
        time.advance(seconds(n % 3 == 0 ? 1 : 0));
    }
    const std::string token = access();
    BOOST_TEST(get("/users/me/events", token).json().at("events").as_array().size() == 50U);
    const auto all = all_events(token);
    BOOST_TEST(all.size() == 72U); // and the account was made
    std::set<std::string> ids;
    std::string at = "9999";
    for (const boost::json::object& one : all) {
        BOOST_TEST(ids.insert(std::string(one.at("id").as_string())).second);
        BOOST_TEST((std::string(one.at("at").as_string()) <= at));
        at = one.at("at").as_string();
    }
    BOOST_TEST(all.front().at("event").as_string() == "signed_in");
    BOOST_TEST(all.front().at("session").as_string().size() == 32U);
    BOOST_TEST(all.back().at("event").as_string() == "account_made");
    BOOST_TEST(get("/users/me/events?before=0", token).json().at("events").as_array().empty());
}

BOOST_AUTO_TEST_CASE(a_place_that_is_none_is_refused_by_name) {
    const std::string token = access();
    for (const char* place : {"x", "-1", "1-", "01", "2026-11-21"}) {
        const answer refused = get(std::string("/users/me/events?before=") + place, token);
        expect_problem(refused, 422, "validation_failed");
        BOOST_TEST(refused.fields() == "before");
    }
    BOOST_TEST(get("/users/me/events?before=", token).status() == 200U);
    expect_problem(get("/users/me/events?before=1&before=2", token), 400, "duplicate_parameter");
    expect_problem(get("/users/me/events"), 401, "missing_access_token");
    expect_problem(get("/users/me/data"), 401, "missing_access_token");
}

BOOST_AUTO_TEST_CASE(what_happened_to_others_is_not_told) {
    const std::string token = access();
    add_user("bob@example.com", "bob");
    BOOST_TEST(post("/login", R"({"username":"bob","password":"correct horse 7 staple"})").status() == 200U);
    BOOST_TEST(all_events(token).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_copy_has_all_that_is_kept_and_no_secret) {
    logged_in();
    const answer copy = get("/users/me/data", access());
    BOOST_REQUIRE_EQUAL(copy.status(), 200U);
    BOOST_TEST(copy.header("Cache-Control") == "no-store");
    const boost::json::value body = copy.json();
    BOOST_TEST(body.at("user").at("email").as_string() == "ada@example.com");
    BOOST_TEST(body.at("sessions").as_array().size() == 2U);
    BOOST_TEST(body.at("events").as_array().size() == 3U);
    for (const char* member : {"copied_at", "second_factors", "ended_sessions", "applications"}) {
        BOOST_TEST(body.as_object().contains(member));
    }
    BOOST_TEST(copy.body().find("argon2") == std::string_view::npos);
    BOOST_TEST(copy.body().find("password_hash") == std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(a_copy_wants_a_session_that_was_proven_lately) {
    const std::string token = access();
    time.advance(settings.reauth_window + seconds(1));
    const answer refused = get("/users/me/data", token);
    expect_problem(refused, 401, "reauthentication_required");
    BOOST_TEST(refused.header("WWW-Authenticate").find("insufficient_user_authentication") != std::string::npos);
    BOOST_TEST(get("/users/me/events", token).status() == 200U);
}

BOOST_AUTO_TEST_CASE(ten_copies_a_day_are_made_and_a_refused_one_does_not_count) {
    std::string token = access();
    time.advance(settings.reauth_window + seconds(1));
    for (int n = 0; n < 20; ++n) {
        BOOST_TEST(get("/users/me/data", token).status() == 401U);
    }
    token = access();
    for (int n = 0; n < 10; ++n) {
        BOOST_TEST(get("/users/me/data", token).status() == 200U);
    }
    const answer refused = get("/users/me/data", token);
    expect_problem(refused, 429, "too_many_attempts");
    BOOST_TEST(std::stoi(refused.header("Retry-After")) > 3600);
}

BOOST_AUTO_TEST_CASE(four_copies_are_made_at_once) {
    const std::string token = access();
    std::vector<app::copy_limiter::place> others;
    for (std::uint64_t n = 1; n <= 4; ++n) {
        others.push_back(*copies.begin(user_id{100 + n}));
    }
    const answer refused = get("/users/me/data", token);
    expect_problem(refused, 503, "operations_busy");
    BOOST_TEST(refused.header("Retry-After") == "5");
    others.clear();
    BOOST_TEST(get("/users/me/data", token).status() == 200U);
}

BOOST_AUTO_TEST_SUITE_END()
