#include "app/config/options.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <set>
#include <sstream>

using namespace pawl::app;

BOOST_AUTO_TEST_SUITE(options_test)

BOOST_AUTO_TEST_CASE(the_page_of_options_has_the_table_as_it_is) {
    std::ifstream file(std::string(PAWL_SOURCE_DIR) + "/docs/configuration.md");
    std::ostringstream text;
    text << file.rdbuf();
    const std::string page = text.str();
    const auto begin = page.find(markdown_begin);
    const auto end = page.find(markdown_end);
    BOOST_TEST_REQUIRE(begin != std::string::npos);
    BOOST_TEST_REQUIRE(end != std::string::npos);
    const std::string in_page = page.substr(begin, end + markdown_end.size() - begin) + "\n";
    BOOST_TEST(in_page == markdown_table(), "the table of docs/configuration.md should be:\n" << markdown_table());
}

BOOST_AUTO_TEST_CASE(names_are_unique_and_spelled_alike_everywhere) {
    std::set<std::string> names;
    for (const option_row& row : option_table()) {
        BOOST_TEST(names.insert(std::string(row.name)).second);
        BOOST_TEST(names.insert(environment_name(row)).second);
        BOOST_TEST(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-0123456789") == std::string_view::npos);
        BOOST_TEST(&row_of(row.id) == &row);
        BOOST_TEST(find_option(row.name) == &row);
        BOOST_TEST(!row.meaning.empty());
        BOOST_TEST(!row.default_text.empty());
    }
    BOOST_TEST(environment_name(row_of(option_id::access_token_ttl)) == "PAWL_ACCESS_TOKEN_TTL");
    BOOST_TEST(find_option("nonsense") == nullptr);
}

BOOST_AUTO_TEST_CASE(rows_make_sense) {
    for (const option_row& row : option_table()) {
        const bool bounded = row.kind == value_kind::count || row.kind == value_kind::duration ||
                             row.kind == value_kind::size || row.kind == value_kind::parent;
        BOOST_TEST(bounded == (row.max > 0), row.name);
        BOOST_TEST((row.min >= 0 && row.min <= row.max), row.name);
        BOOST_TEST((row.kind == value_kind::choice) == !row.choices.empty(), row.name);
        BOOST_TEST((row.kind == value_kind::secret) == (row.place == option_place::outside_only), row.name);
        BOOST_TEST(!rule_of(row).empty(), row.name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
