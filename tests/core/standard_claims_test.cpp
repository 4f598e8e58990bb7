// Standard claims: which each scope releases, where they come from, and how a family keeps those asked for by name.
#include "core/provider/attributes.hpp"
#include "core/provider/standard_claims.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace pawl;

namespace {

constexpr claim_set all_claims = ~claim_set{0};

user ada() {
    user u;
    u.id.value = 7;
    u.email = "ada@example.com";
    u.username = "ada";
    u.first_name = "Ada";
    u.surname = "Lovelace";
    u.roles = {"editor"};
    return u;
}
user with(std::string_view attributes) {
    user u;
    std::string why;
    u.attributes = check_attributes(attributes, why).value();
    return u;
}
claim_set bits(const std::vector<std::string_view>& names) {
    claim_set all = 0;
    for (const std::string_view name : names) {
        BOOST_TEST_REQUIRE(claim_bit(name) != 0U, name);
        all |= claim_bit(name);
    }
    return all;
}
claim_set released_by(builtin_scope one) {
    scope_set scopes;
    scopes.insert(static_cast<std::size_t>(one));
    return claims_of_scopes(scopes);
}

} // namespace

BOOST_AUTO_TEST_SUITE(standard_claims)

// OIDC Core 5.4.
BOOST_AUTO_TEST_CASE(each_scope_releases_the_claims_that_core_lists_for_it) {
    BOOST_TEST(released_by(builtin_scope::profile) ==
               bits({"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile",
                     "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"}));
    BOOST_TEST(released_by(builtin_scope::email) == bits({"email", "email_verified"}));
    BOOST_TEST(released_by(builtin_scope::address) == bits({"address"}));
    BOOST_TEST(released_by(builtin_scope::phone) == bits({"phone_number", "phone_number_verified"}));
    BOOST_TEST(released_by(builtin_scope::openid) == 0U);
}

// Families keep them on disk.
BOOST_AUTO_TEST_CASE(a_claim_never_changes_its_bit) {
    const std::vector<std::string_view> names{"sub",
                                              "name",
                                              "given_name",
                                              "family_name",
                                              "preferred_username",
                                              "email",
                                              "email_verified",
                                              "roles",
                                              "address",
                                              "phone_number",
                                              "phone_number_verified",
                                              "middle_name",
                                              "nickname",
                                              "profile",
                                              "picture",
                                              "website",
                                              "gender",
                                              "birthdate",
                                              "zoneinfo",
                                              "locale",
                                              "updated_at"};
    const auto known = claims_supported();
    BOOST_TEST((std::vector<std::string_view>(known.begin(), known.end()) == names));
    for (std::size_t i = 1; i < names.size(); ++i) {
        BOOST_TEST(claim_bit(names[i]) == claim_set{1} << i, names[i]);
    }
    BOOST_TEST(claim_bit("sub") == 0U);
    BOOST_TEST(claim_bit("shoe_size") == 0U);
}

BOOST_AUTO_TEST_CASE(the_record_comes_before_the_attributes) {
    user u = ada();
    u.attributes = R"({"name":"N","given_name":"G","family_name":"F","preferred_username":"P","email":"x@example.com",)"
                   R"("email_verified":true,"roles":["root"],"sub":"1"})";
    BOOST_TEST(claim_members(u, all_claims) ==
               R"(,"name":"Ada Lovelace","given_name":"Ada","family_name":"Lovelace","preferred_username":"ada",)"
               R"("email":"ada@example.com","email_verified":false,"roles":["editor"])");
    u.first_name = u.surname = u.username = u.email = "";
    BOOST_TEST(claim_members(u, all_claims) ==
               R"(,"name":"N","given_name":"G","family_name":"F","preferred_username":"P","roles":["editor"])");
}

BOOST_AUTO_TEST_CASE(a_user_that_was_never_changed_was_updated_when_it_was_made) {
    user u = ada();
    u.version = 1;
    u.created_at = timestamp{seconds(1'796'000'000)};
    BOOST_TEST(claim_members(u, claim_bit("updated_at")) == R"(,"updated_at":1796000000)");
    u.attributes = R"({"updated_at":1797000000})";
    BOOST_TEST(claim_members(u, claim_bit("updated_at")) == R"(,"updated_at":1797000000)");
    u.attributes.clear();
    u.version = 2;
    BOOST_TEST(claim_members(u, claim_bit("updated_at")).empty());
    u.version = 1;
    u.created_at = timestamp{}; // not known
    BOOST_TEST(claim_members(u, claim_bit("updated_at")).empty());
}

BOOST_AUTO_TEST_CASE(a_claim_comes_from_the_attribute_of_its_name_and_type_alone) {
    struct row {
        const char* attributes;
        const char* claims; // without roles, which are always there
    };
    const row rows[] = {
        {R"({"nickname":"ada"})", R"(,"nickname":"ada")"},
        {R"({"middle_name":"King","profile":"https://a/p","picture":"https://a/i","website":"https://a"})",
         R"(,"middle_name":"King","profile":"https://a/p","picture":"https://a/i","website":"https://a")"},
        {R"({"gender":"female","birthdate":"1815-12-10","zoneinfo":"Europe/London","locale":"en-GB"})",
         R"(,"gender":"female","birthdate":"1815-12-10","zoneinfo":"Europe/London","locale":"en-GB")"},
        {R"({"phone_number":"+44 20 1","phone_number_verified":true})",
         R"(,"phone_number":"+44 20 1","phone_number_verified":true)"},
        {R"({"phone_number_verified":false})", R"(,"phone_number_verified":false)"},
        {R"({"updated_at":1796000000})", R"(,"updated_at":1796000000)"},
        {R"({"address":{"street_address":"1 A St","locality":"London"}})",
         R"(,"address":{"street_address":"1 A St","locality":"London"})"},
        {R"({"address":{"a \"b\"":"line\n2"}})", R"(,"address":{"a \"b\"":"line\n2"})"},
        {R"({"nickname":1,"gender":null,"locale":["en"],"profile":{"a":"b"},"website":true})", ""},
        {R"({"nickname":""})", ""},
        {R"({"phone_number":442})", ""},
        {R"({"phone_number_verified":"true"})", ""},
        {R"({"updated_at":"1796000000"})", ""},
        {R"({"updated_at":1.5})", ""},
        {R"({"address":"1 A St"})", ""},
        {R"({"address":{}})", ""},
        {R"({"address":{"locality":1}})", ""},
        {R"({"colour":"red","a":{"nickname":"inner"}})", ""},
    };
    for (const row& r : rows) {
        const user u = with(r.attributes);
        BOOST_TEST(claim_members(u, all_claims & ~claim_bit("roles")) == r.claims, r.attributes);
    }
}

BOOST_AUTO_TEST_CASE(only_what_is_named_is_given) {
    const user u = with(R"({"nickname":"ada","gender":"female"})");
    BOOST_TEST(claim_members(u, claim_bit("gender")) == R"(,"gender":"female")");
    BOOST_TEST(claim_members(u, 0).empty());
    BOOST_TEST(claim_members(u, released_by(builtin_scope::phone)).empty());
}

// docs/decisions/0039-claims-in-one-word.md
BOOST_AUTO_TEST_CASE(a_word_keeps_the_first_ten_claims_for_each_place_and_the_others_for_both) {
    const auto names = claims_supported();
    for (std::size_t i = 1; i < names.size(); ++i) {
        const claim_set one = claim_set{1} << i;
        const bool is_own = i < own_claims;
        const std::uint32_t for_userinfo = pack_claims(one, 0), for_id_token = pack_claims(0, one);
        BOOST_TEST(userinfo_claims_of(for_userinfo) == one, names[i]);
        BOOST_TEST(id_token_claims_of(for_userinfo) == (is_own ? 0U : one), names[i]);
        BOOST_TEST(id_token_claims_of(for_id_token) == one, names[i]);
        BOOST_TEST(userinfo_claims_of(for_id_token) == (is_own ? 0U : one), names[i]);
    }
    const claim_set all = (claim_set{1} << names.size()) - 1;
    BOOST_TEST(userinfo_claims_of(pack_claims(all, 0)) == all);
    BOOST_TEST(id_token_claims_of(pack_claims(0, all)) == all);
}

BOOST_AUTO_TEST_CASE(words_on_disk_say_what_they_said) {
    // As the first seven claims were kept from the beginning: the place in the low half, in the high one for ID tokens.
    const std::uint32_t old = claim_bit("email") | claim_bit("name") << 16U;
    BOOST_TEST(userinfo_claims_of(old) == claim_bit("email"));
    BOOST_TEST(id_token_claims_of(old) == claim_bit("name"));
    BOOST_TEST(pack_claims(claim_bit("email"), claim_bit("name")) == old);
    BOOST_TEST(pack_claims(claim_bit("middle_name"), 0) == 1U << 11U);
    BOOST_TEST(pack_claims(0, claim_bit("website")) == 1U << 15U);
    BOOST_TEST(pack_claims(claim_bit("gender"), 0) == 1U << 27U);
    BOOST_TEST(pack_claims(0, claim_bit("updated_at")) == 1U << 31U);
    BOOST_TEST(pack_claims(claim_bit("address"), claim_bit("phone_number")) == ((1U << 8U) | (1U << 25U)));
}

BOOST_AUTO_TEST_SUITE_END()
