// Who a client is, from the request to the answer: at /token, /introspect and /revoke.
#include "core/provider/client_secret.hpp"
#include "core/service/client_guard.hpp"
#include "core/service/machine_service.hpp"
#include "tests/app/handler_checks.hpp"
#include "tests/support/client_proofs.hpp"
#include "tests/support/memory_registry.hpp"

#include <boost/test/unit_test.hpp>

#include <sodium/utils.h>

#include <memory>
#include <string>

using namespace pawl;
using namespace pawl::test;

namespace {

using method = client_auth_method;

constexpr const char* grant = "grant_type=client_credentials";
constexpr const char* assertion_parameters =
    "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=";
constexpr const char* password_form = "username=ada&password=correct+horse+7+staple";

struct client_world : world {
    memory_registry clients;
    fake_limiter client_attempts;
    service_context with_clients = [this] {
        service_context all = context;
        all.entities = &clients;
        return all;
    }();
    client_guard proofs{with_clients, client_attempts};
    machine_service machines{with_clients, guard};
    std::string secret; // of the last client that was registered

    client_world() {
        server.entities = &clients;
        server.client_proofs = &proofs;
        server.machines = &machines;
    }
    client registered(const std::string& id, method how) {
        client c;
        c.client_id = id;
        c.auth_method = how;
        c.confidential = how != method::none;
        c.client_credentials = c.confidential;
        c.jwks = how == method::private_key_jwt ? client_key_of(jws_algorithm::es256).jwks() : "";
        c.number.value = clients.put_client(c)->number;
        made_secret made = make_client_secret(*keys->capsules, c.number, 1, time.now(), {}, random);
        secret = made.text.reveal();
        c.secrets.push_back(made.entry);
        change(c);
        return *clients.find_client(id);
    }
    void change(client c) {
        c.version = clients.find_client(c.number)->version + 1;
        BOOST_TEST_REQUIRE((clients.put_client(c)->outcome == put_outcome::done));
    }
    answer asked(std::string_view path, const std::string& form, const std::string& authorization = {}) {
        app::http_request r = request(app::http_method::post, path);
        r.content_type = form_type;
        r.body = form;
        if (!authorization.empty()) {
            r.authorization = authorization;
        }
        return send(std::move(r));
    }
    answer token(const std::string& form, const std::string& authorization = {}) {
        return asked("/token", form, authorization);
    }
    static std::string basic(const std::string& id, const std::string& secret_of_it) {
        const std::string pair = id + ":" + secret_of_it;
        std::string out(sodium_base64_ENCODED_LEN(pair.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
        sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(pair.data()), pair.size(),
                          sodium_base64_VARIANT_ORIGINAL);
        out.pop_back();
        return "Basic " + out;
    }
    std::string assertion(const std::string& jti, std::int64_t made_ago = 0) const {
        const std::int64_t now = time.now().time_since_epoch().count();
        assertion_maker maker;
        maker.aud = '"' + settings.issuer + '"';
        maker.jti = '"' + jti + '"';
        maker.iat = std::to_string(now - made_ago);
        maker.exp = std::to_string(now + 60);
        return maker.make();
    }
    std::string by_assertion(const std::string& jti, std::int64_t made_ago = 0) const {
        return std::string(grant) + assertion_parameters + assertion(jti, made_ago);
    }
};

void expect_token(const answer& a) {
    BOOST_TEST(a.status() == 200U, a.body());
    BOOST_TEST(a.text("token_type") == "Bearer");
}

void expect_client_refused(const answer& a, const char* challenge) {
    BOOST_TEST(a.status() == 401U, a.body());
    BOOST_TEST(a.text("error") == "invalid_client");
    BOOST_TEST(a.header("WWW-Authenticate") == challenge);
    BOOST_TEST(a.header("Cache-Control") == "no-store");
}

constexpr const char* asked_for_basic = "Basic realm=\"pawl\"";
constexpr const char* not_asked = "(absent)";

} // namespace

BOOST_FIXTURE_TEST_SUITE(client_authentication, client_world)

BOOST_AUTO_TEST_CASE(each_method_proves_the_client_that_is_registered_with_it) {
    registered("shop", method::client_secret_basic);
    expect_token(token(grant, basic("shop", secret)));
    expect_token(token(std::string(grant) + "&client_id=shop", basic("shop", secret)));
    expect_client_refused(token(std::string(grant) + "&client_id=shop&client_secret=" + secret), not_asked);
    registered("post", method::client_secret_post);
    expect_token(token(std::string(grant) + "&client_id=post&client_secret=" + secret));
    expect_client_refused(token(grant, basic("post", secret)), asked_for_basic);
}

BOOST_AUTO_TEST_CASE(an_assertion_proves_its_client_once) {
    registered("shop", method::private_key_jwt);
    const std::string first = by_assertion("a");
    expect_token(token(first));
    const answer again = token(first);
    expect_client_refused(again, not_asked);
    BOOST_TEST(again.text("error_description").find("used before") != std::string::npos);
    expect_token(token(by_assertion("b")));
    expect_client_refused(token(std::string(grant) + "&client_id=shop"), not_asked);
    expect_client_refused(token(grant, basic("shop", secret)), asked_for_basic);
}

BOOST_AUTO_TEST_CASE(a_request_that_is_refused_for_something_else_spends_no_assertion) {
    client shop = registered("shop", method::private_key_jwt);
    const std::string form = by_assertion("a");
    const answer refused = token(form + "&scope=unknown");
    BOOST_TEST(refused.text("error") == "invalid_scope");
    shop.client_credentials = false;
    change(shop);
    BOOST_TEST(token(form).text("error") == "unauthorized_client");
    shop.client_credentials = true;
    change(shop);
    expect_token(token(form));
    expect_client_refused(token(form), not_asked);
}

BOOST_AUTO_TEST_CASE(an_assertion_that_was_spent_elsewhere_proves_nothing_here) {
    registered("shop", method::private_key_jwt);
    const std::string access = token(by_assertion("a")).text("access_token");
    const std::string proof = std::string(assertion_parameters) + assertion("b");
    const answer told = asked("/introspect", "token=" + access + proof);
    BOOST_TEST(told.status() == 200U, told.body());
    for (const char* path : {"/introspect", "/revoke"}) {
        expect_client_refused(asked(path, "token=" + access + proof), not_asked);
    }
    BOOST_TEST(asked("/revoke", "token=" + access + assertion_parameters + assertion("c")).status() == 200U);
    expect_client_refused(token(std::string(grant) + assertion_parameters + assertion("c")), not_asked);
}

BOOST_AUTO_TEST_CASE(unknown_disabled_removed_and_wrong_are_one_answer) {
    client shop = registered("shop", method::client_secret_basic);
    const std::string right = secret;
    const answer wrong = token(grant, basic("shop", "wrong"));
    expect_client_refused(wrong, asked_for_basic);
    std::vector<answer> all{token(grant, basic("unknown", right)), token(grant, basic("pawl", right))};
    shop.enabled = false;
    change(shop);
    all.push_back(token(grant, basic("shop", right)));
    shop.enabled = true;
    shop.removed = true;
    change(shop);
    all.push_back(token(grant, basic("shop", right)));
    for (const answer& a : all) {
        expect_client_refused(a, asked_for_basic);
        BOOST_TEST(a.body() == wrong.body());
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_authentication_is_an_invalid_request) {
    registered("shop", method::client_secret_basic);
    const std::string right = basic("shop", secret);
    const std::string form = grant;
    for (const answer& a :
         {token(form, "Basic !"), token(form + "&client_id=other", right), token(form + "&client_secret=x", right),
          token(form + assertion_parameters + assertion("a"), right), token(form + "&client_secret=x"),
          token(form + "&client_assertion=x"), token(form + "&client_id=shop&client_id=shop")}) {
        BOOST_TEST(a.status() == 400U, a.body());
        BOOST_TEST(a.text("error") == "invalid_request");
        BOOST_TEST(a.text("error_description").front() != ' ');
    }
}

BOOST_AUTO_TEST_CASE(without_a_known_client_it_is_the_first_party_but_not_for_grants_of_clients) {
    registered("shop", method::client_secret_basic);
    for (const char* more : {"", "&client_id=", "&client_id=other", "&client_id=pawl", "&client_secret="}) {
        expect_tokens(token(std::string(password_form) + more));
    }
    expect_tokens(token(password_form, basic("", ""))); // Swagger UI
    expect_tokens(token(password_form, "Bearer x"));
    for (const char* more : {"", "&client_id=", "&client_id=other", "&client_id=pawl"}) {
        expect_client_refused(token(std::string(grant) + more), not_asked);
    }
    expect_client_refused(token(grant, basic("", "")), asked_for_basic);
    expect_client_refused(token(password_form, basic("other", "x")), asked_for_basic);
    expect_client_refused(token(std::string(password_form) + "&client_id=shop"), not_asked);
}

BOOST_AUTO_TEST_CASE(the_first_party_s_ways_are_closed_to_registered_clients) {
    registered("shop", method::client_secret_basic);
    const std::string right = basic("shop", secret);
    BOOST_TEST(token(password_form, right).text("error") == "unauthorized_client");
    const std::string refresh = logged_in().text("refresh_token");
    BOOST_TEST(token("grant_type=refresh_token&refresh_token=" + refresh, right).status() != 200U);
    expect_tokens(token("grant_type=refresh_token&refresh_token=" + refresh)); // and nothing happened to it
}

BOOST_AUTO_TEST_CASE(a_public_client_is_named_and_gets_nothing_for_itself) {
    registered("page", method::none);
    BOOST_TEST(token(std::string(grant) + "&client_id=page").text("error") == "unauthorized_client");
    BOOST_TEST(token(std::string(password_form) + "&client_id=page").text("error") == "unauthorized_client");
    expect_client_refused(asked("/introspect", "token=x&client_id=page"), not_asked);
}

BOOST_AUTO_TEST_CASE(guesses_are_counted_by_client_and_lock_no_user_out) {
    registered("shop", method::client_secret_basic);
    client_attempts.limit = 3;
    limiter.limit = 1;
    for (unsigned i = 0; i < 3; ++i) {
        expect_client_refused(token(grant, basic("shop", "wrong")), asked_for_basic);
    }
    const answer throttled = token(grant, basic("shop", secret));
    BOOST_TEST(throttled.status() == 429U);
    BOOST_TEST(throttled.header("Retry-After") == "17");
    BOOST_TEST(client_attempts.counted("client shop") == 3U);
    expect_client_refused(token(grant, basic("other", "wrong")), asked_for_basic);
    expect_tokens(token(password_form));
}

BOOST_AUTO_TEST_CASE(success_and_a_wrong_clock_are_no_guesses) {
    registered("shop", method::private_key_jwt);
    for (unsigned i = 0; i < 5; ++i) {
        expect_token(token(by_assertion(std::to_string(i))));
        expect_client_refused(token(by_assertion("late" + std::to_string(i), 700)), not_asked);
    }
    BOOST_TEST(client_attempts.counted("client shop") == 0U);
    std::string forged = by_assertion("x");
    forged[forged.size() - 5] = forged[forged.size() - 5] == 'A' ? 'B' : 'A';
    expect_client_refused(token(forged), not_asked);
    BOOST_TEST(client_attempts.counted("client shop") == 1U);
}

BOOST_AUTO_TEST_CASE(after_a_restart_an_assertion_from_before_is_refused_and_says_so) {
    registered("shop", method::private_key_jwt);
    const std::string before = by_assertion("a");
    expect_token(token(before));
    data.not_served.add({time.now_ms() + milliseconds(200), time.now_ms() + milliseconds(700)});
    client_guard anew{with_clients, client_attempts}; // knows nothing of what was taken
    server.client_proofs = &anew;
    time.advance(seconds(1));
    const answer refused = token(before);
    expect_client_refused(refused, not_asked);
    BOOST_TEST(refused.text("error_description").find("before the server started") != std::string::npos);
    expect_token(token(by_assertion("a")));
}

BOOST_AUTO_TEST_CASE(a_client_that_fills_its_part_of_the_table_is_told_to_wait) {
    const client shop = registered("shop", method::private_key_jwt);
    const timestamp ends = time.now() + seconds(60);
    bool is_full = false;
    for (unsigned i = 0; i < 200'000 && !is_full; ++i) {
        is_full = proofs.spend(shop.number, {std::to_string(i) + "x", ends}).has_error();
    }
    BOOST_TEST(is_full);
    const answer refused = token(by_assertion("a"));
    BOOST_TEST(refused.status() == 503U);
    BOOST_TEST(refused.text("error") == "temporarily_unavailable");
    BOOST_TEST(refused.header("Retry-After") == "60");
}

BOOST_AUTO_TEST_SUITE_END()
