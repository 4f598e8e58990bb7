#include "app/dto/admin_responses.hpp"
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/http/form.hpp"
#include "app/http/json_body.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "core/text/utf8.hpp"
#include "tests/support/machine_world.hpp"
#include "tests/support/memory_registry.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

std::string json_string(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

// "field: message" of each fault, or "good".
template <class T>
std::string faults(const result<T>& read) {
    if (read) {
        return "good";
    }
    std::string all;
    for (const field_error& e : read.error().fields) {
        all += (all.empty() ? "" : "; ") + e.field + " " + e.message;
    }
    return all;
}

parameters json(std::string_view text) {
    return read_json_object(text).value();
}

std::vector<std::string> names_of(const boost::json::object& object) {
    std::vector<std::string> names;
    for (const auto& member : object) {
        names.emplace_back(member.key());
    }
    return names;
}

timestamp at(std::int64_t unix) {
    return timestamp(seconds(unix));
}

} // namespace

BOOST_AUTO_TEST_SUITE(dto)

BOOST_AUTO_TEST_CASE(strings_are_escaped_into_valid_json) {
    BOOST_TEST(json_string("a\"b\\c/\n\r\t") == R"("a\"b\\c/\n\r\t")");
    BOOST_TEST(json_string(std::string_view("\0\x1f\x7f", 3)) == R"("\u0000\u001f\u007f")");
    BOOST_TEST(json_string("a\u202E\u2028\u0085\u061C\u2069b\u00e9") ==
               "\"a\\u202e\\u2028\\u0085\\u061c\\u2069b\u00e9\"");
    BOOST_TEST(json_string("\U000E0041\U0001F600") == "\"\\udb40\\udc41\U0001F600\"");
    BOOST_TEST(json_string("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
    // Overlong, surrogate, truncated, stray, beyond U+10FFFF: one replacement a byte.
    const std::string r = "\xEF\xBF\xBD";
    BOOST_TEST(json_string("\xC0\xAF") == "\"" + r + r + "\"");
    BOOST_TEST(json_string("\xED\xA0\x80") == "\"" + r + r + r + "\"");
    BOOST_TEST(json_string("a\xE2\x82") == "\"a" + r + r + "\"");
    BOOST_TEST(json_string("\xF4\x90\x80\x80") == "\"" + r + r + r + r + "\"");
    BOOST_TEST(json_string("\xE2\x82x") == "\"" + r + r + "x\"");
}

BOOST_AUTO_TEST_CASE(every_code_point_is_utf8_and_no_surrogate_is) {
    for (unsigned c = 0x80; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 61) {
        std::string text;
        if (c < 0x800) {
            text = {static_cast<char>(0xC0U | c >> 6U), static_cast<char>(0x80U | (c & 0x3FU))};
        } else if (c < 0x10000) {
            text = {static_cast<char>(0xE0U | c >> 12U), static_cast<char>(0x80U | (c >> 6U & 0x3FU)),
                    static_cast<char>(0x80U | (c & 0x3FU))};
        } else {
            text = {static_cast<char>(0xF0U | c >> 18U), static_cast<char>(0x80U | (c >> 12U & 0x3FU)),
                    static_cast<char>(0x80U | (c >> 6U & 0x3FU)), static_cast<char>(0x80U | (c & 0x3FU))};
        }
        const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        BOOST_REQUIRE(is_utf8(text) == !surrogate);
        BOOST_REQUIRE(!is_utf8(text.substr(0, text.size() - 1)));
        BOOST_REQUIRE(!is_utf8(text.substr(1)));
    }
}

BOOST_AUTO_TEST_CASE(times_are_rfc_3339_in_utc) {
    BOOST_TEST(to_rfc3339(at(0)) == "1970-01-01T00:00:00Z");
    BOOST_TEST(to_rfc3339(at(1795304640)) == "2026-11-21T23:44:00Z");
    BOOST_TEST(to_rfc3339(at(951782399)) == "2000-02-28T23:59:59Z");
    BOOST_TEST(to_rfc3339(at(951868799)) == "2000-02-29T23:59:59Z");
    BOOST_TEST(to_rfc3339(timestamp::max()) == "9999-12-31T23:59:59Z");
    BOOST_TEST(to_rfc3339(timestamp::min()) == "0000-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(times_are_read_with_fraction_and_offset) {
    const auto ms = [](std::string_view text) {
        const auto read = from_rfc3339(text);
        return read ? read->time_since_epoch().count() : -1;
    };
    BOOST_TEST(ms("1970-01-01T00:00:00Z") == 0);
    BOOST_TEST(ms("2026-11-21T23:44:00Z") == 1795304640000);
    BOOST_TEST(ms("9999-12-31T23:59:59.999Z") == 253402300799999);
    BOOST_TEST(ms("9999-12-31T23:59:59+23:59") == 253402214459000);
    BOOST_TEST(ms("2026-11-22t01:44:00.25+02:00") == 1795304640250);
    BOOST_TEST(ms("2026-11-21T18:44:00.123456789-05:00") == 1795304640123);
    for (const char* bad : {"",
                            "2026-11-21",
                            "2026-11-21T23:44:00",
                            "2026-11-21 23:44:00Z",
                            "2026-02-29T00:00:00Z",
                            "2026-13-01T00:00:00Z",
                            "2026-00-01T00:00:00Z",
                            "2026-01-00T00:00:00Z",
                            "2026-11-21T24:00:00Z",
                            "2026-11-21T23:60:00Z",
                            "2026-11-21T23:59:60Z",
                            "2026-11-21T23:44:00.Z",
                            "2026-11-21T23:44:00Zx",
                            "2026-11-21T23:44:00+2:00",
                            "2026-11-21T23:44:00+24:00",
                            "1969-12-31T23:59:59Z",
                            "-026-11-21T23:44:00Z",
                            "2026-11-21T23:44:0",
                            "x",
                            "1970-01-01T00:00:00+00:01",
                            "9999-12-31T23:59:59-00:01",
                            "9999-12-31T23:59:59-23:59",
                            "10000-01-01T00:00:00Z"}) {
        BOOST_TEST_CONTEXT(bad) {
            BOOST_TEST(ms(bad) == -1);
        }
    }
}

BOOST_AUTO_TEST_CASE(sign_up_wants_email_and_password) {
    BOOST_TEST(faults(read_sign_up({})) == "email is required; password is required");
    BOOST_TEST(
        faults(read_sign_up(json(R"({"email":1,"password":[],"username":{},"first_name":true,"surname":1.5})"))) ==
        "email must be a string, not a number; username must be a string, not an object; password must be a "
        "string, not an array; first_name must be a string, not a boolean; surname must be a string, not a "
        "number");
    const auto plain = read_sign_up(json(R"({"email":"a@b.c","password":"p","username":null,"is_superuser":true})"));
    BOOST_REQUIRE(plain.has_value());
    BOOST_TEST(plain->email == "a@b.c");
    BOOST_TEST(plain->password.reveal() == "p");
    BOOST_TEST(!plain->username.has_value());
    const auto full =
        read_sign_up(json(R"({"email":"a@b.c","password":"p","username":"u","first_name":"F","surname":"S"})"));
    BOOST_TEST(full->username.value() == "u");
    BOOST_TEST(full->first_name == "F");
    BOOST_TEST(full->surname == "S");
}

BOOST_AUTO_TEST_CASE(login_takes_email_or_username_and_any_password) {
    const auto name = [](const parameters& body) { return read_login(body).value().name; };
    BOOST_TEST(name(json(R"({"email":"a@b.c","password":""})")) == "a@b.c");
    BOOST_TEST(name(json(R"({"username":"u","password":"p"})")) == "u");
    BOOST_TEST(name(json(R"({"username":"u","email":"a@b.c","password":"p"})")) == "a@b.c");
    BOOST_TEST(name(json(R"({"username":"u","email":null,"password":"p"})")) == "u");
    BOOST_TEST(name(json(R"({"username":"","password":"p"})")).empty());
    BOOST_TEST(name(read_form("grant_type=&username=u&password=p&scope=a+b&client_id=&client_secret=").value()) == "u");
    BOOST_TEST(faults(read_login({})) == "username is required, or email; password is required");
    BOOST_TEST(faults(read_login(json(R"({"username":1,"password":2})"))) ==
               "username must be a string, not a number; password must be a string, not a number");
    BOOST_TEST(faults(read_login(json(R"({"username":"u","password":"p","grant_type":"refresh_token"})"))) ==
               "grant_type must be password here");
}

BOOST_AUTO_TEST_CASE(profile_changes_are_all_optional) {
    const auto none = read_profile_change(json(R"({"first_name":null,"email":"x@y.z"})"));
    BOOST_REQUIRE(none.has_value());
    BOOST_TEST((!none->first_name && !none->surname && !none->username));
    const auto all = read_profile_change(json(R"({"first_name":"","surname":"S","username":"u"})"));
    BOOST_TEST(all->first_name.value().empty());
    BOOST_TEST(all->surname.value() == "S");
    BOOST_TEST(all->username.value() == "u");
    BOOST_TEST(faults(read_profile_change(json(R"({"surname":0})"))) == "surname must be a string, not a number");
}

BOOST_AUTO_TEST_CASE(secrets_are_required_and_may_be_any_text) {
    BOOST_TEST(faults(read_secret({}, "refresh_token")) == "refresh_token is required");
    BOOST_TEST(faults(read_secret(json(R"({"refresh_token":null})"), "refresh_token")) == "refresh_token is required");
    BOOST_TEST(faults(read_secret(json(R"({"refresh_token":7})"), "refresh_token")) ==
               "refresh_token must be a string, not a number");
    BOOST_TEST(read_secret(json(R"({"refresh_token":""})"), "refresh_token")->empty());
    BOOST_TEST(faults(read_password_change({})) == "current_password is required; new_password is required");
    const auto change = read_password_change(json(R"({"current_password":"a","new_password":"b"})"));
    BOOST_TEST(change->current.reveal() == "a");
    BOOST_TEST(change->desired.reveal() == "b");
}

BOOST_AUTO_TEST_CASE(the_clock_takes_exactly_one_change) {
    const auto read = [](std::string_view text) { return read_clock_change(json(text)); };
    BOOST_TEST((std::get<clock_advance>(read(R"({"advance":-5})").value()).by == seconds(-5)));
    BOOST_TEST((std::get<clock_set>(read(R"({"set":"2026-11-21T23:44:00Z"})").value()).to ==
                timestamp_ms(milliseconds(1795304640000))));
    BOOST_TEST(std::get<clock_freeze>(read(R"({"freeze":true})").value()).frozen);
    for (const char* bad :
         {"{}", R"({"advance":1,"freeze":true})", R"({"advance":1.5})", R"({"advance":"1"})", R"({"freeze":1})",
          R"({"set":1795304640})", R"({"set":"tomorrow"})", R"({"advance":9223372036854775807})",
          R"({"advance":-9223372036854775808})", R"({"advance":null})", R"({"advance":1e3})"}) {
        BOOST_TEST_CONTEXT(bad) {
            BOOST_TEST(read(bad).has_error());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_user_is_written_as_the_contract_says) {
    user u;
    u.id = user_id{7};
    u.email = "Ada@example.com";
    u.username = "ada \"the first\"";
    u.first_name = "Ada";
    u.password_hash = "$argon2id$secret";
    u.roles = {"a", "b\"c"};
    u.is_superuser = true;
    u.created_at = at(1795304640);
    BOOST_TEST(to_json(u) ==
               R"({"id":7,"username":"ada \"the first\"","email":"Ada@example.com","email_verified":false,)"
               R"("first_name":"Ada","surname":"","is_superuser":true,"roles":["a","b\"c"],)"
               R"("created_at":"2026-11-21T23:44:00Z"})");
}

BOOST_AUTO_TEST_CASE(tokens_are_written_as_the_contract_says) {
    issued_tokens tokens;
    tokens.access_token = "a.b.c";
    tokens.refresh_token = secret_string("prt_x");
    tokens.access_expires_in = seconds(600);
    tokens.refresh_expires_in = seconds(1209600);
    BOOST_TEST(to_json(tokens) == R"({"access_token":"a.b.c","token_type":"bearer","expires_in":600,)"
                                  R"("refresh_token":"prt_x","refresh_token_expires_in":1209600})");
}

BOOST_AUTO_TEST_CASE(sessions_are_written_as_the_contract_says) {
    family_details session;
    session.state.facts.id.bytes.fill(0xAB);
    session.state.facts.created_at = at(1000);
    session.state.facts.idle_ttl = seconds(100);
    session.state.facts.absolute_ttl = seconds(500);
    session.state.word = family_word().with_generation(3).with_rotated_at(50);
    session.last_use.at = at(1050);
    session.last_use.agent = "curl/8 \xFF";
    const family_details sessions[] = {session, family_details{}};
    const auto array = boost::json::parse(to_json(sessions, session.state.facts.id)).as_array();
    BOOST_REQUIRE(array.size() == 2);
    const auto& object = array[0].as_object();
    const std::vector<std::string> expected{"id",         "created_at", "last_used_at", "idle_expires_at", "expires_at",
                                            "generation", "ip",         "user_agent",   "current"};
    BOOST_TEST(names_of(object) == expected, boost::test_tools::per_element());
    BOOST_TEST(object.at("id").as_string() == "abababababababababababababababab");
    BOOST_TEST(object.at("created_at").as_string() == "1970-01-01T00:16:40Z");
    BOOST_TEST(object.at("idle_expires_at").as_string() == "1970-01-01T00:19:10Z");
    BOOST_TEST(object.at("expires_at").as_string() == "1970-01-01T00:25:00Z");
    BOOST_TEST(object.at("generation").as_int64() == 3);
    BOOST_TEST(object.at("ip").as_string() == "");
    BOOST_TEST(object.at("user_agent").as_string() == "curl/8 \xEF\xBF\xBD");
    BOOST_TEST(object.at("current").as_bool());
    BOOST_TEST(!array[1].as_object().at("current").as_bool());
    BOOST_TEST(to_json(std::span<const family_details>(), family_id{}) == "[]");
}

BOOST_AUTO_TEST_CASE(sessions_of_browsers_and_clients_say_what_they_are_and_logins_do_not) {
    test::memory_registry entities;
    const client_number known = test::add_client(entities, test::machine_client("shop"))->number;
    std::vector<family_details> sessions(4);
    sessions[1].state.facts.client = web_client;
    sessions[2].state.facts.client = known;
    sessions[3].state.facts.client = client_number{4711}; // removed since
    const std::string own = to_json(sessions, family_id{}, &entities);
    const std::string of_operator = admin_sessions_json(sessions, at(0), &entities);
    for (const std::string& listed : {own, of_operator}) {
        const auto array = boost::json::parse(listed).as_array();
        BOOST_TEST(!array[0].as_object().contains("kind"));
        BOOST_TEST(!array[0].as_object().contains("client"));
        BOOST_TEST(array[1].at("kind").as_string() == "browser");
        BOOST_TEST(!array[1].as_object().contains("client"));
        BOOST_TEST(array[2].at("kind").as_string() == "client");
        BOOST_TEST(array[2].at("client").as_string() == "shop");
        BOOST_TEST(array[3].at("client").as_string() == "4711");
    }
    const char* const names[] = {"pawl", "pawl-web", "shop", "4711"};
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        const auto family = boost::json::parse(admin_family_json(sessions[i], at(0), &entities)).as_object();
        BOOST_TEST(family.at("client").as_string() == names[i]);
        BOOST_TEST(family.contains("kind") == (i > 0));
    }
}

BOOST_AUTO_TEST_SUITE_END()
