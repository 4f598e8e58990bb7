// What a request claims of its client, and whether that holds: tables over all that can come.
#include "core/provider/client_authentication.hpp"

#include "core/provider/client_secret.hpp"
#include "tests/support/client_proofs.hpp"
#include "tests/support/test_keys.hpp"

#include <boost/test/unit_test.hpp>

#include <sodium/utils.h>

using namespace pawl;
using namespace pawl::test;

namespace {

using method = client_auth_method;
using check = claim_check;

constexpr std::string_view bearer_type = client_assertion_type;

std::string base64(std::string_view text) {
    std::string out(sodium_base64_ENCODED_LEN(text.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    out.pop_back();
    return out;
}

std::string basic(std::string_view pair) {
    return "Basic " + base64(pair);
}

struct shown_row {
    std::string authorization{}, client_id{}, client_secret{}, assertion{}, type{};
};

client_claim claim_of(const shown_row& r) {
    return read_client_claim({r.authorization, r.client_id, r.client_secret, r.assertion, r.type});
}

const std::string& some_assertion() {
    static const std::string made = assertion_maker().make();
    return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_claims)

BOOST_AUTO_TEST_CASE(what_claims_no_client) {
    const shown_row rows[] = {
        {},
        {.authorization = basic(":")}, // Swagger UI and FastAPI's pages
        {.authorization = "Basic "},
        {.authorization = "Basic"},
        {.authorization = "Bearer abc"},
        {.authorization = "DPoP abc"},
        {.authorization = "Basically " + base64("shop:secret")},
    };
    for (const shown_row& r : rows) {
        BOOST_TEST_CONTEXT(r.authorization) {
            const client_claim claim = claim_of(r);
            BOOST_TEST(claim.problem == "");
            BOOST_TEST(!claim.is_made());
        }
    }
}

BOOST_AUTO_TEST_CASE(what_claims_one_and_how) {
    const struct {
        shown_row shown;
        method how;
        std::string id, proof;
    } rows[] = {
        {{.client_id = "shop"}, method::none, "shop", ""},
        {{.authorization = basic(":"), .client_id = "shop"}, method::none, "shop", ""},
        {{.authorization = basic("shop:secret")}, method::client_secret_basic, "shop", "secret"},
        {{.authorization = "bAsIc   " + base64("shop:secret") + " "}, method::client_secret_basic, "shop", "secret"},
        {{.authorization = basic("shop:")}, method::none, "shop", ""},
        {{.authorization = basic("shop:a:b")}, method::client_secret_basic, "shop", "a:b"},
        {{.authorization = basic("s%68op:a%3Ab%25+%2B")}, method::client_secret_basic, "shop", "a:b% +"},
        {{.authorization = basic("sh%3aop:x")}, method::client_secret_basic, "sh:op", "x"},
        {{.authorization = basic("shop:secret"), .client_id = "shop"}, method::client_secret_basic, "shop", "secret"},
        {{.client_id = "shop", .client_secret = "secret"}, method::client_secret_post, "shop", "secret"},
        {{.authorization = basic(":"), .client_id = "shop", .client_secret = "secret"},
         method::client_secret_post,
         "shop",
         "secret"},
        {{.assertion = some_assertion(), .type = std::string(bearer_type)},
         method::private_key_jwt,
         "shop",
         some_assertion()},
        {{.client_id = "shop", .assertion = some_assertion(), .type = std::string(bearer_type)},
         method::private_key_jwt,
         "shop",
         some_assertion()},
        {{.assertion = "x", .type = std::string(bearer_type)}, method::private_key_jwt, "", "x"},
    };
    for (const auto& r : rows) {
        BOOST_TEST_CONTEXT(r.shown.authorization << " " << r.shown.client_id) {
            const client_claim claim = claim_of(r.shown);
            BOOST_TEST(claim.problem == "");
            BOOST_TEST((claim.method == r.how));
            BOOST_TEST(claim.client_id == r.id);
            BOOST_TEST(claim.proof.reveal() == r.proof);
            BOOST_TEST(claim.by_header == (r.how == method::client_secret_basic));
            BOOST_TEST(claim.is_made());
            BOOST_TEST(claim.is_supported);
        }
    }
}

BOOST_AUTO_TEST_CASE(another_kind_of_assertion_is_a_method_that_is_not_taken) {
    const client_claim claim =
        claim_of({.assertion = "<saml/>", .type = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"});
    BOOST_TEST(claim.problem == "");
    BOOST_TEST(!claim.is_supported);
}

BOOST_AUTO_TEST_CASE(what_is_no_request_at_all) {
    const std::string type(bearer_type);
    const shown_row rows[] = {
        {.authorization = "Basic !"},
        {.authorization = "Basic c2hvcA"},            // no padding
        {.authorization = "Basic " + base64("shop")}, // no colon
        {.authorization = "Basic " + base64("shop:x") + "="},
        {.authorization = "Basic c2hvcDp4 c2hvcDp4"},
        {.authorization = "Basic c2hvcDp4\nc2hvcDp4"},
        {.authorization = "Basic c2hvcDr="},  // spare bits that are not zero
        {.authorization = "Basic c2hv-_p4"},  // the other alphabet
        {.authorization = basic("shop:50%")}, // not form-encoded
        {.authorization = basic("sh%zzop:x")},
        {.authorization = basic(":secret")},
        {.client_secret = "secret"},
        {.assertion = some_assertion()},
        {.type = type},
        {.client_id = "shop", .type = type},
        {.authorization = basic("shop:x"), .client_id = "other"},
        {.client_id = "other", .assertion = some_assertion(), .type = type},
        {.authorization = basic("shop:x"), .client_secret = "x"},
        {.authorization = basic("shop:x"), .client_id = "shop", .client_secret = "x"},
        {.authorization = basic("shop:x"), .assertion = some_assertion(), .type = type},
        {.client_id = "shop", .client_secret = "x", .assertion = some_assertion(), .type = type},
        {.authorization = basic("shop:x"),
         .client_id = "shop",
         .client_secret = "x",
         .assertion = some_assertion(),
         .type = type},
    };
    for (const shown_row& r : rows) {
        BOOST_TEST_CONTEXT(r.authorization << " " << r.client_id << " " << r.client_secret << " " << r.assertion) {
            const client_claim claim = claim_of(r);
            BOOST_TEST(claim.problem != "");
            BOOST_TEST(claim.proof.empty());
            BOOST_TEST(claim.problem.find("secret!") == std::string_view::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(grants_that_are_for_registered_clients_alone) {
    for (const char* name : {"", "password", "refresh_token", "something"}) {
        BOOST_TEST(is_first_party_grant(name));
    }
    for (const char* name : {"client_credentials", "authorization_code"}) {
        BOOST_TEST(!is_first_party_grant(name));
    }
}

namespace {

struct clients_fixture {
    key_ring_ptr keys = make_test_keys();
    seeded_random random{3};
    timestamp now{seconds(1000)};
    std::string secret;

    client registered(method how) {
        client c;
        c.number = client_number{17};
        c.client_id = "shop";
        c.auth_method = how;
        made_secret made = make_client_secret(*keys->capsules, c.number, 1, now, {}, random);
        secret = made.text.reveal();
        c.secrets.push_back(made.entry);
        c.secrets.push_back(digest_given_secret(*keys->capsules, "chosen elsewhere", 2, now, timestamp(seconds(2000))));
        c.jwks = client_key_of(jws_algorithm::es256).jwks();
        return c;
    }
    client_claim claim(method how, std::string_view proof, std::string id = "shop") {
        client_claim made;
        made.method = how;
        made.client_id = std::move(id);
        made.proof = secret_string(proof);
        return made;
    }
    claim_result ask(const client_claim& claimed, const client* record) {
        return check_client_claim(claimed, record,
                                  {*keys->capsules, "https://issuer.example", "https://issuer.example/token", now, {}});
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_claim_holds_only_by_the_method_that_the_client_is_registered_with, clients_fixture) {
    constexpr method all[] = {method::none, method::client_secret_basic, method::client_secret_post,
                              method::private_key_jwt};
    for (const method registered_with : all) {
        const client record = registered(registered_with);
        for (const method shown : all) {
            const bool is_secret = shown == method::client_secret_basic || shown == method::client_secret_post;
            const std::string proof = is_secret                          ? secret
                                      : shown == method::private_key_jwt ? assertion_maker().make()
                                                                         : std::string();
            const claim_result found = ask(claim(shown, proof), &record);
            BOOST_TEST_CONTEXT(static_cast<int>(registered_with) << " " << static_cast<int>(shown)) {
                BOOST_TEST((found.check == (shown == registered_with ? check::proven : check::other_method)));
                BOOST_TEST(found.taken.id.empty() == !(shown == registered_with && shown == method::private_key_jwt));
            }
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_proof_that_does_not_fit_and_a_client_that_may_not, clients_fixture) {
    client record = registered(method::client_secret_basic);
    const std::string right = secret;
    const client_claim good = claim(method::client_secret_basic, right);
    BOOST_TEST((ask(good, &record).check == check::proven));
    BOOST_TEST((ask(claim(method::client_secret_basic, "chosen elsewhere"), &record).check == check::proven));
    BOOST_TEST((ask(good, nullptr).check == check::unknown_client));
    for (const std::string& wrong :
         {std::string(), std::string("x"), right + "x", right.substr(1), std::string("chosen elsewherE")}) {
        BOOST_TEST((ask(claim(method::client_secret_basic, wrong), &record).check == check::wrong_secret));
    }
    now = timestamp(seconds(2000)); // one has expired
    BOOST_TEST((ask(claim(method::client_secret_basic, "chosen elsewhere"), &record).check == check::wrong_secret));
    BOOST_TEST((ask(good, &record).check == check::proven));
    record.number = client_number{18}; // another's secret
    BOOST_TEST((ask(good, &record).check == check::wrong_secret));
    record.number = client_number{17};
    record.enabled = false;
    BOOST_TEST((ask(good, &record).check == check::disabled));
    record.enabled = true;
    record.removed = true;
    BOOST_TEST((ask(good, &record).check == check::unknown_client));
    record.removed = false;
    record.secrets.clear();
    BOOST_TEST((ask(good, &record).check == check::wrong_secret));
    BOOST_TEST((ask(claim(method::client_secret_basic, ""), &record).check == check::wrong_secret));
}

BOOST_FIXTURE_TEST_CASE(an_assertion_says_why_it_does_not_hold, clients_fixture) {
    client record = registered(method::private_key_jwt);
    assertion_maker maker;
    BOOST_TEST((ask(claim(method::private_key_jwt, maker.make()), &record).check == check::proven));
    maker.pair = &client_key_of(jws_algorithm::es256, 1);
    claim_result found = ask(claim(method::private_key_jwt, maker.make()), &record);
    BOOST_TEST((found.check == check::bad_assertion));
    BOOST_TEST((found.assertion == assertion_check::bad_signature));
    BOOST_TEST(found.taken.id == "");
    record.jwks = "";
    found = ask(claim(method::private_key_jwt, maker.make()), &record);
    BOOST_TEST((found.check == check::bad_keys));
    client_claim other_kind = claim(method::private_key_jwt, maker.make());
    other_kind.is_supported = false;
    BOOST_TEST((ask(other_kind, &record).check == check::other_method));
}

BOOST_AUTO_TEST_SUITE_END()
