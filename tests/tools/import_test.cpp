// Exports, imports and foreign tables as text: what is written is read back, and nothing else is.
#include "app/transfer/import_apply.hpp"
#include "app/transfer/import_line.hpp"
#include "storage/store/embedded_store.hpp"
#include "tests/support/memory_store.hpp"
#include "tools/import/csv.hpp"
#include "tools/import/foreign_table.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::app;
using namespace pawl::tools;

namespace {

const std::string good_hash = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";

user whole_user() {
    user u;
    u.id.value = 7;
    u.version = 3;
    u.email = "Ann@example.com";
    u.username = "ann";
    u.first_name = "Ann \"A\"";
    u.surname = "M\xc3\xbcller";
    u.password_hash = good_hash;
    u.roles = {"editor", "admin"};
    u.email_verified = u.is_superuser = true;
    u.created_at = timestamp(seconds(1'700'000'000));
    u.gate.epoch = 2;
    u.gate.survivor.bytes[3] = 9;
    u.gate.reason = gate_reason::password_change;
    u.gate.changed_at = timestamp(seconds(1'700'000'100));
    return u;
}

storage::family_image whole_family() {
    storage::family_image f;
    f.facts.id.bytes[0] = 0xAB;
    f.facts.user.value = 7;
    f.facts.client.value = 1;
    f.facts.epoch = 2;
    f.facts.created_at = timestamp(seconds(1'700'000'000));
    f.facts.idle_ttl = seconds(1000);
    f.facts.absolute_ttl = seconds(5000);
    f.word = family_word().with_generation(5).with_rotated_at(77).with_status(family_status::reuse).with_replays(2);
    f.ended_after = 99;
    f.use_generation = 4;
    f.use = {timestamp(seconds(1'700'000'070)), *peer_address_from_text("192.0.2.1"), "curl"};
    return f;
}

std::string why(std::string_view line) {
    const import_record record = read_import_line(line);
    const auto* const refusal = std::get_if<import_refusal>(&record);
    return refusal == nullptr ? std::string() : refusal->why;
}

// Rows of a CSV text; a row "!why" where it fails.
std::vector<std::vector<std::string>> csv_rows(std::string_view text) {
    csv_reader reader;
    std::vector<std::vector<std::string>> out;
    const auto see = [&](csv_reader::step s) {
        if (s == csv_reader::step::row) {
            out.push_back(reader.row());
        } else if (s == csv_reader::step::failed) {
            out.push_back({"!" + reader.why()});
        }
        return s != csv_reader::step::failed;
    };
    for (const char c : text) {
        if (!see(reader.put(c))) {
            return out;
        }
    }
    see(reader.finish());
    return out;
}

using rows = std::vector<std::vector<std::string>>;

} // namespace

BOOST_AUTO_TEST_SUITE(transfer)

BOOST_AUTO_TEST_CASE(a_user_is_read_back_as_it_was_written) {
    const import_record read = read_import_line(export_line(whole_user()));
    BOOST_REQUIRE(std::holds_alternative<user>(read));
    BOOST_TEST((std::get<user>(read) == whole_user()));
    user gone;
    gone.id.value = 8;
    gone.deleted = true;
    gone.gate.enabled = false;
    gone.gate.reason = gate_reason::deleted;
    user known = whole_user();
    known.attributes = R"({"address":{"locality":"K\u00f6ln"},"x":2.50})";
    const import_record with_attributes = read_import_line(export_line(known));
    BOOST_REQUIRE(std::holds_alternative<user>(with_attributes));
    BOOST_TEST((std::get<user>(with_attributes) == known));
    BOOST_TEST(export_line(whole_user()).find("attributes") == std::string::npos); // as it was before there were any
    const import_record tombstone = read_import_line(export_line(gone));
    BOOST_REQUIRE(std::holds_alternative<user>(tombstone));
    BOOST_TEST((std::get<user>(tombstone) == gone));
}

BOOST_AUTO_TEST_CASE(a_family_is_read_back_as_it_was_written) {
    const storage::family_image f = whole_family();
    const import_record read = read_import_line(export_line(f));
    BOOST_REQUIRE(std::holds_alternative<storage::family_image>(read));
    const auto& got = std::get<storage::family_image>(read);
    BOOST_TEST((got.facts == f.facts));
    BOOST_TEST((got.word == f.word));
    BOOST_TEST(got.ended_after == f.ended_after);
    BOOST_TEST(got.use_generation == f.use_generation);
    BOOST_TEST((got.use.at == f.use.at && got.use.address == f.use.address));
    BOOST_TEST(got.use.agent == f.use.agent);
    BOOST_TEST(export_line(got) == export_line(f));
}

BOOST_AUTO_TEST_CASE(what_a_family_was_granted_and_came_from_is_read_back_too) {
    storage::family_image f = whole_family();
    for (const char* const member : {"scopes", "apis", "claims", "parent", "bound_to", "auth_time", "acr", "amr"}) {
        BOOST_TEST(export_line(f).find(member) == std::string::npos);
    }
    for (const std::size_t number : {0U, 17U, 255U}) {
        f.facts.grant.scopes.insert(number);
    }
    f.facts.grant.apis = {1, 65535, 2, 3};
    f.facts.grant.claims = 5;
    f.facts.grant.client_epoch = 6;
    f.facts.origin.parent.bytes.fill(3);
    f.facts.origin.binding.kind = binding_kind::certificate;
    f.facts.origin.binding.thumbprint.fill(9);
    f.facts.origin.auth_time = timestamp(seconds(1'700'000'000));
    f.facts.origin.acr = 2;
    f.facts.origin.amr = 0x101;
    const import_record read = read_import_line(export_line(f));
    BOOST_REQUIRE(std::holds_alternative<storage::family_image>(read));
    BOOST_TEST((std::get<storage::family_image>(read).facts == f.facts));

    const auto with = [&](const std::string& before, const std::string& after) {
        std::string line = export_line(f);
        const std::size_t at = line.find(before);
        BOOST_REQUIRE(at != std::string::npos);
        return why(line.replace(at, before.size(), after));
    };
    BOOST_TEST(with("0 17 255", "0 17 256").starts_with("scopes"));
    BOOST_TEST(with("0 17 255", "0  17").starts_with("scopes"));
    BOOST_TEST(with("0 17 255", "-1").starts_with("scopes"));
    BOOST_TEST(with("1 65535 2 3", "1 65536").starts_with("apis"));
    BOOST_TEST(with("1 65535 2 3", "1 0").starts_with("apis"));
    BOOST_TEST(with("1 65535 2 3", "1 2 3 4 5").starts_with("apis"));
    BOOST_TEST(with("\"certificate\"", "\"none\"").starts_with("thumbprint"));
    BOOST_TEST(with("\"certificate\"", "\"faith\"").starts_with("bound_to"));
    BOOST_TEST(with("\"acr\":2", "\"acr\":256").starts_with("acr"));
}

BOOST_AUTO_TEST_CASE(a_line_that_is_not_of_the_format_is_refused_with_its_reason) {
    const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
    BOOST_TEST(has(why(""), "JSON"));
    BOOST_TEST(has(why("[]"), "object"));
    BOOST_TEST(has(why("{}"), "none of"));
    BOOST_TEST(has(why(R"({"user":{"email":"a@b.example"},"family":{}})"), "none of"));
    BOOST_TEST(has(why(R"({"user":{}})"), "email is required"));
    BOOST_TEST(has(why(R"({"user":{"email":"a@b.example","colour":1}})"), "colour"));
    BOOST_TEST(has(why(R"({"user":{"email":"a@b.example","id":-1}})"), "id"));
    BOOST_TEST(has(why(R"({"user":{"email":"a@b.example","id":9007199254740992}})"), "id"));
    BOOST_TEST(has(why(R"({"user":{"email":"a@b.example","id":9007199254740991}})"), "id"));
    BOOST_TEST(has(why(R"({"user":{"email":"a@b.example","id":1.5}})"), "id"));
    BOOST_TEST(has(why(R"({"user":{"email":"a@b.example","email":"c@b.example"}})"), "twice"));
    BOOST_TEST(has(why(R"({"user":{"email":"a@b.example","password_hash":"plain"}})"), "password_hash"));
    BOOST_TEST(has(why(R"({"user":{"email":"a@b.example","created_at":"yesterday"}})"), "created_at"));
    BOOST_TEST(has(why(R"({"user":{"email":"a@b.example","gate":{"reason":"x"}}})"), "reason"));
    BOOST_TEST(has(why(R"({"user":{"email":"a@b.example","deleted":true}})"), "deleted"));
    for (const char* attributes : {"[]", "{", R"({\"a\":1,\"a\":2})"}) {
        const std::string line = R"({"user":{"email":"a@b.example","attributes":")" + std::string(attributes) + "\"}}";
        BOOST_TEST(has(why(line), "attributes must be"), line);
    }
    BOOST_TEST(has(why(R"({"user":{"email":"a@b.example","attributes":{}}})"), "attributes"));
    BOOST_TEST(has(why(R"({"pawl_export":3})"), "version"));
    BOOST_TEST(has(why("{\"user\":{\"email\":\"" + std::string(import_line_size_max, 'a') + "\"}}"), "256 KiB"));
    std::string family = export_line(whole_family());
    family.replace(family.find("\"idle_ttl\":1000"), 15, "\"idle_ttl\":9000");
    BOOST_TEST(has(why(family), "idle_ttl"));
    BOOST_TEST(why(R"({"user":{"email":"a@b.example"}})").empty());
    BOOST_TEST(std::holds_alternative<export_head>(read_import_line(R"({"pawl_export":1})")));
    BOOST_TEST(
        std::get<export_head>(read_import_line(R"({"pawl_export":1,"next_user_id":9007199254740990})")).next_user_id ==
        storage::imported_id_max);
    for (const char* const beyond : {"9007199254740991", "18446744073709551615", "-1", "\"5\"", "5.5"}) {
        const import_record read = read_import_line(R"({"pawl_export":1,"next_user_id":)" + std::string(beyond) + "}");
        const auto* const refusal = std::get_if<import_refusal>(&read);
        BOOST_TEST_REQUIRE(refusal != nullptr, beyond);
        BOOST_TEST(refusal->why.starts_with("next_user_id "));
    }
    BOOST_TEST(std::holds_alternative<import_end>(read_import_line(export_end_line(1, 2))));
}

BOOST_AUTO_TEST_CASE(numbers_and_times_of_a_line_are_within_what_a_store_goes_on_from) {
    const auto user_with = [](const std::string& member) {
        return why("{\"user\":{\"email\":\"a@b.example\"," + member + "}}");
    };
    const auto number = [](const char* name, std::uint64_t n) {
        return "\"" + std::string(name) + "\":" + std::to_string(n);
    };
    BOOST_TEST(user_with(number("version", imported_version_max)).empty());
    BOOST_TEST(user_with(number("version", imported_version_max + 1)).starts_with("version"));
    BOOST_TEST(user_with("\"gate\":{" + number("epoch", imported_epoch_max) + "}").empty());
    BOOST_TEST(user_with("\"gate\":{" + number("epoch", imported_epoch_max + 1ULL) + "}").starts_with("gate.epoch"));
    BOOST_TEST(user_with("\"gate\":{" + number("epoch", UINT32_MAX) + "}").starts_with("gate.epoch"));
    BOOST_TEST(user_with("\"created_at\":\"9999-12-31T23:59:59Z\"").empty());
    BOOST_TEST(user_with("\"created_at\":\"9999-12-31T23:59:59-00:01\"").starts_with("created_at"));
    BOOST_TEST(user_with("\"created_at\":\"1970-01-01T00:00:00+00:01\"").starts_with("created_at"));

    const auto family_with = [](const std::string& before, const std::string& after) {
        std::string line = export_line(whole_family());
        const std::size_t at = line.find(before);
        BOOST_REQUIRE(at != std::string::npos);
        return why(line.replace(at, before.size(), after));
    };
    BOOST_TEST(family_with("\"epoch\":2", number("epoch", imported_epoch_max + 1ULL)).starts_with("epoch"));
    BOOST_TEST(family_with("\"absolute_ttl\":5000", number("absolute_ttl", 1827 * 86400)).empty());
    BOOST_TEST(
        family_with("\"absolute_ttl\":5000", number("absolute_ttl", 1827 * 86400 + 1)).starts_with("absolute_ttl"));
    BOOST_TEST(family_with("\"absolute_ttl\":5000", number("absolute_ttl", 1000)).empty());
    BOOST_TEST(
        family_with("\"rotated_at\":\"2023-11-14T22:14:37Z\"", "\"rotated_at\":\"2023-11-14T23:36:40Z\"").empty());
    BOOST_TEST(family_with("\"rotated_at\":\"2023-11-14T22:14:37Z\"", "\"rotated_at\":\"2023-11-14T23:36:41Z\"")
                   .starts_with("rotated_at"));
    BOOST_TEST(family_with("\"generation\":4", "\"generation\":6").starts_with("last_use.generation"));
}

// A gate at its last epoch admits nothing; one more would have been the first again, with all that was ended by it.
BOOST_AUTO_TEST_CASE(a_gate_admits_nothing_at_its_last_epoch_and_stays_there) {
    const family_id survivor = whole_family().facts.id;
    user_gate gate;
    gate.epoch = user_gate::epoch_max - 1;
    gate.survivor = survivor;
    BOOST_TEST((gate.admits(survivor, 0) && gate.admits(family_id{}, gate.epoch)));
    for (int again = 0; again < 2; ++again) {
        gate.raise_epoch();
        BOOST_TEST(gate.epoch == user_gate::epoch_max);
        BOOST_TEST(
            (!gate.admits(survivor, 0) && !gate.admits(family_id{}, gate.epoch) && !gate.admits(family_id{}, 0)));
    }
}

BOOST_AUTO_TEST_CASE(an_agent_is_taken_as_a_server_would_have_taken_it) {
    storage::family_image f = whole_family();
    f.use.agent = "gpj.\u202Eexe\u2028\x1b[31m" + std::string(300, 'x');
    const import_record read = read_import_line(export_line(f));
    BOOST_REQUIRE(std::holds_alternative<storage::family_image>(read));
    const std::string agent = std::get<storage::family_image>(read).use.agent;
    BOOST_TEST(agent == "gpj.exe[31m" + std::string(family_use::agent_size_max - 11, 'x'));
}

BOOST_AUTO_TEST_CASE(a_session_that_lies_in_the_future_is_refused) {
    test::memory_store data;
    const timestamp created = whole_family().facts.created_at;
    apply_import(data, whole_user(), created).value();
    const auto outcome_at = [&](timestamp now, storage::family_image f) { return apply_import(data, f, now)->outcome; };
    const timestamp last = created + seconds(whole_family().ended_after); // what lies latest of it
    BOOST_TEST((outcome_at(last - imported_future_max - seconds(1), whole_family()) == import_outcome::refused));
    storage::family_image live = whole_family();
    live.word = live.word.with_status(family_status::live).with_rotated_at(90);
    live.ended_after = 0;
    BOOST_TEST((outcome_at(created + seconds(89) - imported_future_max, live) == import_outcome::refused));
    live.word = live.word.with_rotated_at(0);
    BOOST_TEST((outcome_at(created + seconds(69) - imported_future_max, live) == import_outcome::refused)); // its use
    live.use.at = {};
    BOOST_TEST((outcome_at(created - seconds(1) - imported_future_max, live) == import_outcome::refused));
    BOOST_TEST((outcome_at(last - imported_future_max, whole_family()) == import_outcome::added));
}

BOOST_AUTO_TEST_CASE(records_are_added_once_and_never_change_what_is_there) {
    test::memory_store data;
    const timestamp now(seconds(1'800'000'000));
    BOOST_TEST((apply_import(data, whole_family(), now)->outcome == import_outcome::no_user));
    BOOST_TEST((apply_import(data, whole_user(), now)->outcome == import_outcome::added));
    BOOST_TEST((apply_import(data, whole_user(), now)->outcome == import_outcome::same));
    BOOST_TEST((apply_import(data, whole_family(), now)->outcome == import_outcome::added));
    BOOST_TEST((apply_import(data, whole_family(), now)->outcome == import_outcome::same));
    user other = whole_user();
    other.surname = "Other";
    BOOST_TEST((apply_import(data, other, now)->outcome == import_outcome::id_taken));
    other.id.value = 9;
    BOOST_TEST((apply_import(data, other, now)->outcome == import_outcome::email_taken));
    other.email = "other@example.com";
    BOOST_TEST((apply_import(data, other, now)->outcome == import_outcome::username_taken));
    // Without an id: the next free one, once.
    user fresh;
    fresh.email = fresh.username = "new@example.com";
    fresh.password_hash = good_hash;
    BOOST_TEST(apply_import(data, fresh, now)->subject == "user 8");
    BOOST_TEST((apply_import(data, fresh, now)->outcome == import_outcome::same));
    fresh.password_hash.back() = 'V';
    BOOST_TEST((apply_import(data, fresh, now)->outcome == import_outcome::email_taken));
    BOOST_TEST(data.find_user(user_id{8})->created_at.time_since_epoch().count() == now.time_since_epoch().count());
}

BOOST_AUTO_TEST_CASE(csv_is_read_as_rfc_4180_has_it) {
    BOOST_TEST((csv_rows("a,b\r\nc,d\r\n") == rows{{"a", "b"}, {"c", "d"}}));
    BOOST_TEST((csv_rows("a,b\nc,d") == rows{{"a", "b"}, {"c", "d"}}));
    BOOST_TEST((csv_rows("\"a,\"\"x\"\"\r\ny\",\r\n") == rows{{"a,\"x\"\r\ny", ""}}));
    BOOST_TEST((csv_rows("\xEF\xBB\xBF\"a\",b\n") == rows{{"a", "b"}}));
    BOOST_TEST((csv_rows("a\n\nb\n") == rows{{"a"}, {""}, {"b"}}));
    BOOST_TEST((csv_rows("a,\"\"") == rows{{"a", ""}}));
    BOOST_TEST(csv_rows("").empty());
    BOOST_TEST(csv_rows("a\"b\n").back().front().front() == '!');
    BOOST_TEST(csv_rows("\"a\"b\n").back().front().front() == '!');
    BOOST_TEST(csv_rows("a\rb\n").back().front().front() == '!');
    BOOST_TEST(csv_rows("\"a").back().front().front() == '!');
    BOOST_TEST(csv_rows("\xEF\xBBx").back().front().front() == '!');
    BOOST_TEST(csv_rows(std::string_view("a\0b", 3)).back().front().front() == '!');
    BOOST_TEST(csv_rows(std::string(csv_row_size_max + 1, 'a')).back().front().front() == '!');
    BOOST_TEST(csv_rows(std::string(csv_columns_max, ',')).back().front().front() == '!');
    csv_reader reader;
    for (const char c : std::string_view("\"a\nb\",c\nd,")) {
        reader.put(c);
    }
    BOOST_TEST(reader.line() == 3U);
}

BOOST_AUTO_TEST_CASE(rows_of_other_systems_become_users) {
    std::string no;
    const column_map django = *column_preset("django");
    const user u = read_foreign_user({{"email", "ann@example.com"},
                                      {"username", "ann"},
                                      {"password", "bcrypt$" + good_hash},
                                      {"is_active", "f"},
                                      {"is_superuser", "True"},
                                      {"date_joined", "2024-05-01 10:11:12.345678+00"}},
                                     django, no);
    BOOST_TEST(no == "");
    BOOST_TEST(u.password_hash == good_hash);
    BOOST_TEST((!u.gate.enabled && u.is_superuser && u.gate.reason == gate_reason::disabled));
    BOOST_TEST(u.created_at.time_since_epoch().count() == 1714558272);
    column_map map = *column_preset("fastapi");
    BOOST_TEST(add_columns(map, "email=mail,roles=groups") == "");
    const user f = read_foreign_user({{"mail", "f@example.com"}, {"full_name", "A B C"}, {"groups", "x;y"}}, map, no);
    BOOST_TEST((f.first_name == "A B" && f.surname == "C" && f.roles == std::vector<std::string>{"x", "y"}));
    BOOST_TEST(f.username == "f@example.com");
    BOOST_TEST(add_columns(map, "colour=x") != "");
    BOOST_TEST(add_columns(map, "email=") != "");
    read_foreign_user({{"mail", "f@example.com"}, {"is_active", "maybe"}}, map, no);
    BOOST_TEST(no.find("is_active") != std::string::npos);
    BOOST_TEST(unknown_hash_kind("$6$rounds=5000$a$b") == "$6$");
    BOOST_TEST(unknown_hash_kind("a plain password") == "other");
    BOOST_TEST(unknown_hash_kind(good_hash) == "");
    BOOST_TEST(read_database_time("2024-05-01 10:11:12+0200").has_value());
    BOOST_TEST((read_database_time("2024-05-01 10:11:12") == read_database_time("2024-05-01T10:11:12Z")));
    BOOST_TEST(!read_database_time("01.05.2024").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
