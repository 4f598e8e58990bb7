// Names of clients, APIs and scopes: which text is one.
#include "core/provider/catalogue.hpp"
#include "core/provider/client.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace pawl;

namespace {

constexpr std::string_view not_in_ids = " !\"#$%&'()*+,/;<=>?@[\\]^`{|}\x7f";

bool is_every_character(std::string_view among, bool (*is_one)(std::string_view), bool expected) {
    for (const char c : among) {
        if (is_one("a" + std::string(1, c)) != expected) {
            BOOST_TEST_MESSAGE("character " << static_cast<int>(c));
            return false;
        }
    }
    return true;
}

} // namespace

BOOST_AUTO_TEST_SUITE(provider_text)

BOOST_AUTO_TEST_CASE(a_client_id_has_unreserved_characters_and_colons) {
    BOOST_TEST(is_client_id("shop-web.1_~:x"));
    BOOST_TEST(is_client_id(std::string(client_id_size_max, 'a')));
    BOOST_TEST(!is_client_id(std::string(client_id_size_max + 1, 'a')));
    BOOST_TEST(!is_client_id(""));
    BOOST_TEST(is_every_character(not_in_ids, is_client_id, false));
    BOOST_TEST(!is_client_id("a\xc3\xbc"));
    BOOST_TEST(!is_client_id(std::string_view("a\0b", 3)));
}

BOOST_AUTO_TEST_CASE(what_the_server_keeps_for_itself_is_no_client_id) {
    for (const char* const reserved : {"pawl", "pawl-web", "pawlet", "forward:x", "forward:", "0", "1234567890", "a@b",
                                       "@", "https:", "https://app.example/client.json"}) {
        BOOST_TEST(is_reserved_client_id(reserved), reserved);
        BOOST_TEST(!is_client_id(reserved), reserved);
    }
    for (const char* const free : {"", "pa", "apawl", "forward", "0a", "http:x", "a.https:"}) {
        BOOST_TEST(!is_reserved_client_id(free), free);
    }
}

BOOST_AUTO_TEST_CASE(a_scope_name_has_the_characters_of_a_scope_token) {
    for (int c = 0; c < 256; ++c) {
        const std::string one(1, static_cast<char>(c));
        const bool expected = c == 0x21 || (c >= 0x23 && c <= 0x5B) || (c >= 0x5D && c <= 0x7E);
        BOOST_TEST(is_scope_name(one) == expected, "character " << c);
    }
    BOOST_TEST(!is_scope_name(""));
    BOOST_TEST(is_scope_name(std::string(scope_name_size_max, 'a')));
    BOOST_TEST(!is_scope_name(std::string(scope_name_size_max + 1, 'a')));
    for (const char* const builtin : {"openid", "profile", "email", "address", "phone", "offline_access", "roles",
                                      "account", "admin", "introspect"}) {
        BOOST_TEST(is_builtin_scope(builtin), builtin);
    }
    BOOST_TEST(!is_builtin_scope("Openid"));
    BOOST_TEST(!is_builtin_scope("orders:read"));
}

BOOST_AUTO_TEST_CASE(an_api_identifier_is_printable_without_blanks_quotes_backslashes_and_fragments) {
    BOOST_TEST(is_api_identifier("https://api.shop.example/v1?a=b"));
    BOOST_TEST(is_api_identifier("orders"));
    BOOST_TEST(is_every_character(" \"\\#\x7f\t\n", is_api_identifier, false));
    BOOST_TEST(!is_api_identifier("\xc3\xbc"));
    BOOST_TEST(!is_api_identifier(""));
    BOOST_TEST(is_api_identifier(std::string(api_identifier_size_max, 'a')));
    BOOST_TEST(!is_api_identifier(std::string(api_identifier_size_max + 1, 'a')));
}

BOOST_AUTO_TEST_CASE(a_scope_parameter_is_names_with_one_space_between) {
    struct row {
        const char* text;
        bool good;
        std::vector<std::string> names;
    };
    const row rows[] = {
        {"", true, {}},
        {"a", true, {"a"}},
        {"b a", true, {"b", "a"}},
        {"a b a", true, {"a", "b"}}, // a repeat means nothing
        {" a", false, {}},
        {"a ", false, {}},
        {"a  b", false, {}},
        {"a\tb", false, {}},
        {"a \"b\"", false, {}},
        {" ", false, {}},
    };
    for (const row& r : rows) {
        std::vector<std::string> names;
        BOOST_TEST(read_scope_parameter(r.text, names) == r.good, "'" << r.text << "'");
        if (r.good) {
            BOOST_TEST(names == r.names, boost::test_tools::per_element());
        }
    }
    std::string many;
    for (int i = 0; i < scopes_max; ++i) {
        many += (i == 0 ? "s" : " s") + std::to_string(i);
    }
    std::vector<std::string> names;
    BOOST_TEST(read_scope_parameter(many, names));
    BOOST_TEST(names.size() == scopes_max);
    names.clear();
    BOOST_TEST(read_scope_parameter(many + " s0", names));
    names.clear();
    BOOST_TEST(!read_scope_parameter(many + " one-more", names));
}

BOOST_AUTO_TEST_CASE(a_catalogue_finds_by_the_whole_name_alone) {
    catalogue all;
    BOOST_TEST(all.find_api("a") == nullptr);
    BOOST_TEST(all.find_scope("a") == nullptr);
    for (const char* const name : {"a", "ab", "b"}) {
        api a;
        a.identifier = name;
        all.apis.push_back(std::make_shared<const api>(a));
        scope s;
        s.name = name;
        all.scopes.push_back(std::make_shared<const scope>(s));
    }
    for (const char* const name : {"a", "ab", "b"}) {
        BOOST_TEST_REQUIRE(all.find_api(name) != nullptr);
        BOOST_TEST(all.find_api(name)->identifier == name);
        BOOST_TEST(all.find_scope(name)->name == name);
    }
    for (const char* const name : {"", "A", "aa", "abc", "c"}) {
        BOOST_TEST(all.find_api(name) == nullptr, name);
        BOOST_TEST(all.find_scope(name) == nullptr, name);
    }
}

BOOST_AUTO_TEST_CASE(of_a_removed_client_who_it_was_is_kept_and_nothing_that_it_could_use) {
    client c;
    c.number.value = 16;
    c.version = 3;
    c.client_id = "shop";
    c.epoch = 4;
    c.secrets = {{.serial = 2}};
    c.last_serial = 2;
    c.jwks = "{}";
    c.redirect_uris = c.scopes = c.apis = {"a"};
    c.client_credentials = true;
    const client gone = tombstone_of(c);
    BOOST_TEST(gone.removed);
    BOOST_TEST(!gone.enabled);
    BOOST_TEST(gone.client_id == "shop");
    BOOST_TEST(gone.version == 3U);
    BOOST_TEST(gone.epoch == 4U);
    BOOST_TEST((gone.secrets.empty() && gone.jwks.empty() && gone.redirect_uris.empty() && gone.scopes.empty() &&
                gone.apis.empty() && !gone.client_credentials));
    BOOST_TEST((tombstone_of(gone) == gone));
    BOOST_TEST(!gone.admits(4));
}

BOOST_AUTO_TEST_SUITE_END()
