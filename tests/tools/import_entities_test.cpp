// Clients, APIs, scopes and revoked tokens as lines of an export: what is written is read back, and nothing else is.
#include "app/transfer/import_apply.hpp"
#include "app/transfer/import_line.hpp"
#include "tests/support/memory_registry.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

client whole_client() {
    client c;
    c.number.value = 17;
    c.version = 5;
    c.client_id = "shop.web:1~_";
    c.name = "The \"shop\"";
    c.preset = client_preset::agent;
    c.confidential = false;
    c.enabled = false;
    c.epoch = 3;
    c.epoch_raised_at = timestamp(seconds(1'700'000'003));
    c.redirect_uris = {"https://shop.example/back", "http://127.0.0.1/back"};
    c.post_logout_redirect_uris = {"https://shop.example/"};
    c.authorization_code = c.refresh_token = c.client_credentials = true;
    c.auth_method = client_auth_method::private_key_jwt;
    c.secrets = {{.serial = 2, .key_id = 1, .proof = {1, 2, 3}, .created_at = timestamp(seconds(1'700'000'000))},
                 {.serial = 9,
                  .what = client_secret_entry::kind::given,
                  .key_id = 0,
                  .created_at = timestamp(seconds(1'700'000'001)),
                  .expires_at = timestamp(seconds(1'800'000'000))}};
    c.secrets[1].proof.fill(0xA5);
    c.last_serial = 9;
    c.jwks = R"({"keys":[]})";
    c.scopes = {"orders:read", "openid"};
    c.default_scopes = {"openid"};
    c.apis = {"https://api.shop.example"};
    c.consent = client_consent::never;
    c.pkce = client_pkce::optional;
    c.bind = client_binding::session;
    c.code_reuse = code_reuse_rule::deny;
    c.token_format = client_token_format::opaque;
    c.access_token_ttl = seconds(600);
    c.refresh_idle_ttl = seconds(601);
    c.refresh_absolute_ttl = seconds(602);
    c.reuse_window = seconds(3);
    c.lost_response_window = seconds(4);
    c.attributes = R"({"team":"sales"})";
    c.origin = client_origin::seed;
    c.created_at = timestamp(seconds(1'700'000'000));
    return c;
}
api whole_api() {
    api a;
    a.number.value = 3;
    a.version = 2;
    a.identifier = "https://api.shop.example";
    a.name = "Orders";
    a.token_format = access_token_format::opaque;
    a.access_token_ttl = seconds(60);
    a.created_at = timestamp(seconds(1'700'000'000));
    return a;
}
scope whole_scope() {
    scope s;
    s.number.value = 20;
    s.version = 2;
    s.name = "orders:read";
    s.text_en = "Read your orders";
    s.text_de = "Bestellungen lesen";
    s.api = "https://api.shop.example";
    s.roles = {"clerk"};
    s.created_at = timestamp(seconds(1'700'000'000));
    return s;
}

template <class Record>
bool comes_back(const Record& r) {
    const import_record read = read_import_line(export_line(r));
    const auto* const got = std::get_if<Record>(&read);
    return got != nullptr && *got == r;
}
std::string why(const std::string& line) {
    const import_record record = read_import_line(line);
    const auto* const refusal = std::get_if<import_refusal>(&record);
    return refusal == nullptr ? std::string() : refusal->why;
}

} // namespace

BOOST_AUTO_TEST_SUITE(transfer_entities)

BOOST_AUTO_TEST_CASE(the_word_of_a_factor_is_a_text_and_is_read_from_a_number_too) {
    factor_state f;
    f.user.value = 7;
    f.factor = 2;
    f.word = 0xFFFF'FFFF'FFFF'FFFF;
    BOOST_TEST(comes_back(f));
    BOOST_TEST(export_line(f).find(R"("word":"18446744073709551615")") != std::string::npos);
    const std::string start = R"({"factor_word":{"user":7,"factor":2,"kind":"recovery","word":)";
    for (const char* const good : {"18446744073709551615", "\"18446744073709551615\"", "\"0\"", "null"}) {
        BOOST_TEST(why(start + good + "}}") == "", good);
    }
    const import_record read = read_import_line(start + "29695672320000661}}");
    BOOST_TEST(std::get<factor_state>(read).word == 29'695'672'320'000'661U);
    for (const char* const bad : {"18446744073709551616", "\"18446744073709551616\"", "\"\"", "\"-1\"", "\"1 \"",
                                  "\" 1\"", "\"0x1\"", "\"1e3\"", "1.5", "-1", "[1]", "true"}) {
        BOOST_TEST(why(start + bad + "}}").find("word must be a") != std::string::npos,
                   bad << ": " << why(start + bad + "}}"));
    }
}

BOOST_AUTO_TEST_CASE(each_is_read_back_as_it_was_written) {
    BOOST_TEST(comes_back(whole_client()));
    BOOST_TEST(comes_back(tombstone_of(whole_client())));
    BOOST_TEST(comes_back(whole_api()));
    BOOST_TEST(comes_back(whole_scope()));
    BOOST_TEST(comes_back(revoked_token{token_id{{7, 8}}, client_number{17}, timestamp(seconds(1'800'000'000))}));
    consent c;
    c.user.value = 7;
    c.client.value = 17;
    c.version = 5;
    c.era = 2;
    c.scopes.insert(0);
    c.scopes.insert(255);
    c.granted_at = timestamp(seconds(1'800'000'000));
    c.withdrawn_at = timestamp(seconds(1'700'000'000));
    BOOST_TEST(comes_back(c));
    BOOST_TEST(comes_back(withdrawn(c, timestamp(seconds(1'800'000'001)))));
}

BOOST_AUTO_TEST_CASE(the_largest_client_that_a_store_holds_is_one_line) {
    client c = whole_client();
    c.redirect_uris.assign(client_uris_max, std::string(client_uri_size_max, 'u'));
    c.attributes = "{\"a\":\"" + std::string(client_attributes_size_max - 8, 'a') + "\"}";
    c.jwks = "{\"a\":\"" + std::string(client_jwks_size_max - 8, 'a') + "\"}";
    BOOST_TEST(comes_back(c));
}

BOOST_AUTO_TEST_CASE(of_a_client_only_its_id_is_required) {
    const import_record read = read_import_line(R"({"client":{"client_id":"shop"}})");
    BOOST_REQUIRE(std::holds_alternative<client>(read));
    client expected;
    expected.client_id = "shop";
    BOOST_TEST((std::get<client>(read) == expected));
}

BOOST_AUTO_TEST_CASE(what_no_store_may_hold_is_refused_with_its_reason) {
    struct row {
        const char* line;
        const char* says;
    };
    const std::vector<row> rows{
        {R"({"client":{}})", "client_id"},
        {R"({"client":{"client_id":"pawl-web"}})", "client_id"},
        {R"({"client":{"client_id":"a b"}})", "client_id"},
        {R"({"client":{"client_id":"a","colour":1}})", "colour"},
        {R"({"client":{"client_id":"a","number":15}})", "bounds"},
        {R"({"client":{"client_id":"a","number":4294967296}})", "number"},
        {R"({"client":{"client_id":"a","preset":"cloud"}})", "preset"},
        {R"({"client":{"client_id":"a","scopes":["a b"]}})", "scopes"},
        {R"({"client":{"client_id":"a","default_scopes":["a"]}})", "default_scopes"},
        {R"({"client":{"client_id":"a","apis":["a b"]}})", "apis"},
        {R"({"client":{"client_id":"a","attributes":"[]"}})", "attributes"},
        {R"({"client":{"client_id":"a","jwks":"{"}})", "jwks"},
        {R"({"client":{"client_id":"a","removed":true,"scopes":["a"]}})", "removed"},
        {R"({"client":{"client_id":"a","secrets":[1]}})", "secrets"},
        {R"({"client":{"client_id":"a","secrets":[{"serial":1}]}})", "proof"},
        {R"({"client":{"client_id":"a","secrets":[{"serial":1,"proof":"00"}]}})", "proof"},
        {R"({"api":{"identifier":"a#b"}})", "identifier"},
        {R"({"api":{"identifier":"a","access_token_ttl":-1}})", "access_token_ttl"},
        {R"({"scope":{"name":"openid"}})", "name"},
        {R"({"scope":{"name":"a","number":256}})", "bounds"},
        {R"({"scope":{"name":"a","roles":[""]}})", "bounds"},
        {R"({"revoked_token":{"id":"00","client":16}})", "id"},
        {R"({"revoked_token":{"id":"00000000000000000000000000000001","client":0}})", "bounds"},
        {R"({"consent":{"client":16,"scopes":"0"}})", "bounds"},
        {R"({"consent":{"user":1,"client":15,"scopes":"0"}})", "bounds"},
        {R"({"consent":{"user":1,"client":16}})", "scopes"},
        {R"({"consent":{"user":1,"client":16,"scopes":"0 256"}})", "scopes"},
        {R"({"consent":{"user":1,"client":16,"scopes":["openid"]}})", "scopes"},
        {R"({"consent":{"user":1,"client":16,"scopes":"0","era":2}})", "bounds"},
        {R"({"clients":{"client_id":"a"}})", "none of"},
    };
    for (const row& r : rows) {
        BOOST_TEST(why(r.line).find(r.says) != std::string::npos, r.line << ": " << why(r.line));
    }
}

BOOST_AUTO_TEST_CASE(first_and_last_line_count_them_and_are_as_before_where_there_are_none) {
    export_head head;
    BOOST_TEST(export_line(head).find("\"pawl_export\":1,") != std::string::npos);
    BOOST_TEST(export_line(head).find("clients") == std::string::npos);
    head.others["clients"] = 2;
    BOOST_TEST(export_line(head).find("\"pawl_export\":2,") != std::string::npos);
    BOOST_TEST((std::get<export_head>(read_import_line(export_line(head))).others == head.others));
    const import_record end = read_import_line(export_end_line(1, 2, head.others));
    BOOST_TEST((std::get<import_end>(end).others == head.others));
}

BOOST_AUTO_TEST_CASE(a_line_is_added_once_and_changes_nothing_that_is_there) {
    test::memory_registry entities;
    BOOST_TEST((apply_import(entities, whole_api())->outcome == import_outcome::added));
    BOOST_TEST((apply_import(entities, whole_scope())->outcome == import_outcome::added));
    BOOST_TEST(apply_import(entities, whole_client())->subject == "client 17");
    BOOST_TEST((apply_import(entities, whole_client())->outcome == import_outcome::same));
    client other = whole_client();
    other.name = "Another";
    BOOST_TEST((apply_import(entities, other)->outcome == import_outcome::id_taken));
    other.number.value = 18;
    BOOST_TEST((apply_import(entities, other)->outcome == import_outcome::name_taken));
    other.number.value = 0;
    BOOST_TEST((apply_import(entities, other)->outcome == import_outcome::name_taken));
    other.client_id = "fresh";
    BOOST_TEST(apply_import(entities, other)->subject == "client 18");
    const revoked_token token{token_id{{1}}, client_number{17}, timestamp(seconds(1'800'000'000))};
    BOOST_TEST((apply_import(entities, token)->outcome == import_outcome::added));
    BOOST_TEST((apply_import(entities, token)->outcome == import_outcome::same));
}

BOOST_AUTO_TEST_SUITE_END()
