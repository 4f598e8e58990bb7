// The parts of --dev that are pure: names, faults, recorded requests, seeds, repeatable chance. What they make together
// is tests/integration/dev_fixture_test.py.
#include "app/dev/faults.hpp"
#include "app/dev/json_lines.hpp"
#include "app/dev/plain_json.hpp"
#include "app/dev/repeatable_keys.hpp"
#include "app/dev/repeatable_random.hpp"
#include "app/dev/request_ring.hpp"
#include "app/dev/seed.hpp"
#include "app/http/request_hook.hpp"
#include "core/capsule/capsule.hpp"
#include "core/factor/decide_login.hpp"
#include "core/provider/client_secret.hpp"
#include "storage/store/embedded_store.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/test_keys.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace pawl;
using namespace pawl::app;
namespace json = boost::json;

namespace {

const route& row_named(std::string_view name) {
    for (const route& r : all_routes(true)) {
        if (r.name == name) {
            return r;
        }
    }
    throw std::logic_error("no such route");
}

http_request request_of(std::string_view method, std::string_view path) {
    http_request r;
    r.method_text = method;
    r.path = r.target = path;
    r.head = "GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\n\r\n";
    return r;
}

fault fault_of(std::string_view text) {
    const result<fault> read = read_fault(json::parse({text.data(), text.size()}).as_object());
    BOOST_REQUIRE(read.has_value());
    return *read;
}

bool refused(std::string_view text) {
    return read_fault(json::parse({text.data(), text.size()}).as_object()).has_error();
}

std::string why_not(std::string_view text) {
    const auto parsed = parse_seed(text);
    const seed_fault* fault = std::get_if<seed_fault>(&parsed);
    return fault == nullptr ? "(good)" : fault->what;
}

std::size_t line_of_fault(std::string_view text) {
    const auto parsed = parse_seed(text);
    const seed_fault* fault = std::get_if<seed_fault>(&parsed);
    return fault == nullptr ? 0 : fault->line;
}

std::string plain(std::string_view text) {
    return plain_json(json::parse({text.data(), text.size()}));
}

} // namespace

BOOST_AUTO_TEST_SUITE(dev_fixture)

BOOST_AUTO_TEST_CASE(realms_are_the_first_two_segments_of_a_path) {
    const auto is = [](std::string_view path, std::string_view realm, std::string_view rest) {
        const realm_path split = split_realm(path);
        BOOST_TEST(split.realm == realm, path);
        BOOST_TEST(split.path == rest, path);
    };
    is("/t/one/users/me", "one", "/users/me");
    is("/t/one", "one", "/");
    is("/t/one/", "one", "/");
    is("/t/A_z-09/t/two/x", "A_z-09", "/t/two/x");
    is("/users/me", "", "/users/me");
    is("/t/", "", "/t/");
    is("/t", "", "/t");
    is("/t//x", "", "/t//x");
    is("/t/a.b/x", "", "/t/a.b/x");
    is("/t/" + std::string(65, 'a') + "/x", "", "/t/" + std::string(65, 'a') + "/x");
    is("*", "", "*");
}

BOOST_AUTO_TEST_CASE(a_realm_by_a_name_that_is_not_allowed_is_told_so) {
    for (const std::string& path : {std::string("/t/a.b/login"), std::string("/t//login"), std::string("/t/a%20b"),
                                    "/t/" + std::string(65, 'a') + "/x"}) {
        BOOST_TEST(why_no_realm(path).find("1 to 64 of A-Z") != std::string_view::npos, path);
    }
    for (const std::string_view path : {"/t/one/nothing", "/t/one", "/t", "/nothing", "/tt/a.b", "*"}) {
        BOOST_TEST(why_no_realm(path).empty(), path);
    }
}

BOOST_AUTO_TEST_CASE(faults_fit_by_route_path_and_method_and_are_used_up) {
    test::seeded_random random(1);
    fault_list list;
    list.add(fault_of(R"({"fault":"delay","ms":5,"route":"refresh","count":2})"));
    list.add(fault_of(R"({"fault":"duplicate","path":"/refresh","method":"POST"})"));
    BOOST_TEST(list.take(row_named("login"), request_of("POST", "/login"), random).delay.count() == 0);
    const fault_effect both = list.take(row_named("refresh"), request_of("POST", "/refresh"), random);
    BOOST_TEST(both.delay.count() == 5);
    BOOST_TEST(both.duplicate);
    const fault_effect second = list.take(row_named("refresh"), request_of("POST", "/api/v1/auth/refresh"), random);
    BOOST_TEST(second.delay.count() == 5);
    BOOST_TEST(!second.duplicate);
    BOOST_TEST(list.all().empty());
    BOOST_TEST(list.take(row_named("refresh"), request_of("POST", "/refresh"), random).delay.count() == 0);
}

BOOST_AUTO_TEST_CASE(a_probability_is_about_how_often) {
    test::seeded_random random(2);
    fault_list list;
    list.add(fault_of(R"({"fault":"drop_reply_after_commit","probability":0.25,"count":0})"));
    int met = 0;
    for (int i = 0; i < 4000; ++i) {
        met += list.take(row_named("login"), request_of("POST", "/login"), random).drop ? 1 : 0;
    }
    BOOST_TEST(met > 800);
    BOOST_TEST(met < 1200);
    BOOST_TEST(list.all().front().hits == static_cast<std::uint64_t>(met));
}

BOOST_AUTO_TEST_CASE(faults_that_make_no_sense_are_refused) {
    for (const char* text : {R"({})", R"({"fault":"x"})", R"({"fault":"delay"})", R"({"fault":"delay","ms":60001})",
                             R"({"fault":"status","status":399})", R"({"fault":"status","status":600})",
                             R"({"fault":"duplicate","route":"nothing"})", R"({"fault":"duplicate","probability":1.5})",
                             R"({"fault":"duplicate","count":-1})", R"({"fault":"duplicate","unknown":1})",
                             R"({"fault":"duplicate","path":7})"}) {
        BOOST_TEST(refused(text), text);
    }
    fault_list list;
    for (std::size_t i = 0; i < faults_max; ++i) {
        BOOST_TEST(list.add({}).has_value());
    }
    BOOST_TEST(!list.add({}).has_value());
    BOOST_TEST(list.remove(1));
    BOOST_TEST(!list.remove(1));
    BOOST_TEST(list.add({}).has_value());
}

BOOST_AUTO_TEST_CASE(a_fault_reads_as_it_was_given) {
    const fault f = fault_of(R"({"fault":"status","status":429,"retry_after":3,"method":"GET","probability":0.5})");
    const json::value shown = json::parse(to_json(f));
    BOOST_TEST(shown.at("fault").as_string() == "status");
    BOOST_TEST(shown.at("status").as_int64() == 429);
    BOOST_TEST(shown.at("retry_after").as_int64() == 3);
    BOOST_TEST(shown.at("probability").as_double() == 0.5);
    BOOST_TEST(shown.as_object().if_contains("route") == nullptr);
}

BOOST_AUTO_TEST_CASE(recorded_requests_are_bounded_and_the_oldest_go) {
    request_ring ring;
    const std::string body(16 * 1024, 'x');
    for (int i = 0; i < 2000; ++i) {
        http_request r = request_of("POST", "/login");
        r.request_id = std::to_string(i);
        r.body = i % 2 == 0 ? std::string_view(body) : std::string_view();
        ring.add(r, i == 1999 ? 0 : 200, timestamp_ms(milliseconds(i * 1000)));
    }
    const json::value all = json::parse(ring.to_json());
    const json::array& list = all.at("requests").as_array();
    BOOST_TEST(list.size() > 100U);
    BOOST_TEST(list.size() <= recorded_requests_max);
    BOOST_TEST(all.at("dropped").as_int64() + static_cast<std::int64_t>(list.size()) == 2000);
    BOOST_TEST(list.back().at("request_id").as_string() == "1999");
    BOOST_TEST(list.back().at("status").is_null());
    BOOST_TEST(list.back().at("headers").at("x-a").as_string() == "1, 2");
    BOOST_TEST(list.back().at("headers").at("host").as_string() == "a");
    BOOST_TEST(list.back().at("at").as_string() == "1970-01-01T00:33:19Z");
    ring.clear();
    BOOST_TEST(json::parse(ring.to_json()).at("requests").as_array().empty());
}

BOOST_AUTO_TEST_CASE(one_number_one_realm_and_one_purpose_give_one_stream) {
    const auto draw = [](std::uint64_t seed, std::string_view realm, std::string_view purpose, std::uint64_t calls) {
        std::array<std::uint8_t, 70> out{};
        repeatable_random(seed, realm, purpose, calls).fill(out);
        return out;
    };
    BOOST_TEST((draw(1, "a", "keys", 0) == draw(1, "a", "keys", 0)));
    BOOST_TEST((draw(1, "a", "keys", 0) != draw(2, "a", "keys", 0)));
    BOOST_TEST((draw(1, "a", "keys", 0) != draw(1, "b", "keys", 0)));
    BOOST_TEST((draw(1, "a", "keys", 0) != draw(1, "a", "service", 0)));
    BOOST_TEST((draw(1, "a", "keys", 0) != draw(1, "a", "keys", 1)));
    repeatable_random source(1, "a", "keys");
    std::array<std::uint8_t, 70> out{};
    source.fill(out);
    source.fill(out);
    BOOST_TEST((out == draw(1, "a", "keys", 1)));
    BOOST_TEST(source.calls() == 2U);
}

BOOST_AUTO_TEST_CASE(repeatable_keys_sign_the_same_and_verify) {
    for (const jws_algorithm algorithm : {jws_algorithm::es256, jws_algorithm::eddsa}) {
        const auto make = [&] {
            repeatable_random source(5, "", "keys");
            return repeatable_keys({algorithm, nullptr}, source);
        };
        const key_ring_ptr first = make();
        const key_ring_ptr second = make();
        BOOST_TEST(first->jwks() == second->jwks());
        const signature_bytes signature = first->signing_key->sign("text");
        BOOST_TEST((signature == second->signing_key->sign("text")));
        BOOST_TEST(first->find_verifying(first->signing_key->kid())->verify("text", signature));
        BOOST_TEST(!first->signing_key->verify("other", signature));
        repeatable_random source(5, "", "service");
        const secret_string sealed = first->capsules->seal(capsule_kind::client_secret, {}, {}, source);
        BOOST_TEST(second->capsules->open(capsule_kind::client_secret, sealed.reveal(), {}).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_seed_says_who_there_is) {
    const auto parsed = parse_seed(R"({"pawl_seed":1,"clock":{"now":1893456000,"frozen":true},"users":[
        {"email":"A@example.com","password":"p","roles":["x","y"],"is_superuser":true,"sessions":[{"generation":2},{}]},
        {"email":"b@example.com","username":"bob",
         "password_hash":"$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW","enabled":false}]})");
    BOOST_REQUIRE(std::holds_alternative<seed>(parsed));
    seed s = std::get<seed>(parsed);
    BOOST_REQUIRE(s.users.size() == 2U);
    BOOST_TEST(s.users[0].record.username == "A@example.com");
    BOOST_TEST(s.users[0].record.id.value == 1U);
    BOOST_TEST(s.users[0].record.is_superuser);
    BOOST_TEST(s.users[0].sessions.at(0).generation == 2U);
    BOOST_TEST(!s.users[1].record.gate.enabled);
    BOOST_TEST(s.clock->time_since_epoch().count() == 1893456000000);
    BOOST_TEST(s.frozen);
    test::seeded_random random(3);
    hash_passwords(s, {8, 1}, random);
    BOOST_TEST(s.users[0].record.password_hash.starts_with("$argon2id$"));
    const auto image = image_of(s, {}, random, timestamp(seconds(1893456000)));
    BOOST_TEST(image->counts.users == 2U);
    BOOST_TEST(image->counts.families == 2U);
    BOOST_TEST(image->counts.next_user_id == 3U);
    BOOST_TEST(image->records.size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_seed_has_second_factors) {
    const auto parsed = parse_seed(R"({"pawl_seed":1,"users":[
        {"email":"a@example.com","password":"p","factors":[
            {"kind":"totp","name":"phone","salt":"000102030405060708090a0b0c0d0e0f","created_at":5},
            {"kind":"recovery"},
            {"kind":"totp","digits":8,"period":60,"algorithm":"SHA256","proven_step":7}]},
        {"email":"b@example.com","password":"p"}]})");
    const auto* const fault = std::get_if<seed_fault>(&parsed);
    BOOST_TEST_REQUIRE((fault == nullptr), (fault == nullptr ? "" : fault->what));
    const key_ring_ptr keys = test::make_test_keys();
    test::seeded_random random(3);
    const timestamp now{seconds(1893456000)};
    const auto image = image_of(std::get<seed>(parsed), {}, random, now, keys->capsules.get());
    test::manual_clock time(now);
    storage::embedded_store_options options;
    options.maintenance_thread = false;
    const auto store = storage::embedded_store::open_on(std::make_unique<storage::memory_log>(image), options, time);
    const user_ptr a = store->find_user(user_id{1});
    BOOST_TEST_REQUIRE(a->factors.size() == 3U);
    BOOST_TEST(a->next_factor == 3U);
    BOOST_TEST(a->factors[0].name == "phone");
    BOOST_TEST((a->factors[0].created_at == timestamp(seconds(5))));
    BOOST_TEST(a->factors[0].salt[15] == 15);
    BOOST_TEST(int{a->factors[0].digits} == 6);
    BOOST_TEST(int{a->factors[1].count} == 10);
    BOOST_TEST((a->factors[1].created_at == now));
    BOOST_TEST((a->factors[1].salt != a->factors[2].salt));
    BOOST_TEST(int{a->factors[2].period} == 60);
    BOOST_TEST(a->factors[2].proven_step == 7U);
    for (const user_factor& f : a->factors) {
        BOOST_TEST(f.key_id == keys->capsules->sealing_id());
    }
    BOOST_TEST(has_second_factor(*a));
    BOOST_TEST(store->find_user(user_id{2})->factors.empty());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_the_factors_of_a_seed_is_told_with_its_place) {
    const std::string start =
        "{\"pawl_seed\":1,\"users\":[{\"email\":\"a@example.com\",\"password\":\"p\",\n\"factors\":";
    const auto factors = [&](const std::string& list) { return why_not(start + list + "}]}"); };
    const std::string totp = R"({"kind":"totp"})", recovery = R"({"kind":"recovery"})";
    BOOST_TEST(factors("[]") == "(good)");
    BOOST_TEST(factors("[" + totp + "," + totp + "," + recovery + "]") == "(good)");
    BOOST_TEST(factors("[" + recovery + "]") == "users[0].factors has recovery codes beside no other factor");
    BOOST_TEST(factors("[" + totp + "," + recovery + "," + recovery + "]") ==
               "users[0].factors has more than one set of recovery codes");
    BOOST_TEST(factors("{}").starts_with("users[0].factors "));
    BOOST_TEST(factors("[1]").starts_with("users[0].factors[0] "));
    for (const auto& [text, member] : std::vector<std::pair<std::string, std::string>>{
             {R"({})", "kind"},
             {R"({"kind":"passkey"})", "kind"},
             {R"({"kind":"totp","secret":"A"})", "secret"},
             {R"({"kind":"totp","number":1})", "number"},
             {R"({"kind":"totp","count":1})", "count"},
             {R"({"kind":"recovery","digits":6})", "digits"},
             {R"({"kind":"recovery","count":25})", "count"},
             {R"({"kind":"totp","digits":5})", "digits"},
             {R"({"kind":"totp","period":14})", "period"},
             {R"({"kind":"totp","algorithm":"MD5"})", "algorithm"},
             {R"({"kind":"totp","salt":"00"})", "salt"},
             {R"({"kind":"totp","salt":"00000000000000000000000000000000"})", "salt"},
             {R"({"kind":"totp","created_at":"noon"})", "created_at"},
             {R"({"kind":"totp","name":"a\u0001"})", "name"},
             {R"({"kind":"totp","name":")" + std::string(65, 'a') + "\"}", "name"}}) {
        BOOST_TEST(factors("[" + totp + "," + text + "]").starts_with("users[0].factors[1]." + member + " "), text);
    }
    std::string many = "[" + totp;
    for (int i = 0; i < 20; ++i) {
        many += "," + totp;
    }
    BOOST_TEST(factors(many + "]").starts_with("users[0].factors "));
    BOOST_TEST(line_of_fault(start + "[" + totp + ",\n{\"kind\":\n\"sms\"}]}]}") == 3U);
}

BOOST_AUTO_TEST_CASE(a_seed_has_apis_scopes_and_clients_with_secrets_in_plain) {
    const auto parsed = parse_seed(R"({"pawl_seed":1,
        "apis":[{"identifier":"https://a","scopes":["a:read","a:write"]},{"identifier":"b"}],
        "scopes":[{"name":"a:read","api":"https://a","texts":{"en":"Read"}}],
        "clients":[{"client_id":"one","preset":"service","client_secret":"first secret","scopes":["a:read"],
                    "apis":["https://a"]},
                   {"client_id":"two","preset":"service","secrets":[{"serial":3,"secret":"old"},{"secret":"new"}]},
                   {"client_id":"three","preset":"spa","redirect_uris":["https://spa.example/"]}]})");
    const auto* const fault = std::get_if<seed_fault>(&parsed);
    BOOST_TEST_REQUIRE((fault == nullptr), (fault == nullptr ? "" : fault->what));
    const key_ring_ptr keys = test::make_test_keys();
    test::seeded_random random(3);
    const timestamp now{seconds(1893456000)};
    const auto image = image_of(std::get<seed>(parsed), {}, random, now, keys->capsules.get());
    test::manual_clock time(now);
    storage::embedded_store_options options;
    options.maintenance_thread = false;
    const auto store = storage::embedded_store::open_on(std::make_unique<storage::memory_log>(image), options, time);
    const client_ptr one = store->find_client("one");
    BOOST_TEST_REQUIRE(one != nullptr);
    BOOST_TEST(one->number.value == first_registered_client.value);
    BOOST_TEST((one->origin == client_origin::seed));
    BOOST_TEST((one->created_at == now));
    BOOST_TEST(is_secret_of(*keys->capsules, *one, "first secret", now));
    BOOST_TEST(!is_secret_of(*keys->capsules, *one, "another", now));
    const client_ptr two = store->find_client("two");
    BOOST_TEST(is_secret_of(*keys->capsules, *two, "old", now));
    BOOST_TEST(is_secret_of(*keys->capsules, *two, "new", now));
    BOOST_TEST(two->last_serial == 4U);
    BOOST_TEST(!store->find_client("three")->confidential);
    const catalogue_ptr known = store->find_catalogue();
    BOOST_TEST(known->find_scope("a:write")->api == "https://a"); // it was named by the API alone
    BOOST_TEST(known->find_scope("a:read")->text_en == "Read");
    BOOST_TEST(known->find_api("b")->number.value == 2);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_the_clients_of_a_seed_is_told_with_its_place) {
    const std::string service = R"("preset":"service","client_secret":"s")";
    const auto clients = [](const std::string& list) { return why_not(R"({"pawl_seed":1,"clients":[)" + list + "]}"); };
    BOOST_TEST(clients(R"({"client_id":"a",)" + service + "}") == "(good)");
    BOOST_TEST(clients(R"({"client_id":"pawl",)" + service + "}").starts_with("clients[0].client_id "));
    BOOST_TEST(clients(R"({"client_id":"a","preset":"service"})").starts_with("clients[0].client_secret "));
    BOOST_TEST(clients(R"({"client_id":"a","scopes":["none"],)" + service + "}").starts_with("clients[0].scopes"));
    BOOST_TEST(clients(R"({"client_id":"a",)" + service + R"(},{"client_id":"a",)" + service + "}") ==
               "clients[1].client_id is that of another client");
    BOOST_TEST(why_not(R"({"pawl_seed":1,"scopes":[{"name":"openid"}]})").starts_with("scopes[0].name "));
    BOOST_TEST(why_not(R"({"pawl_seed":1,"scopes":[{"name":"a","api":"none"}]})").starts_with("scopes[0].api "));
    BOOST_TEST(why_not(R"({"pawl_seed":1,"apis":[{"identifier":"a b"}]})").starts_with("apis[0].identifier "));
}

BOOST_AUTO_TEST_CASE(a_seed_is_read_strictly) {
    BOOST_TEST(why_not(R"({"pawl_seed":1})") == "(good)");
    BOOST_TEST(why_not(R"({"pawl_seed":1,"users":null})") == "(good)");
    BOOST_TEST(why_not("") != "(good)");
    BOOST_TEST(why_not("[]") != "(good)");
    BOOST_TEST(why_not("{}").starts_with("pawl_seed "));
    BOOST_TEST(why_not(R"({"pawl_seed":2})").starts_with("pawl_seed "));
    BOOST_TEST(why_not(R"({"pawl_seed":1,"pawl_seed":1})").find("twice") != std::string::npos);
    BOOST_TEST(why_not(R"({"pawl_seed":1,"user":[]})").starts_with("user "));
    const std::string start = R"({"pawl_seed":1,"users":[{"email":"a@example.com","password":"p")";
    BOOST_TEST(why_not(start + R"(}]})") == "(good)");
    BOOST_TEST(why_not(start + R"(,"rolls":[]}]})").starts_with("users[0].rolls "));
    BOOST_TEST(why_not(start + R"(,"roles":[1]}]})").starts_with("users[0].roles "));
    BOOST_TEST(why_not(start + R"(,"password_hash":"x"}]})").starts_with("users[0].password "));
    BOOST_TEST(why_not(start + R"(,"sessions":[{"id":"00"}]}]})").starts_with("users[0].sessions[0].id "));
    BOOST_TEST(why_not(start + R"(,"sessions":[{"agent":"\u0001"}]}]})").starts_with("users[0].sessions[0].agent "));
    BOOST_TEST(why_not(start + R"(,"sessions":[{"ip":"here"}]}]})").starts_with("users[0].sessions[0].ip "));
    BOOST_TEST(why_not(start + R"(},{"email":"A@EXAMPLE.com","password":"p"}]})").starts_with("users[1] "));
    const std::string id = R"({"id":"00000000000000000000000000000001"})";
    BOOST_TEST(why_not(start + R"(,"sessions":[)" + id + "," + id + "]}]}").starts_with("users[0] "));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_seed_has_a_line) {
    const std::string user = "{\n\"email\": \"a@example.com\",\n\"password\": \"p\"";
    const std::string start = "{\"pawl_seed\": 1,\n\"users\": [\n" + user; // ends on line 5
    BOOST_TEST(line_of_fault("{\n\"pawl_seed\": 2}") == 2U);
    BOOST_TEST(line_of_fault(start + ",\n\"rolls\": []}]}") == 6U);
    BOOST_TEST(line_of_fault(start + ",\n\"sessions\": [\n{},\n{\"id\":\n\"00\"}]}]}") == 8U);
    BOOST_TEST(line_of_fault(start + "},\n7\n]}") == 6U);
    BOOST_TEST(line_of_fault(start + "},\n" + user + "}]}") == 6U); // the second user, with a name of the first
    BOOST_TEST(line_of_fault(start + "},\n{\"email\": \"b@example.com\"}]}") == 6U); // has no password: its object
    BOOST_TEST(line_of_fault("{\n\n\"pawl_seed\": 1,,}") == 3U);
    BOOST_TEST(line_of_fault("{\n\"pawl_seed\": 1") == 2U);
    BOOST_TEST(line_of_fault("{\"pawl_seed\": 1,\n\"users\": [],\n\"users\": []}") == 3U);
    BOOST_TEST(line_of_fault("{\"pawl_seed\": 1}\n\n{}") == 3U);
    BOOST_TEST(line_of_fault("{\n}") == 1U); // the version is missing: the line where the object begins
    BOOST_TEST(line_of_fault("\n\n{\n\"users\": []}") == 3U);
    BOOST_TEST(line_of_fault("[]") == 1U);
    BOOST_TEST(line_of_fault("\n\"a\"") == 2U);
    BOOST_TEST(line_of_fault("\n 7\n") == 2U);
}

BOOST_AUTO_TEST_CASE(a_path_has_the_line_of_the_nearest_thing_there_is) {
    constexpr std::string_view text = "{\"a\":\n[1,\n 22\n,{\"b\":\n{\"c\": 1}}]\n}";
    BOOST_TEST(line_of_json(text, "a") == 1U);
    BOOST_TEST(line_of_json(text, "a[0]") == 2U);
    BOOST_TEST(line_of_json(text, "a[1]") == 3U);
    BOOST_TEST(line_of_json(text, "a[2]") == 4U);
    BOOST_TEST(line_of_json(text, "a[2].b.c") == 5U);
    BOOST_TEST(line_of_json(text, "a[2].b.x") == 4U);
    BOOST_TEST(line_of_json(text, "a[20]") == 1U);
    BOOST_TEST(line_of_json(text, "x") == 1U);
    BOOST_TEST(line_of_json("\n[\n1]", "x") == 2U);
    BOOST_TEST(line_of_json("", "x") == 0U);
    BOOST_TEST(line_of_json_fault(text) == 0U);
    BOOST_TEST(line_of_json_fault("") == 1U);
}

BOOST_AUTO_TEST_CASE(a_number_without_a_fraction_is_written_as_an_integer) {
    BOOST_TEST(plain(R"([0,-1,1.0,1e3,1893456000.0,-2.0,-0.0])") == "[0,-1,1,1000,1893456000,-2,0]");
    BOOST_TEST(plain("[9223372036854775807,-9223372036854775808,18446744073709551615]") ==
               "[9223372036854775807,-9223372036854775808,18446744073709551615]");
    BOOST_TEST(plain("[18446744073709551616,1e21]") == "[18446744073709551616,1000000000000000000000]");
    BOOST_TEST(plain("[1.5,-0.25,1e40]") == "[1.5,-0.25,1e+40]");
    BOOST_TEST(plain(R"({"a":[],"b":{},"c":null,"d":[true,false],"e\"":"\u0001\u00e9"})") ==
               R"({"a":[],"b":{},"c":null,"d":[true,false],"e\"":"\u0001)"
               "\xc3\xa9"
               R"("})");
    BOOST_TEST(has_finite_numbers(json::parse("{\"a\":[1,1e300,\"x\"]}")));
    BOOST_TEST(!has_finite_numbers(json::value{{"a", {1, std::numeric_limits<double>::infinity()}}}));
}

BOOST_AUTO_TEST_SUITE_END()
