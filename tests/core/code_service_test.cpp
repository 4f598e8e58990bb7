// A code that is presented: the cases C1 to C6 of docs/architecture.md, each with what it leaves behind.
#include "core/service/eviction.hpp"
#include "tests/support/code_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

struct codes_world : code_world {
    // Refused with `why`, and nothing was written.
    void expect_untouched(code_presentation p, token_client who, errc why) {
        const std::size_t before = data.enqueued();
        const auto answer = run(codes.exchange(std::move(who), std::move(p), from_host(3)));
        BOOST_REQUIRE(!answer);
        BOOST_TEST((answer.error().code == why));
        BOOST_TEST(data.enqueued() == before);
    }
    void expect_refused(const secret_string& text, errc why) {
        const auto answer = exchange(text);
        BOOST_REQUIRE(!answer);
        BOOST_TEST((answer.error().code == why));
    }
};

template <class T>
std::string text(const T& value) {
    return std::string(value.as_string());
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(code_service, codes_world)

BOOST_AUTO_TEST_CASE(what_is_no_code_of_ours_is_refused_before_anything_is_looked_at) {
    const secret_string good = text_of(code());
    std::string bent(good.reveal());
    bent.back() = bent.back() == 'A' ? 'B' : 'A';
    for (const std::string& forged : {std::string(), std::string("pac_x"), bent, std::string("prt_x")}) {
        expect_untouched(shown(secret_string(forged)), asking(), errc::invalid_code);
    }
    entities.mark = 7; // a backup was put back
    expect_untouched(shown(good), asking(), errc::invalid_code);
    BOOST_TEST(!is_there(code().grant));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_the_code_writes_nothing_and_ends_nothing) {
    const secret_string good = text_of(code());
    const client_ptr other = add_client(entities, [] {
        client c = machine_client("other");
        c.authorization_code = true;
        return c;
    }());
    const auto expect_all = [&] {
        expect_untouched(shown(good), {other->number, other->client_id}, errc::invalid_code);
        for (const auto& [uri, proof] : std::vector<std::pair<std::optional<std::string>, std::optional<std::string>>>{
                 {"https://shop.example/other", std::string(verifier)},
                 {std::nullopt, std::string(verifier)},
                 {std::string(callback), std::nullopt},
                 {std::string(callback), std::string(verifier) + "x"}}) {
            code_presentation p = shown(good);
            p.redirect_uri = uri;
            p.code_verifier = proof;
            expect_untouched(std::move(p), asking(), errc::invalid_code);
        }
        code_presentation elsewhere = shown(good);
        elsewhere.resources = {std::string(orders_api)}; // not granted
        expect_untouched(std::move(elsewhere), asking(), errc::invalid_target);
    };
    expect_all();
    BOOST_TEST(!is_there(code().grant));
    BOOST_REQUIRE(exchange(good));
    expect_all(); // a thief without the verifier can't end the session either
    BOOST_TEST(is_alive(code().grant));
}

BOOST_AUTO_TEST_CASE(a_client_whose_grants_have_no_code_is_refused) {
    edit_shop([](client& c) { c.authorization_code = false; });
    expect_untouched(shown(text_of(code())), asking(), errc::unauthorized_client);
}

BOOST_AUTO_TEST_CASE(a_code_is_refused_where_what_it_rests_on_is_not_as_it_was) {
    const std::vector<std::pair<const char*, std::function<void(codes_world&)>>> changes{
        {"expired", [](codes_world& w) { w.time.advance(seconds(60)); }},
        {"all sessions ended", [](codes_world& w) { w.edit_alice([](user& u) { u.gate.raise_epoch(); }); }},
        {"disabled", [](codes_world& w) { w.edit_alice([](user& u) { u.gate.enabled = false; }); }},
        {"client disabled", [](codes_world& w) { w.edit_shop([](client& c) { c.enabled = false; }); }},
        {"client logged out", [](codes_world& w) { w.edit_shop([](client& c) { c.raise_epoch(); }); }},
        {"signed out", [](codes_world& w) { w.end(w.browser, family_status::signed_out); }},
        {"withdrawn", [](codes_world& w) { w.withdraw(); }},
        {"withdrawn and allowed anew",
         [](codes_world& w) {
             w.withdraw();
             w.allow(w.code().scopes);
         }},
        {"less is allowed", [](codes_world& w) { w.allow(scopes({builtin_scope::openid})); }},
    };
    for (const auto& [name, change] : changes) {
        BOOST_TEST_CONTEXT(name) {
            codes_world w;
            authorization_code c = w.code();
            c.consent_version = w.allow(c.scopes)->era;
            const secret_string good = w.text_of(c);
            change(w);
            w.expect_refused(good, errc::invalid_code);
            BOOST_TEST(!w.is_there(c.grant));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_good_code_opens_the_family_that_it_carries) {
    const auto tokens = exchange(text_of(code()));
    BOOST_REQUIRE(tokens);
    const std::optional<family_state> made = data.find_family(code().grant);
    BOOST_REQUIRE(made);
    BOOST_TEST((made->facts.client == shop->number));
    BOOST_TEST((made->facts.origin.parent == browser));
    BOOST_TEST((made->facts.grant.scopes == code().scopes));
    BOOST_TEST(made->facts.idle_ttl.count() == settings.refresh_idle_ttl.count());
    BOOST_TEST(tokens->scope == "openid profile email");
    const auto access = payload_of(tokens->access_token);
    BOOST_TEST(text(access.at("aud")) == "https://issuer.example/userinfo");
    BOOST_TEST(text(access.at("client_id")) == "shop");
    BOOST_TEST(text(access.at("sub")) == std::to_string(alice.value));
    BOOST_TEST(text(access.at("sid")) == to_hex(code().grant));
    const auto id = payload_of(tokens->id_token);
    BOOST_TEST(text(id.at("aud")) == "shop");
    BOOST_TEST(text(id.at("nonce")) == code().nonce);
    BOOST_TEST(text(id.at("acr")) == "urn:pawl:acr:1");
    BOOST_TEST(id.at("auth_time").to_number<std::int64_t>() == code().auth_time.time_since_epoch().count());
    BOOST_TEST(id.contains("at_hash"));
    BOOST_TEST(id.contains("sid"));
}

BOOST_AUTO_TEST_CASE(audiences_and_lifetimes_are_those_of_the_grant_and_the_client) {
    edit_shop([](client& c) {
        c.access_token_ttl = seconds(90);
        c.refresh_token = false;
    });
    authorization_code c = code();
    c.scopes.insert(entities.find_catalogue()->find_scope("orders:read")->number.value);
    c.apis.front() = entities.find_catalogue()->find_api(orders_api)->number.value;
    const auto tokens = exchange(text_of(c));
    BOOST_REQUIRE(tokens);
    BOOST_TEST(tokens->refresh_token.empty());
    BOOST_TEST(tokens->access_expires_in.count() == 90);
    BOOST_TEST(data.find_family(c.grant)->facts.absolute_ttl.count() == 90);
    const auto aud = payload_of(tokens->access_token).at("aud").as_array();
    BOOST_REQUIRE_EQUAL(aud.size(), 2U);
    BOOST_TEST(text(aud[0]) == orders_api);
    BOOST_TEST(text(aud[1]) == "https://issuer.example/userinfo");
}

BOOST_AUTO_TEST_CASE(without_openid_there_is_no_id_token) {
    authorization_code c = code();
    c.scopes = scopes({builtin_scope::email});
    const auto tokens = exchange(text_of(c));
    BOOST_REQUIRE(tokens);
    BOOST_TEST(tokens->id_token.empty());
    BOOST_TEST(text(payload_of(tokens->access_token).at("aud")) == settings.audience);
}

BOOST_AUTO_TEST_CASE(a_code_that_comes_back_ends_what_it_gave_and_leaves_both_sides_as_evidence) {
    for (const seconds later : {seconds(0), seconds(3600)}) { // long expired: it is the same proof
        codes_world w;
        const secret_string good = w.text_of(w.code());
        BOOST_REQUIRE(w.exchange(good, from_host(1)));
        w.time.advance(later);
        const auto again = w.exchange(good, from_host(2));
        BOOST_REQUIRE(!again);
        BOOST_TEST((again.error().code == errc::code_reused));
        BOOST_TEST((w.word_of(w.code().grant).status() == family_status::code_reuse));
        BOOST_REQUIRE(!w.data.events().empty());
        const security_event& noted = w.data.events().back();
        BOOST_TEST((noted.kind == event_kind::code_reused));
        BOOST_TEST((noted.family == w.code().grant));
        BOOST_TEST(noted.about == "shop");
        BOOST_TEST((noted.presented.address == from_host(2).address));
        BOOST_TEST((noted.last.address == from_host(1).address));
    }
}

BOOST_AUTO_TEST_CASE(a_client_with_the_rule_deny_keeps_its_session) {
    edit_shop([](client& c) { c.code_reuse = code_reuse_rule::deny; });
    const secret_string good = text_of(code());
    BOOST_REQUIRE(exchange(good));
    expect_untouched(shown(good), asking(), errc::invalid_code);
    BOOST_TEST(is_alive(code().grant));
    BOOST_TEST(data.events().empty());
}

BOOST_AUTO_TEST_CASE(a_code_whose_family_has_ended_is_refused_and_nothing_is_written) {
    const secret_string good = text_of(code());
    BOOST_REQUIRE(exchange(good));
    end(code().grant, family_status::logout);
    expect_untouched(shown(good), asking(), errc::invalid_code);
    codes_world other;
    const secret_string twice = other.text_of(other.code());
    BOOST_REQUIRE(other.exchange(twice));
    BOOST_TEST(!other.exchange(twice));
    other.expect_untouched(shown(twice), other.asking(), errc::code_reused);
    BOOST_TEST(other.data.events().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_full_queue_of_signatures_uses_no_code_up) {
    const secret_string good = text_of(code());
    signer.is_full = true;
    expect_untouched(shown(good), asking(), errc::password_queue_full);
    BOOST_TEST(!is_there(code().grant));
    signer.is_full = false;
    BOOST_TEST(exchange(good).has_value());
    BOOST_TEST(signer.taken == 0U); // its place is free again
    signer.is_full = true;
    authorization_code without = code(2); // without `openid` there is nothing to sign
    without.scopes = scopes({builtin_scope::email});
    BOOST_TEST(exchange(text_of(without)).has_value());
}

BOOST_AUTO_TEST_CASE(a_client_for_whose_id_tokens_there_is_no_key_keeps_its_code) {
    const secret_string good = text_of(code());
    edit_shop([](client& c) { c.id_token_alg = id_token_algorithm::rs256; });
    expect_untouched(shown(good), asking(), errc::unauthorized_client);
    edit_shop([](client& c) { c.id_token_alg = id_token_algorithm::es256; });
    BOOST_TEST(exchange(good).has_value());
}

BOOST_AUTO_TEST_CASE(a_code_that_is_refused_keeps_no_place_of_the_queue) {
    const secret_string good = text_of(code());
    BOOST_REQUIRE(exchange(good));
    expect_refused(good, errc::code_reused);
    expect_untouched(shown(secret_string("pac_x")), asking(), errc::invalid_code);
    BOOST_TEST(signer.taken == 0U);
}

BOOST_AUTO_TEST_CASE(a_signature_that_is_not_made_leaves_no_session_behind) {
    signer.refuses = errc::password_queue_full; // the server stops
    expect_refused(text_of(code()), errc::password_queue_full);
    BOOST_TEST(!is_alive(code().grant));
    signer.refuses.reset();
    signer.throws = true;
    BOOST_CHECK_THROW(exchange(text_of(code(2))), signing_failed);
    BOOST_TEST(!is_alive(code(2).grant));
    BOOST_TEST(signer.taken == 0U);
}

BOOST_AUTO_TEST_CASE(a_refusal_after_the_use_of_a_code_waits_until_its_end_is_durable) {
    data.hold_durability();
    signer.refuses = errc::password_queue_full;
    const secret_string good = text_of(code());
    running<result<issued_tokens>> asked(codes.exchange(asking(), shown(good), from_host(1)));
    data.make_durable(); // the use
    BOOST_TEST(!asked.answered());
    BOOST_TEST(data.after_crash()->find_family(code().grant)->word.live());
    data.make_durable(); // the end
    BOOST_TEST_REQUIRE(asked.answered());
    BOOST_TEST(!data.after_crash()->find_family(code().grant)->word.live());
    BOOST_TEST((asked.answer().error().code == errc::password_queue_full));
}

BOOST_AUTO_TEST_CASE(a_code_is_told_only_once_what_it_rests_on_is_durable) {
    data.hold_durability();
    edit_alice([](user& u) { u.first_name = "Alice"; });
    running<result<secret_string>> asked(codes.issue(code()));
    BOOST_TEST(!asked.answered());
    data.make_durable();
    BOOST_REQUIRE(asked.answered());
    const secret_string told = asked.answer().value();
    running<result<issued_tokens>> exchanging(codes.exchange(asking(), shown(told), from_host(1)));
    BOOST_TEST(!exchanging.answered());
    BOOST_TEST(!data.after_crash()->find_family(code().grant));
    data.make_durable();
    BOOST_REQUIRE(exchanging.answered());
    BOOST_TEST(exchanging.answer().has_value());
    BOOST_TEST(data.after_crash()->find_family(code().grant).has_value());
}

BOOST_AUTO_TEST_CASE(a_code_lives_as_long_as_the_option_says_and_is_of_a_family_that_is_not_there_yet) {
    settings.code_ttl = seconds(10);
    BOOST_REQUIRE(exchange(text_of(code())));
    const secret_string second = run(codes.issue(code())).value(); // Back, and Allow once more
    const auto opened = open_code(*keys->capsules, second.reveal(), 0);
    BOOST_REQUIRE(opened);
    BOOST_TEST((opened->grant != code().grant));
    BOOST_TEST((opened->expires_at - opened->issued_at).count() == 10);
    BOOST_TEST(exchange(second).has_value());
    BOOST_TEST(is_alive(code().grant));
}

BOOST_AUTO_TEST_CASE(a_user_has_at_most_so_many_sessions_at_one_client) {
    const issued_tokens ours = *log_in("alice@example.org");
    for (std::size_t i = 1; i <= client_sessions_max + 2; ++i) {
        BOOST_REQUIRE(exchange(text_of(code(static_cast<std::uint8_t>(i)))));
        time.advance(seconds(1));
    }
    for (const std::uint8_t number : {std::uint8_t{1}, std::uint8_t{2}}) {
        BOOST_TEST((word_of(code(number).grant).status() == family_status::evicted));
    }
    BOOST_TEST(is_alive(code(3).grant));
    BOOST_TEST(is_alive(family_of(ours))); // counted apart, as is the browser's
    BOOST_TEST(is_alive(browser));
}

BOOST_AUTO_TEST_SUITE_END()
