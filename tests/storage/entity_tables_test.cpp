// What docs/ says of records and exports is what the declarations say.
#include "storage/entity/all.hpp"
#include "storage/entity/tables.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace pawl;
using namespace pawl::storage;

namespace {

std::string content_of(const std::string& page) {
    std::ifstream file(std::string(PAWL_SOURCE_DIR) + "/docs/" + page);
    std::ostringstream all;
    all << file.rdbuf();
    return all.str();
}
bool has(const std::string& page, const std::string& table) {
    return content_of(page).find("\n" + table + "\n") != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(entity_tables)

BOOST_AUTO_TEST_CASE(the_page_of_the_bytes_has_the_records_as_they_are_declared) {
    BOOST_TEST(has("on-disk.md", record_table()), "docs/on-disk.md should say:\n" << record_table());
}

BOOST_AUTO_TEST_CASE(the_page_of_the_export_has_the_members_as_they_are_declared) {
    for (const std::string& table : exported_tables()) {
        BOOST_TEST(has("export-format.md", table), "docs/export-format.md should say:\n" << table);
    }
}

BOOST_AUTO_TEST_CASE(names_of_records_are_their_own_and_every_type_is_known_by_its_number) {
    std::set<std::string> names;
    for_each_record([&]<class Record>(as<Record>) {
        BOOST_TEST(names.insert(declaration<Record>::name).second);
        BOOST_TEST(name_of_type(type_of<Record>, "other") == declaration<Record>::name);
        BOOST_TEST(is_known_record(type_of<Record>));
    });
    BOOST_TEST(names.size() == record_types.size());
    BOOST_TEST(name_of_type(77, "other") == "other");
    BOOST_TEST(!visit_record(77, [](auto /*one*/) { BOOST_ERROR("no record has this type"); }));
}

BOOST_AUTO_TEST_SUITE_END()
