#include "storage/access.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace pawl::storage;

namespace {

constexpr uid_t me = 1000, other = 1001, root = 0;

struct row {
    uid_t owner;
    mode_t mode;
    bool modes_stick;
    bool good, good_where_allowed;
};

} // namespace

BOOST_AUTO_TEST_SUITE(access_suite)

BOOST_AUTO_TEST_CASE(a_data_directory_is_ours_alone_unless_its_group_is_meant) {
    const std::vector<row> rows{
        {me, 0700, true, true, true},      {me, 0750, true, false, true},    {me, 02770, true, false, true},
        {root, 02770, true, false, true},  {root, 0700, true, false, true},  {other, 02770, true, false, false},
        {other, 0700, true, false, false}, {me, 0755, true, false, false},   {root, 02777, true, false, false},
        {me, 0777, false, false, true},    {root, 0777, false, false, true}, {other, 0777, false, false, false},
    };
    for (const row& r : rows) {
        BOOST_TEST_CONTEXT(r.owner << " " << std::oct << r.mode << " sticks " << r.modes_stick) {
            const access_facts facts{r.owner, me, r.mode, r.modes_stick};
            BOOST_TEST(directory_problem("/d", facts, group_access::refused).empty() == r.good);
            BOOST_TEST(directory_problem("/d", facts, group_access::allowed).empty() == r.good_where_allowed);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_file_of_secrets_is_for_its_owner_and_at_most_for_a_group_that_is_meant) {
    const std::vector<row> rows{
        {me, 0600, true, true, true},    {me, 0400, true, true, true},     {root, 0440, true, false, true},
        {root, 0660, true, false, true}, {root, 0444, true, false, false}, {me, 0604, true, false, false},
        {me, 0777, true, false, false},  {me, 0777, false, false, true},
    };
    for (const row& r : rows) {
        BOOST_TEST_CONTEXT(std::oct << r.mode << " sticks " << r.modes_stick) {
            const access_facts facts{r.owner, me, r.mode, r.modes_stick};
            BOOST_TEST(secret_problem(facts, group_access::refused).empty() == r.good);
            BOOST_TEST(secret_problem(facts, group_access::allowed).empty() == r.good_where_allowed);
        }
    }
    BOOST_TEST(secret_problem({root, me, 0440}, group_access::refused, 0040).empty()); // systemd's credentials
}

BOOST_AUTO_TEST_CASE(what_is_refused_names_the_option_exactly_where_it_would_help) {
    const auto line = [](uid_t owner, mode_t mode, bool modes_stick = true) {
        return directory_problem("/d", {owner, me, mode, modes_stick}, group_access::refused);
    };
    const std::string option = "--allow-group-read";
    BOOST_TEST(line(root, 02770).find(option) != std::string::npos);
    BOOST_TEST(line(me, 0770).find(option) != std::string::npos);
    BOOST_TEST(line(me, 0777, false).find(option) != std::string::npos);
    BOOST_TEST(line(me, 0755).find(option) == std::string::npos);
    BOOST_TEST(line(me, 0755).find("chmod 700 /d") != std::string::npos);
    BOOST_TEST(line(other, 0700).find(option) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(modes_stick_where_temporary_files_are_and_no_trace_is_left) {
    BOOST_TEST(modes_stick_in("/tmp"));
    BOOST_TEST(modes_stick_in("/no/such/place"));
}

BOOST_AUTO_TEST_SUITE_END()
