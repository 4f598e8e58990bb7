// Keys for ID tokens: made before the first client that needs one is there, and for no request that is refused.
#include "core/port/signer_maker.hpp"
#include "core/service/client_service.hpp"
#include "tests/support/named_key.hpp"
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

// Keys for ID tokens by name alone; `between` runs while one is made.
struct fake_signers final : signer_maker {
    explicit fake_signers(key_ring_ptr& r) : ring(r) {}
    key_ring_ptr& ring;
    std::function<void()> between;
    std::optional<errc> refuses;
    std::vector<std::string> made;
    task<result<std::string>> make_signer(jws_algorithm algorithm) override {
        if (const auto now = std::exchange(between, {})) {
            now();
        }
        if (refuses) {
            co_return *refuses;
        }
        made.emplace_back(to_text(algorithm));
        test_key_ring(algorithm);
        co_return "signing " + made.back();
    }
    void test_key_ring(jws_algorithm algorithm) {
        auto more = std::make_shared<key_ring>(*ring);
        more->other_signers.push_back({timestamp{}, std::make_shared<const named_key>(algorithm)});
        ring = std::move(more);
    }
};

struct signers_world : service_world {
    signers_world() { // access tokens by a key that is not shared
        auto ring = std::make_shared<key_ring>(*keys);
        ring->signing_key = std::make_shared<const named_key>(jws_algorithm::es256);
        keys = std::move(ring);
    }
    static client_wishes service(std::string id) {
        client_wishes w;
        w.client_id = std::move(id);
        w.preset = std::optional(client_preset::service);
        return w;
    }
    static client_wishes web(std::string id, id_token_algorithm algorithm = id_token_algorithm::rs256) {
        client_wishes w;
        w.client_id = std::move(id);
        w.preset = std::optional(client_preset::web);
        w.redirect_uris = std::optional(std::vector<std::string>{"https://shop.example/cb"});
        w.id_token_alg = std::optional(algorithm);
        return w;
    }
    static client_wishes algorithm(id_token_algorithm wanted) {
        client_wishes w;
        w.id_token_alg = std::optional(wanted);
        return w;
    }
    result<made_client> create(client_wishes w) { return run(with_keys.create_client(by, std::move(w))); }
    result<client_ptr> patch(std::string id, client_wishes w) {
        return run(with_keys.change_client(by, std::move(id), std::move(w)));
    }
    void make(std::string id) { run(clients.create_client(by, service(std::move(id)))).value(); }
    static errc code_of(const auto& outcome) { return outcome ? errc{} : outcome.error().code; }
    // "client_created shop" of each act, in their order.
    std::vector<std::string> acts() const {
        std::vector<std::string> out;
        for (const security_event& e : data.events()) {
            out.push_back(std::string(name_of(e.kind)) + " " + e.about);
        }
        return out;
    }
    void expect_nothing_made() {
        BOOST_TEST(signers.made.empty());
        BOOST_TEST(data.events().empty());
    }

    operator_caller by;
    fake_signers signers{keys};
    client_service with_keys{context, &signers};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(client_signers, signers_world)

BOOST_AUTO_TEST_CASE(the_first_client_of_an_algorithm_makes_its_key_and_that_is_an_event) {
    BOOST_REQUIRE(create(web("one")));
    BOOST_REQUIRE(create(web("two")));
    BOOST_REQUIRE(create(web("three", id_token_algorithm::es256))); // which access tokens are signed with
    BOOST_REQUIRE(create(web("four", id_token_algorithm::eddsa)));
    BOOST_REQUIRE(create(service("five"))); // signs in no people
    BOOST_TEST((signers.made == std::vector<std::string>{"RS256", "EdDSA"}));
    BOOST_TEST(
        (acts() == std::vector<std::string>{"key_added signing RS256", "client_created one", "client_created two",
                                            "client_created three", "key_added signing EdDSA", "client_created four",
                                            "client_created five"}));
}

BOOST_AUTO_TEST_CASE(a_client_that_is_refused_makes_no_key) {
    client_wishes wrong = web("shop");
    wrong.redirect_uris = std::optional(std::vector<std::string>{"no URI"});
    BOOST_TEST((code_of(create(wrong)) == errc::validation_failed));
    settings.clients_max = 0;
    BOOST_TEST((code_of(create(web("shop"))) == errc::too_many_entities));
    settings.clients_max = 10;
    BOOST_TEST((code_of(patch("shop", algorithm(id_token_algorithm::rs256))) == errc::client_not_found));
    expect_nothing_made();
    make("shop");
    const std::size_t before = data.events().size();
    BOOST_TEST((code_of(create(web("shop"))) == errc::client_id_taken));
    client_wishes renamed = web("other");
    BOOST_TEST((code_of(patch("shop", renamed)) == errc::validation_failed));
    by.who = principal{}; // no operator any more
    by.who->user = std::make_shared<const user>();
    BOOST_TEST(!create(web("more")).has_value());
    BOOST_TEST(signers.made.empty());
    BOOST_TEST(data.events().size() == before);
}

BOOST_AUTO_TEST_CASE(where_no_key_can_be_made_there_is_no_client) {
    signers.refuses = errc::key_file_read_only;
    BOOST_TEST((code_of(create(web("shop"))) == errc::key_file_read_only));
    BOOST_TEST((entities.find_client("shop") == nullptr));
    expect_nothing_made();
    BOOST_REQUIRE(create(web("shop", id_token_algorithm::es256)));
    BOOST_TEST((code_of(patch("shop", algorithm(id_token_algorithm::rs256))) == errc::key_file_read_only));
    BOOST_TEST((entities.find_client("shop")->id_token_alg == id_token_algorithm::es256));
}

BOOST_AUTO_TEST_CASE(a_change_of_something_else_asks_for_no_key) {
    BOOST_REQUIRE(create(web("shop")));
    auto lost = std::make_shared<key_ring>(*keys); // a key file that can't be written
    lost->other_signers.clear();
    keys = std::move(lost);
    signers.refuses = errc::key_file_read_only;
    client_wishes off;
    off.enabled = std::optional(false);
    BOOST_TEST(patch("shop", off).has_value()); // whatever is, a client can be disabled
    BOOST_TEST(patch("shop", algorithm(id_token_algorithm::rs256)).has_value()); // as it is already
}

// One makes it a client that signs people in, the other changes the algorithm: each alone needs no key, or another.
BOOST_AUTO_TEST_CASE(two_changes_at_once_leave_no_client_without_a_key) {
    make("shop");              // without the grant authorization_code
    signers.between = [this] { // RS256 is made for the one below
        BOOST_TEST(patch("shop", algorithm(id_token_algorithm::eddsa)).has_value());
    };
    client_wishes people;
    people.preset = std::optional(client_preset::web);
    people.grants = std::optional(client_grants{.authorization_code = true});
    people.redirect_uris = std::optional(std::vector<std::string>{"https://shop.example/cb"});
    const auto changed = patch("shop", people);
    BOOST_REQUIRE(changed);
    BOOST_TEST(((*changed)->id_token_alg == id_token_algorithm::eddsa));
    BOOST_TEST((signers.made == std::vector<std::string>{"RS256", "EdDSA"}));
    BOOST_TEST((keys->signer_of(jws_algorithm::eddsa, time.now()) != nullptr));
}

BOOST_AUTO_TEST_CASE(a_client_of_that_name_that_came_while_the_key_was_made_is_not_replaced) {
    signers.between = [this] { make("shop"); };
    BOOST_TEST((code_of(create(web("shop"))) == errc::client_id_taken));
    BOOST_TEST(!entities.find_client("shop")->authorization_code);
}

BOOST_AUTO_TEST_CASE(under_hs256_there_are_no_keys_of_id_tokens) {
    keys = make_test_keys();
    BOOST_TEST(create(web("shop")).has_value());
    BOOST_TEST(signers.made.empty());
}

BOOST_AUTO_TEST_SUITE_END()
