// One reader of members: of parameters and of trees, with the same sentences.
#include "app/http/json_body.hpp"
#include "app/http/json_tree.hpp"
#include "app/http/member_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

boost::json::object tree_of(std::string_view text) {
    return *read_json_tree(text, json_size_max);
}

parameters flat_of(std::string_view text) {
    return *read_json_object(text);
}

// "field message" of each fault, or "good".
std::string faults_of(const member_reader& reader) {
    std::string all;
    for (const field_error& e : reader.faults()) {
        all += (all.empty() ? "" : "; ") + e.field + " " + e.message;
    }
    return all.empty() ? "good" : all;
}

std::string refusal_of(std::string_view text, std::size_t size_max = json_size_max) {
    const tree_result read = read_json_tree(text, size_max);
    return read.has_error() ? sentence_of(read.error()) : "good";
}

// What `ask` makes a reader say of the one member `x`; the same of the body's parameters and of its tree.
template <class Ask>
std::string said_of(const std::string& value, Ask ask) {
    const std::string text = "{\"x\":" + value + "}";
    const boost::json::object tree = tree_of(text);
    const parameters flat = flat_of(text);
    member_reader of_tree(tree);
    member_reader of_flat(flat);
    ask(of_tree);
    ask(of_flat);
    BOOST_TEST(faults_of(of_tree) == faults_of(of_flat), text);
    return faults_of(of_tree);
}

} // namespace

BOOST_AUTO_TEST_SUITE(member_readers)

BOOST_AUTO_TEST_CASE(a_tree_is_one_object_and_nothing_else) {
    BOOST_TEST(refusal_of(R"({"a":{"b":[1,{"c":null}]}})") == "good");
    BOOST_TEST(refusal_of(R"({"a":{"b":1,"b":2}})").find("given twice") != std::string::npos);
    BOOST_TEST(refusal_of("{} {}").find("not well-formed") != std::string::npos);
    BOOST_TEST(refusal_of("[]").find("not an object") != std::string::npos);
    BOOST_TEST(refusal_of(R"({"a":1})", 6).find("larger") != std::string::npos);
    const auto nested = [](std::size_t depth) {
        return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
    };
    BOOST_TEST(refusal_of(nested(json_depth_max)) == "good");
    BOOST_TEST(refusal_of(nested(json_depth_max + 1)).find("too deeply") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(members_are_given_as_what_they_are) {
    const boost::json::object tree = tree_of(R"({"text":"t","flag":true,"low":-5,"high":18446744073709551615,
        "part":0.25,"texts":["a","b"],"time":"2026-11-21T23:44:00Z","seconds":60,"word":"two",
        "id":"000102030405060708090a0b0c0d0e0f","inner":{"text":"deep"},"list":[{"n":1},{"n":2}]})");
    member_reader reader(tree);
    BOOST_TEST((reader.optional_text("text") == "t"));
    BOOST_TEST(reader.required_secret("text").reveal() == "t");
    BOOST_TEST((reader.optional_flag("flag") == true));
    BOOST_TEST((reader.optional_integer("low", -5, 0) == -5));
    BOOST_TEST((reader.optional_count("high", 0, UINT64_MAX) == UINT64_MAX));
    BOOST_TEST((reader.optional_fraction("part") == 0.25));
    BOOST_TEST((reader.optional_texts("texts", 2) == std::vector<std::string>{"a", "b"}));
    BOOST_TEST((reader.optional_time("time") == timestamp_ms(seconds(1795304640))));
    BOOST_TEST((reader.optional_time("seconds", time_form::text_or_seconds) == timestamp_ms(seconds(60))));
    constexpr std::array<std::string_view, 2> words{"one", "two"};
    BOOST_TEST((reader.optional_word("word", words) == 1U));
    BOOST_TEST(to_hex(*reader.optional_id("id")) == "000102030405060708090a0b0c0d0e0f");
    member_reader inner(reader, "inner");
    BOOST_TEST(inner.required_text("text") == "deep");
    inner.refuse_others();
    BOOST_REQUIRE(reader.count_elements("list", 2) == 2U);
    member_reader second(reader, "list", 1);
    BOOST_TEST((second.optional_count("n", 0, 9) == 2U));
    reader.refuse_others();
    BOOST_TEST(faults_of(reader) == "good");
}

BOOST_AUTO_TEST_CASE(what_a_member_must_be_is_said_the_same_of_parameters_and_trees) {
    const auto text = [](member_reader& r) { r.required_text("x"); };
    BOOST_TEST(said_of("null", text) == "x is required");
    BOOST_TEST(said_of("1.5", text) == "x must be a string, not a number");
    BOOST_TEST(said_of("{}", text) == "x must be a string, not an object");
    const auto flag = [](member_reader& r) { r.optional_flag("x"); };
    BOOST_TEST(said_of("\"true\"", flag) == "x must be true or false, not a string");
    const auto integer = [](member_reader& r) { r.optional_integer("x", -1, 7); };
    for (const char* const wrong : {"-2", "8", "1.0", "\"1\"", "18446744073709551615", "true", "[1]"}) {
        BOOST_TEST(said_of(wrong, integer) == "x must be an integer from -1 to 7", wrong);
    }
    BOOST_TEST(said_of("7", integer) == "good");
    const auto count = [](member_reader& r) { r.optional_count("x", 1, 7); };
    for (const char* const wrong : {"-1", "0", "8", "1e0", "18446744073709551615"}) {
        BOOST_TEST(said_of(wrong, count) == "x must be an integer from 1 to 7", wrong);
    }
    const auto texts = [](member_reader& r) { r.optional_texts("x"); };
    BOOST_TEST(said_of("[\"a\",1]", texts) == "x must be an array of strings");
    BOOST_TEST(said_of("\"a\"", texts) == "x must be an array of strings");
    const auto two = [](member_reader& r) { r.optional_texts("x", 2); };
    BOOST_TEST(said_of(R"(["a","b"])", two) == "good");
    BOOST_TEST(said_of(R"(["a","b","c"])", two) == "x must be an array of at most 2 strings");
    const auto time = [](member_reader& r) { r.optional_time("x"); };
    BOOST_TEST(said_of("60", time) == "x must be a time like 2026-11-21T23:44:00Z");
    const auto moment = [](member_reader& r) { r.optional_time("x", time_form::text_or_seconds); };
    BOOST_TEST(said_of("60", moment) == "good");
    BOOST_TEST(said_of("-1", moment) == "x must be a time like 2026-11-21T23:44:00Z, or seconds since 1970");
    const auto id = [](member_reader& r) { r.optional_id("x"); };
    BOOST_TEST(said_of("\"000102030405060708090A0B0C0D0E0F\"", id) == "x must be 32 lower-case hex digits");
    constexpr static std::array<std::string_view, 2> words{"one", "two"};
    const auto word = [](member_reader& r) { r.optional_word("x", words); };
    BOOST_TEST(said_of("\"three\"", word) == "x must be one of one, two");
}

BOOST_AUTO_TEST_CASE(a_change_tells_absence_from_null) {
    const boost::json::object tree = tree_of(R"({"kept":"k","taken":null})");
    const parameters flat = flat_of(R"({"kept":"k","taken":null})");
    member_reader of_tree(tree);
    member_reader of_flat(flat);
    for (member_reader* const each : {&of_tree, &of_flat}) {
        member_reader& reader = *each;
        BOOST_TEST((reader.presence_of("kept") == presence::given));
        BOOST_TEST((reader.presence_of("taken") == presence::null));
        BOOST_TEST((reader.presence_of("other") == presence::absent));
        BOOST_TEST((!reader.given("taken") && !reader.optional_text("taken") && !reader.optional_flag("other")));
        reader.refuse_others(); // what was asked for is known, null or not
        BOOST_TEST(faults_of(reader) == "good");
    }
}

BOOST_AUTO_TEST_CASE(faults_have_the_path_of_their_member) {
    const boost::json::object tree =
        tree_of(R"({"inner":{"deep":{"n":"x","more":1}},"list":[{"n":1},7],"flat":3,"long":[1,2,3]})");
    member_reader reader(tree);
    member_reader inner(reader, "inner");
    member_reader deep(inner, "deep");
    deep.optional_count("n", 0, 1);
    deep.is_required("m");
    deep.refuse_others();
    BOOST_TEST(inner.failed());
    member_reader first(reader, "list", 0);
    first.optional_flag("n");
    member_reader second(reader, "list", 1);
    BOOST_TEST(!second.has_object());
    member_reader flat(reader, "flat");
    BOOST_TEST(!flat.has_object());
    BOOST_TEST(reader.count_elements("long", 2) == 0U);
    BOOST_TEST(faults_of(reader) == "inner.deep.n must be an integer from 0 to 1; inner.deep.m is required; "
                                    "inner.deep.more is not known here; list[0].n must be true or false, not a number; "
                                    "list[1] must be an object; flat must be an object; "
                                    "long must be an array of at most 2 elements");
    BOOST_TEST(faults_of(deep) == faults_of(reader));
    BOOST_TEST(reader.why().fields.size() == 7U);
}

BOOST_AUTO_TEST_CASE(an_object_that_is_not_given_has_nothing_in_it) {
    const boost::json::object tree = tree_of(R"({"inner":null})");
    member_reader reader(tree);
    member_reader inner(reader, "inner");
    BOOST_TEST((!inner.has_object() && !inner.optional_text("text") && !inner.given("n")));
    inner.refuse_others();
    reader.refuse_others();
    BOOST_TEST(faults_of(reader) == "good");
}

BOOST_AUTO_TEST_CASE(of_many_faults_a_bounded_part_is_told) {
    std::string text = "{\"a\":1";
    for (std::size_t i = 0; i < 2 * member_faults_max; ++i) {
        text += ",\"b" + std::to_string(i) + "\":1";
    }
    const boost::json::object tree = tree_of(text + "}");
    member_reader reader(tree);
    reader.optional_text("a");
    reader.refuse_others();
    BOOST_TEST(reader.faults().size() == member_faults_max);
    BOOST_TEST(reader.faults().front().field == "a");
}

BOOST_AUTO_TEST_SUITE_END()
