#include "tools/client/admin_client.hpp"
#include "tools/definitions.hpp"
#include "tools/manual.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace pawl::tools;

BOOST_AUTO_TEST_SUITE(tools_definitions)

BOOST_AUTO_TEST_CASE(every_command_says_what_it_does_and_what_its_options_mean) {
    const command_definition program = definitions();
    std::set<std::string> paths;
    const auto leaves = leaves_of(program);
    BOOST_TEST(leaves.size() > 20);
    for (const command_definition* const command : leaves) {
        BOOST_TEST(!command->text.empty(), command->path);
        BOOST_TEST(paths.insert(command->path).second, command->path);
        for (const option_definition& option : command->options) {
            const std::string name = option.is_argument() ? option.value : option.names.back();
            BOOST_TEST(!option.text.empty(), command->path + " " + name);
            // What CLI11 calls a value where nothing else was said.
            BOOST_TEST((option.value != "TEXT" && option.value != "UINT" && option.value != "INT"),
                       command->path + " " + name);
        }
    }
    BOOST_TEST(paths.count("man") == 0); // hidden
}

BOOST_AUTO_TEST_CASE(a_synopsis_shows_what_must_be_and_what_may_be) {
    command_definition command;
    command.path = "thing do";
    command.options = {{.names = {}, .value = "WHAT", .required = true},
                       {.names = {"-y", "--yes"}},
                       {.names = {"--role"}, .value = "ROLE", .repeatable = true}};
    BOOST_TEST(synopsis_of(command) == "pawlctl thing do WHAT [--yes] [--role ROLE ...]");
    command.options.clear();
    command.commands.push_back({.name = "it", .path = "thing do it"});
    BOOST_TEST(synopsis_of(command) == "pawlctl thing do COMMAND ...");
}

BOOST_AUTO_TEST_CASE(no_text_is_taken_for_troff) {
    command_definition command;
    command.name = command.path = "odd";
    command.text = ".SH it's a \\fB-trap-";
    const std::string page = page_of(command).troff;
    BOOST_TEST(page.find("\n\\&.SH it\\(aqs a \\efB\\-trap\\-") != std::string::npos, page);
    BOOST_TEST(page.find("\n.SH it") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_query_is_encoded_whole) {
    BOOST_TEST(encoded("ann+x@example.com") == "ann%2Bx%40example.com");
    BOOST_TEST(encoded("../a b?\xc3\xa9") == "..%2Fa%20b%3F%C3%A9");
    BOOST_TEST(encoded("A-z_0.9~") == "A-z_0.9~");
}

BOOST_AUTO_TEST_SUITE_END()
