// What operators do with clients, APIs and scopes, and what is kept of it.
#include "core/provider/client_secret.hpp"
#include "core/service/client_service.hpp"
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

struct client_world : service_world {
    client_world() { by.from = from_host(7); }

    static client_wishes service(std::string id) {
        client_wishes w;
        w.client_id = std::move(id);
        w.preset = std::optional(client_preset::service);
        return w;
    }
    made_client make(std::string id) { return run(clients.create_client(by, service(std::move(id)))).value(); }
    result<client_ptr> change(std::string id, client_wishes w) {
        return run(clients.change_client(by, std::move(id), std::move(w)));
    }
    result<added_secret> rotate(std::string id, seconds overlap = secret_overlap_default) {
        return run(clients.add_secret(by, std::move(id), overlap));
    }
    result<seen_api> make_api(std::string identifier, std::vector<std::string> scopes = {}) {
        api_wishes w;
        w.identifier = std::move(identifier);
        w.scopes = std::optional(std::move(scopes));
        return run(clients.create_api(by, std::move(w)));
    }
    result<scope_ptr> make_scope(std::string name, std::string api = {}) {
        scope_wishes w;
        w.name = std::move(name);
        w.api = std::optional(std::move(api));
        return run(clients.create_scope(by, std::move(w)));
    }
    bool takes(const std::string& id, const secret_string& secret) {
        const client_ptr c = entities.find_client(id);
        return c != nullptr && is_secret_of(*keys->capsules, *c, secret.reveal(), time.now());
    }
    // "client_created shop" of each act, in their order.
    std::vector<std::string> acts() const {
        std::vector<std::string> out;
        for (const security_event& e : data.events()) {
            out.push_back(std::string(name_of(e.kind)) + " " + e.about);
        }
        return out;
    }
    std::vector<std::string> scopes_of(const std::string& identifier) const {
        std::vector<std::string> names;
        const catalogue_ptr all = entities.find_catalogue();
        for (const scope_ptr& s : all->scopes) {
            if (s->api == identifier) {
                names.push_back(s->name);
            }
        }
        return names;
    }

    operator_caller by;
};

errc code_of(const auto& outcome) {
    return outcome ? errc{} : outcome.error().code;
}

std::string fields_of(const auto& outcome) {
    std::string all;
    for (const field_error& e : outcome.error().fields) {
        all += (all.empty() ? "" : " ") + e.field;
    }
    return all;
}

using texts = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(client_service_, client_world)

BOOST_AUTO_TEST_CASE(a_client_that_is_made_has_a_secret_that_is_told_once) {
    const made_client made = make("shop");
    BOOST_TEST(made.secret.reveal().starts_with("pcs_"));
    BOOST_TEST(takes("shop", made.secret));
    BOOST_TEST(made.record->number.value >= first_registered_client.value);
    BOOST_TEST((made.record->created_at == time.now()));
    BOOST_TEST((*made.record == *entities.find_client("shop")));
    BOOST_TEST(acts() == texts{"client_created shop"}, boost::test_tools::per_element());
    BOOST_TEST((code_of(run(clients.create_client(by, service("shop")))) == errc::client_id_taken));
    client_wishes page;
    page.client_id = "page";
    page.preset = std::optional(client_preset::spa);
    page.redirect_uris = std::optional(texts{"https://page.example/"});
    const made_client without = run(clients.create_client(by, page)).value();
    BOOST_TEST(without.secret.reveal().empty());
    BOOST_TEST(without.record->secrets.empty());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_at_once_and_changes_nothing) {
    client_wishes w = service("a b");
    w.scopes = std::optional(texts{"nope"});
    w.apis = std::optional(texts{"nope"});
    const auto refused = run(clients.create_client(by, w));
    BOOST_TEST((code_of(refused) == errc::validation_failed));
    BOOST_TEST(fields_of(refused) == "client_id scopes[0] apis[0]");
    BOOST_TEST(entities.count_clients() == 0U);
    BOOST_TEST(acts().empty());
}

BOOST_AUTO_TEST_CASE(there_are_as_many_clients_as_there_may_be) {
    settings.clients_max = 2;
    make("a");
    make("b");
    BOOST_TEST((code_of(run(clients.create_client(by, service("c")))) == errc::too_many_entities));
    run(clients.remove_client(by, "a")).value();
    make("c");
}

BOOST_AUTO_TEST_CASE(a_change_leaves_what_it_does_not_name_and_says_what_it_changed) {
    make_api("https://orders.example", {"orders:read"}).value();
    make("shop");
    client_wishes w;
    w.name = std::optional(std::string("Shop"));
    w.apis = std::optional(texts{"https://orders.example"});
    w.scopes = std::optional(texts{"orders:read"});
    const client_ptr changed = change("shop", w).value();
    BOOST_TEST(changed->secrets.size() == 1U);
    BOOST_TEST(changed->client_credentials);
    BOOST_TEST(acts().back() == "client_changed shop: name scopes apis");
    const std::size_t before = acts().size();
    BOOST_TEST((change("shop", w).value()->version == changed->version)); // nothing new: no record, no event
    BOOST_TEST(acts().size() == before);
    w = {};
    w.client_id = "other";
    BOOST_TEST(fields_of(change("shop", w)) == "client_id");
    BOOST_TEST((code_of(change("nope", {})) == errc::client_not_found));
}

BOOST_AUTO_TEST_CASE(disabling_removing_and_logging_out_end_every_token_of_the_client) {
    const std::uint32_t first = make("shop").record->epoch;
    client_wishes off, on;
    off.enabled = std::optional(false);
    on.enabled = std::optional(true);
    const client_ptr disabled = change("shop", off).value();
    BOOST_TEST(!disabled->admits(first));
    BOOST_TEST((disabled->epoch_raised_at == time.now()));
    const client_ptr enabled = change("shop", on).value();
    BOOST_TEST(!enabled->admits(first)); // what disabling ended stays ended
    BOOST_TEST(enabled->admits(enabled->epoch));
    run(clients.log_out_client(by, "shop")).value();
    BOOST_TEST(!entities.find_client("shop")->admits(enabled->epoch));
    BOOST_TEST(acts().back() == "client_logged_out shop");
    run(clients.remove_client(by, "shop")).value();
    BOOST_TEST(acts().back() == "client_removed shop");
    BOOST_TEST((entities.find_client("shop") == nullptr));
    BOOST_TEST((code_of(run(clients.log_out_client(by, "shop"))) == errc::client_not_found));
    BOOST_TEST((code_of(run(clients.remove_client(by, "shop"))) == errc::client_not_found));
    BOOST_TEST((code_of(run(clients.find_client("shop"))) == errc::client_not_found));
}

BOOST_AUTO_TEST_CASE(a_new_client_of_an_old_name_takes_no_secret_of_the_old_one) {
    const made_client old = make("shop");
    run(clients.remove_client(by, "shop")).value();
    const made_client fresh = make("shop");
    BOOST_TEST(fresh.record->number.value != old.record->number.value);
    BOOST_TEST(!takes("shop", old.secret));
    BOOST_TEST(takes("shop", fresh.secret));
}

BOOST_AUTO_TEST_CASE(an_older_secret_ends_after_the_overlap_and_two_are_good_at_a_time) {
    const secret_string first = make("shop").secret;
    const added_secret second = rotate("shop", seconds(100)).value();
    BOOST_TEST(second.serial == 2U);
    BOOST_TEST((takes("shop", first) && takes("shop", second.text)));
    time.advance(seconds(99));
    BOOST_TEST(takes("shop", first));
    time.advance(seconds(1));
    BOOST_TEST((!takes("shop", first) && takes("shop", second.text)));
    const added_secret third = rotate("shop").value();
    const added_secret fourth = rotate("shop").value(); // the third's two are good: the oldest ends at once
    BOOST_TEST(!takes("shop", second.text));
    BOOST_TEST((takes("shop", third.text) && takes("shop", fourth.text)));
    BOOST_TEST(entities.find_client("shop")->secrets.size() == 2U);
    BOOST_TEST(acts().back() == "client_secret_retired shop 2");
    const added_secret fifth = rotate("shop", seconds(0)).value(); // a leak: all before it end
    BOOST_TEST((!takes("shop", third.text) && !takes("shop", fourth.text) && takes("shop", fifth.text)));
    BOOST_TEST(fifth.serial == 5U);
    BOOST_TEST((fields_of(rotate("shop", seconds(-1))) == "overlap"));
    BOOST_TEST((fields_of(rotate("shop", secret_overlap_max + seconds(1))) == "overlap"));
    BOOST_TEST((code_of(rotate("nope")) == errc::client_not_found));
}

BOOST_AUTO_TEST_CASE(a_later_overlap_never_lengthens_what_ends_sooner) {
    const secret_string first = make("shop").secret;
    rotate("shop", seconds(10)).value();
    time.advance(seconds(5));
    run(clients.remove_secret(by, "shop", 2)).value();
    rotate("shop", seconds(1000)).value();
    time.advance(seconds(5));
    BOOST_TEST(!takes("shop", first));
}

BOOST_AUTO_TEST_CASE(a_secret_that_is_removed_is_good_no_longer) {
    const secret_string first = make("shop").secret;
    run(clients.remove_secret(by, "shop", 1)).value();
    BOOST_TEST(!takes("shop", first));
    BOOST_TEST(acts().back() == "client_secret_retired shop 1");
    BOOST_TEST((code_of(run(clients.remove_secret(by, "shop", 1))) == errc::secret_not_found));
    BOOST_TEST((code_of(run(clients.remove_secret(by, "shop", 0))) == errc::secret_not_found));
    BOOST_TEST(rotate("shop").value().serial == 2U); // a serial is never given again
}

BOOST_AUTO_TEST_CASE(a_client_that_proves_itself_in_another_way_has_no_secret) {
    const secret_string first = make("shop").secret;
    client_wishes w;
    w.auth_method = std::optional(client_auth_method::private_key_jwt);
    w.jwks = std::optional(
        std::string(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})"));
    BOOST_TEST(change("shop", w).value()->secrets.empty());
    BOOST_TEST(fields_of(rotate("shop")) == "auth_method");
    w.auth_method = std::optional(client_auth_method::client_secret_basic);
    change("shop", w).value();
    BOOST_TEST(!takes("shop", first)); // coming back does not make it good again
}

BOOST_AUTO_TEST_CASE(clients_come_in_pages) {
    for (const char* id : {"a", "b", "c"}) {
        make(id);
    }
    const client_page first = run(clients.list_clients({}, 2)).value();
    BOOST_TEST(first.clients.size() == 2U);
    BOOST_REQUIRE(first.next.has_value());
    const client_page second = run(clients.list_clients(*first.next, 2)).value();
    BOOST_TEST(second.clients.size() == 1U);
    BOOST_TEST(second.clients.front()->client_id == "c");
    BOOST_TEST(!second.next.has_value());
}

BOOST_AUTO_TEST_CASE(an_api_is_made_with_its_scopes) {
    make_scope("old").value();
    const seen_api made = make_api("https://orders.example", {"orders:read", "old"}).value();
    BOOST_TEST(made.record->name == "https://orders.example");
    BOOST_TEST(scopes_of("https://orders.example") == (texts{"old", "orders:read"}), boost::test_tools::per_element());
    BOOST_TEST(acts() == (texts{"scope_created old", "api_created https://orders.example", "scope_created orders:read",
                                "scope_changed old: api"}),
               boost::test_tools::per_element());
    BOOST_TEST((code_of(make_api("https://orders.example")) == errc::api_taken));
    BOOST_TEST(fields_of(make_api("other", {"old", "openid", "x", "x"})) == "scopes[0] scopes[1] scopes[3]");
    BOOST_TEST((entities.find_catalogue()->find_api("other") == nullptr));
    api_wishes w;
    w.scopes = std::optional(texts{"orders:write"});
    run(clients.change_api(by, "https://orders.example", w)).value();
    BOOST_TEST(scopes_of("https://orders.example") == (texts{"orders:write"}), boost::test_tools::per_element());
    BOOST_TEST((entities.find_catalogue()->find_scope("orders:read") != nullptr)); // it belongs to no API
}

BOOST_AUTO_TEST_CASE(an_api_is_changed_and_its_identifier_never) {
    make_api("a").value();
    api_wishes w;
    w.name = std::optional(std::string("Orders"));
    w.token_format = std::optional(access_token_format::opaque);
    BOOST_TEST(run(clients.change_api(by, "a", w)).value().record->name == "Orders");
    BOOST_TEST(acts().back() == "api_changed a: name token_format");
    w.identifier = "b";
    w.access_token_ttl = std::optional(seconds(-5));
    BOOST_TEST(fields_of(run(clients.change_api(by, "a", w))) == "access_token_ttl identifier");
    BOOST_TEST((code_of(run(clients.change_api(by, "b", {}))) == errc::api_not_found));
    BOOST_TEST((code_of(run(clients.find_api("b"))) == errc::api_not_found));
}

BOOST_AUTO_TEST_CASE(what_a_client_or_a_scope_names_is_not_removed) {
    make_api("a", {"s"}).value();
    client_wishes w = service("shop");
    w.scopes = std::optional(texts{"s"});
    w.apis = std::optional(texts{"a"});
    run(clients.create_client(by, w)).value();
    BOOST_TEST((code_of(run(clients.remove_scope(by, "s"))) == errc::still_named));
    BOOST_TEST((code_of(run(clients.remove_api(by, "a"))) == errc::still_named));
    w = {};
    w.scopes = w.apis = std::optional(texts{});
    change("shop", w).value();
    BOOST_TEST((code_of(run(clients.remove_api(by, "a"))) == errc::still_named)); // the scope names it
    run(clients.remove_scope(by, "s")).value();
    run(clients.remove_api(by, "a")).value();
    BOOST_TEST(acts().back() == "api_removed a");
    BOOST_TEST((code_of(run(clients.remove_api(by, "a"))) == errc::api_not_found));
    BOOST_TEST((code_of(run(clients.remove_scope(by, "s"))) == errc::scope_not_found));
}

BOOST_AUTO_TEST_CASE(a_scope_is_made_changed_and_removed) {
    make_api("a").value();
    BOOST_TEST(make_scope("s", "a").value()->api == "a");
    BOOST_TEST((code_of(make_scope("s")) == errc::scope_taken));
    BOOST_TEST(fields_of(make_scope("openid", "nope")) == "name api");
    scope_wishes w;
    w.roles = std::optional(texts{"clerk"});
    w.text_en = std::optional(std::string("Read orders"));
    BOOST_TEST(run(clients.change_scope(by, "s", w)).value()->text_en == "Read orders");
    BOOST_TEST(acts().back() == "scope_changed s: texts roles");
    w.name = "t";
    BOOST_TEST(fields_of(run(clients.change_scope(by, "s", w))) == "name");
    run(clients.remove_scope(by, "s")).value();
    BOOST_TEST((code_of(run(clients.find_scope("s"))) == errc::scope_not_found));
}

BOOST_AUTO_TEST_CASE(there_are_as_many_scopes_as_there_may_be) {
    for (unsigned i = first_defined_scope; i < scopes_max; ++i) {
        make_scope("s" + std::to_string(i)).value();
    }
    BOOST_TEST((code_of(make_scope("one")) == errc::too_many_entities));
    BOOST_TEST((code_of(make_api("a", {"one"})) == errc::too_many_entities));
    BOOST_TEST(entities.find_catalogue()->apis.empty());
}

BOOST_AUTO_TEST_CASE(a_caller_that_is_no_operator_any_more_changes_nothing) {
    make("shop");
    const user_id bob = add_user("bob@example.org", "bob");
    operator_caller plain;
    plain.who = signed_in(log_in("bob").value());
    const std::size_t before = acts().size();
    BOOST_TEST((code_of(run(clients.create_client(plain, service("x")))) == errc::not_admin));
    BOOST_TEST((code_of(run(clients.change_client(plain, "shop", {}))) == errc::not_admin));
    BOOST_TEST((code_of(run(clients.remove_client(plain, "shop"))) == errc::not_admin));
    BOOST_TEST((code_of(run(clients.add_secret(plain, "shop", seconds(0)))) == errc::not_admin));
    BOOST_TEST((code_of(run(clients.remove_secret(plain, "shop", 1))) == errc::not_admin));
    BOOST_TEST((code_of(run(clients.log_out_client(plain, "shop"))) == errc::not_admin));
    BOOST_TEST((code_of(run(clients.create_api(plain, {}))) == errc::not_admin));
    BOOST_TEST((code_of(run(clients.change_api(plain, "a", {}))) == errc::not_admin));
    BOOST_TEST((code_of(run(clients.remove_api(plain, "a"))) == errc::not_admin));
    BOOST_TEST((code_of(run(clients.create_scope(plain, {}))) == errc::not_admin));
    BOOST_TEST((code_of(run(clients.change_scope(plain, "s", {}))) == errc::not_admin));
    BOOST_TEST((code_of(run(clients.remove_scope(plain, "s"))) == errc::not_admin));
    BOOST_TEST(acts().size() == before);
    run(admin.remove_user(by, bob)).value();
    BOOST_TEST((code_of(run(clients.create_client(plain, service("x")))) == errc::invalid_access_token));
}

BOOST_AUTO_TEST_SUITE_END()
