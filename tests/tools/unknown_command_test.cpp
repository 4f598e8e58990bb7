// A command that is not there is named, with the nearest that is.
#include "tools/unknown_command.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace pawl::tools;

BOOST_AUTO_TEST_SUITE(tools_unknown_command)

BOOST_AUTO_TEST_CASE(distances_count_the_keys_that_were_hit_wrongly) {
    const struct {
        const char *a, *b;
        std::size_t distance;
    } rows[] = {
        {"", "", 0},          {"", "ls", 2},       {"ls", "", 2},           {"user", "user", 0}, {"usr", "user", 1},
        {"usser", "user", 1}, {"uaer", "user", 1}, {"uesr", "user", 1},     {"lss", "ls", 1},    {"rm", "ls", 2},
        {"ab", "ba", 1},      {"abc", "cab", 2},   {"kitten", "sitting", 3}};
    for (const auto& row : rows) {
        BOOST_TEST(edit_distance(row.a, row.b) == row.distance, row.a << " " << row.b);
    }
}

BOOST_AUTO_TEST_CASE(the_word_and_the_nearest_command_are_named) {
    const command_definition program = definitions();
    const auto said = [&](std::vector<std::string> words) { return unknown_command(program, words).value_or(""); };
    BOOST_TEST(said({"usr", "ls"}) == R"(there is no command "usr"; the nearest is "user")");
    BOOST_TEST(said({"user", "lss"}) == R"(there is no command "user lss"; the nearest is "user ls")");
    BOOST_TEST(said({"--data-dir", "d", "--json", "user", "hsow", "5"}) ==
               R"(there is no command "user hsow"; the nearest is "user show")");
    BOOST_TEST(said({"--data-dir=d", "stast"}) == R"(there is no command "stast"; the nearest is "stats")");
    BOOST_TEST(said({"rotate"}) == R"(there is no command "rotate"; the nearest is "key rotate")"); // of a group
    BOOST_TEST(said({"tail", "-f"}) == R"(there is no command "tail"; the nearest is "log tail")");
    BOOST_TEST(said({"hash", "chek"}) == R"(there is no command "hash chek"; the nearest is "hash check")");
    BOOST_TEST(said({"frobnicate"}) == R"(there is no command "frobnicate")");
    BOOST_TEST(said({std::string(100'000, 'x')}).size() < 100'100U); // and not compared with anything
}

BOOST_AUTO_TEST_CASE(what_is_wrong_otherwise_is_not_called_an_unknown_command) {
    const command_definition program = definitions();
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{},
                                                                                       {"user"},
                                                                                       {"--json"},
                                                                                       {"user", "show"},
                                                                                       {"user", "ls", "more"},
                                                                                       {"explain", "lss"},
                                                                                       {"backup", "veriff"},
                                                                                       {"--", "usr"},
                                                                                       {"--no-such-option"},
                                                                                       {"--data-dir"}}) {
        BOOST_TEST(!unknown_command(program, words).has_value());
    }
}

BOOST_AUTO_TEST_SUITE_END()
