// Clients, APIs, scopes, revoked tokens as records: their bytes, what is refused, what dumps and exports say of them.
#include "storage/entity/all.hpp"
#include "storage/history/record_json.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::storage;

namespace {

client shop() {
    client c;
    c.number.value = 16;
    c.version = 2;
    c.client_id = "shop";
    c.name = "The shop";
    c.preset = client_preset::service;
    c.client_credentials = true;
    c.epoch = 3;
    c.epoch_raised_at = timestamp(seconds(5));
    c.secrets = {{.serial = 1, .key_id = 2, .proof = {0xAB, 0xCD}, .created_at = timestamp(seconds(7))},
                 {.serial = 4,
                  .what = client_secret_entry::kind::given,
                  .proof = {},
                  .created_at = timestamp(seconds(8)),
                  .expires_at = timestamp(seconds(9))}};
    c.secrets[1].proof.fill(0xEF);
    c.last_serial = 4;
    c.scopes = {"a", "b"};
    c.default_scopes = {"a"};
    c.apis = {"x"};
    c.jwks = "{}";
    c.access_token_ttl = seconds(600);
    c.created_at = timestamp(seconds(6));
    return c;
}
api orders() {
    return {.number = {1}, .version = 1, .removed = false, .identifier = "https://a", .name = "A"};
}
scope reading() {
    scope s;
    s.number.value = 16;
    s.name = "a:read";
    s.text_en = "Read";
    s.api = "https://a";
    s.roles = {"clerk"};
    return s;
}
revoked_token gone() {
    return {token_id{{1, 2, 3}}, client_number{16}, timestamp(seconds(1'800'000'000))};
}

consent allowed() {
    consent c;
    c.user.value = 7;
    c.client.value = 16;
    c.version = 5;
    c.era = 2;
    c.scopes.insert(0);
    c.scopes.insert(17);
    c.granted_at = timestamp(seconds(9));
    c.withdrawn_at = timestamp(seconds(8));
    return c;
}

std::string hex(const std::vector<std::uint8_t>& bytes) {
    std::string out;
    for (const std::uint8_t b : bytes) {
        out += "0123456789abcdef"[b >> 4U];
        out += "0123456789abcdef"[b & 0xFU];
    }
    return out;
}
template <class Record>
decoding read(const std::vector<std::uint8_t>& body, Record& out, std::uint16_t version = 1) {
    return decode({type_of<Record>, version, body, 1, {}}, out);
}
template <class Record>
bool comes_back(const Record& r) {
    Record again;
    return read(encode_body(r), again) == decoding::ok && again == r;
}
template <class Record>
std::string told_to(const Record& r, audience to) {
    std::string out;
    json_object_writer w(out);
    to == audience::owner ? tell_exported(w, r) : tell(w, r);
    w.end();
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(provider_codec)

BOOST_AUTO_TEST_CASE(what_is_written_comes_back) {
    BOOST_TEST(comes_back(shop()));
    BOOST_TEST(comes_back(tombstone_of(shop())));
    BOOST_TEST(comes_back(orders()));
    BOOST_TEST(comes_back(reading()));
    BOOST_TEST(comes_back(gone()));
    BOOST_TEST(comes_back(allowed()));
    BOOST_TEST(comes_back(withdrawn(allowed(), timestamp(seconds(10)))));
}

// Bytes are for ever (docs/on-disk.md).
BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_version_1) {
    BOOST_TEST(hex(encode_body(gone())) == "010203000000000000000000000000001000000000d2496b00000000");
    BOOST_TEST(hex(encode_body(orders())) ==
               "010001000000000000000000000000000000000000000000090068747470733a2f2f61010041");
    BOOST_TEST(hex(encode_body(reading())) == "100001000000000000000000000000000000000600613a72656164040052"
                                              "6561640000090068747470733a2f2f6101000500636c65726b");
}

BOOST_AUTO_TEST_CASE(the_bytes_of_a_consent_are_those_of_version_1) {
    BOOST_TEST(hex(encode_body(allowed())) == "0700000000000000" + std::string("10000000") + "0500000000000000" +
                                                  "02000000" + "0100020000000000" + std::string(48, '0') +
                                                  "0900000000000000" + "0800000000000000");
}

BOOST_AUTO_TEST_CASE(a_consent_that_no_program_wrote_is_malformed) {
    struct row {
        const char* what;
        std::function<void(consent&)> change;
    };
    const row rows[] = {
        {"no user", [](consent& c) { c.user.value = 0; }},
        {"a client of the server's own", [](consent& c) { c.client.value = 15; }},
        {"no era", [](consent& c) { c.era = 0; }},
        {"no version", [](consent& c) { c.version = 0; }},
        {"more eras than versions", [](consent& c) { c.era = 6; }},
        {"nothing allowed, and never withdrawn",
         [](consent& c) {
             c.scopes = {};
             c.withdrawn_at = {};
         }},
    };
    for (const row& r : rows) {
        consent c = allowed(), out;
        r.change(c);
        BOOST_TEST((read(encode_body(c), out) == decoding::malformed), r.what);
    }
}

BOOST_AUTO_TEST_CASE(the_bytes_of_a_client_are_those_of_version_1) {
    std::string given_proof;
    for (int i = 0; i < 32; ++i) {
        given_proof += "ef";
    }
    const std::string fixed = "1000000002000000000000002604010000000000000006000000000000000300000005000000000000"
                              "00580200000000000000000000000000000000000004000000";
    const std::string secrets = "02010000000002abcd" + std::string(60, '0') + "07000000000000000000000000000000" +
                                "040000000100" + given_proof + "08000000000000000900000000000000";
    const std::string texts = "040073686f7008005468652073686f700000000002000100610100620100"
                              "010061010001007802007b7d0000";
    BOOST_TEST(hex(encode_body(shop())) == fixed + secrets + texts);
}

BOOST_AUTO_TEST_CASE(what_no_program_wrote_is_malformed) {
    struct row {
        const char* what;
        std::function<void(client&)> change;
    };
    const row rows[] = {
        {"a number of the server's own", [](client& c) { c.number.value = 15; }},
        {"no version", [](client& c) { c.version = 0; }},
        {"no client_id", [](client& c) { c.client_id.clear(); }},
        {"a client_id that is too long", [](client& c) { c.client_id.assign(client_id_size_max + 1, 'a'); }},
        {"a preset that does not exist", [](client& c) { c.preset = static_cast<client_preset>(6); }},
        {"a way to authenticate that does not exist",
         [](client& c) { c.auth_method = static_cast<client_auth_method>(4); }},
        {"three secrets", [](client& c) { c.secrets.push_back(c.secrets.back()); }},
        {"two secrets of one serial", [](client& c) { c.secrets[0].serial = 4; }},
        {"a secret without serial", [](client& c) { c.secrets[0].serial = 0; }},
        {"a secret above the last serial", [](client& c) { c.last_serial = 3; }},
        {"a made secret with a long proof", [](client& c) { c.secrets[0].proof[16] = 1; }},
        {"a kind of secret that does not exist",
         [](client& c) { c.secrets[0].what = static_cast<client_secret_entry::kind>(2); }},
        {"an empty scope", [](client& c) { c.scopes[0].clear(); }},
        {"too many APIs", [](client& c) { c.apis.assign(client_apis_max + 1, "x"); }},
        {"a tombstone with a secret", [](client& c) { c.removed = true; }},
    };
    for (const row& r : rows) {
        client c = shop(), out;
        r.change(c);
        BOOST_TEST((read(encode_body(c), out) == decoding::malformed), r.what);
    }
    api a = orders(), api_out;
    a.number.value = 0;
    BOOST_TEST((read(encode_body(a), api_out) == decoding::malformed));
    scope s = reading(), scope_out;
    s.number.value = scopes_max;
    BOOST_TEST((read(encode_body(s), scope_out) == decoding::malformed));
    revoked_token t = gone(), token_out;
    t.client.value = 0;
    BOOST_TEST((read(encode_body(t), token_out) == decoding::malformed));
}

BOOST_AUTO_TEST_CASE(a_body_cut_or_longer_is_malformed_and_a_later_version_newer) {
    const std::vector<std::uint8_t> whole = encode_body(shop());
    client out;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        BOOST_REQUIRE(
            (read({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}, out) == decoding::malformed));
    }
    std::vector<std::uint8_t> longer = whole;
    longer.push_back(0);
    BOOST_TEST((read(longer, out) == decoding::malformed));
    BOOST_TEST((read(whole, out, declaration<client>::version + 1) == decoding::newer));
}

BOOST_AUTO_TEST_CASE(a_client_with_hosts_is_of_version_2_and_one_without_as_before) {
    BOOST_TEST(version_of(shop()) == 1);
    client c = shop(), again;
    c.forward = {.hosts = {"app.example", "app.example:8443"}, .roles = {"editor"}, .scopes = {"read"}};
    BOOST_TEST(version_of(c) == 2);
    BOOST_TEST((read(encode_body(c), again, version_of(c)) == decoding::ok));
    BOOST_TEST((again == c));
    BOOST_TEST(told_to(c, audience::owner).find(R"("forward_hosts":["app.example","app.example:8443"])") !=
               std::string::npos);
    BOOST_TEST(told_to(shop(), audience::owner).find("forward_hosts") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_dump_has_no_proof_of_a_secret_and_an_export_has_it) {
    const std::string dumped = told_to(shop(), audience::reader), exported = told_to(shop(), audience::owner);
    BOOST_TEST(dumped.find("abcd0000") == std::string::npos);
    BOOST_TEST(dumped.find("efef") == std::string::npos);
    BOOST_TEST(dumped.find(R"("secrets":[{"serial":1,"what":"made","key_id":2,"created_at":"1970-01-01T00:00:07Z")") !=
               std::string::npos);
    BOOST_TEST(exported.find(R"("proof":"abcd0000)") != std::string::npos);
    BOOST_TEST(exported.find(R"("proof":"efefefef)") != std::string::npos);
    BOOST_TEST(record_json({type_of<client>, 1, {}, 1, {}}, shop()).find("efef") == std::string::npos);
    BOOST_TEST(plain_line(shop()).find("efef") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_comparison_names_what_changed_and_secrets_by_their_serials) {
    client b = shop();
    b.secrets.erase(b.secrets.begin());
    b.enabled = false;
    const std::vector<field_change> changes = changes_between(shop(), b);
    BOOST_TEST_REQUIRE(changes.size() == 2U);
    BOOST_TEST(changes[0].name == "enabled");
    BOOST_TEST(changes[1].name == "secrets");
    BOOST_TEST(changes[1].before == "1 made, 4 given until 1970-01-01T00:00:09Z");
    BOOST_TEST(changes[1].after == "4 given until 1970-01-01T00:00:09Z");
}

BOOST_AUTO_TEST_SUITE_END()
