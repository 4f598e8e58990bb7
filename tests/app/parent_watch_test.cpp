// --exit-with-parent: which process is watched, and when none is.
#include "app/process/parent_watch.hpp"

#include <boost/test/unit_test.hpp>

using namespace pawl::app;

namespace {

// This process is 100, of the session 50, as is its parent, 90.
constexpr parentage usual{.parent = 90, .expected = 0, .process = 100, .session = 50, .parent_session = 50};

parentage with(parentage p, int parentage::* member, int value) {
    p.*member = value;
    return p;
}

bool watched(const parentage& p) {
    return why_not_watched(p).empty();
}

} // namespace

BOOST_AUTO_TEST_SUITE(parent_watch_suite)

BOOST_AUTO_TEST_CASE(the_parent_is_watched_where_it_is_who_it_should_be) {
    BOOST_TEST(watched(usual));
    BOOST_TEST(watched(with(usual, &parentage::expected, 90)));
    BOOST_TEST(watched(with(usual, &parentage::session, 100)), "a session of its own says nothing of the parent");
    BOOST_TEST(watched(with(usual, &parentage::parent_session, -1)), "the parent's session is not known");
}

BOOST_AUTO_TEST_CASE(another_parent_than_expected_means_that_the_expected_one_has_ended) {
    const std::string why = why_not_watched(with(usual, &parentage::expected, 80));
    BOOST_TEST(why.find("80") != std::string::npos);
    BOOST_TEST(why.find("90") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_parent_of_another_session_took_over_from_one_that_has_ended) {
    const parentage orphan = with(with(usual, &parentage::parent, 1), &parentage::parent_session, 1);
    BOOST_TEST(!watched(orphan));
    BOOST_TEST(!watched(with(orphan, &parentage::parent_session, 0)), "an init that has no session of its own");
    BOOST_TEST(watched(with(orphan, &parentage::expected, 1)), "the number that is given counts alone");
    BOOST_TEST(watched(with(orphan, &parentage::session, 100)), "it made a session of its own, as under a supervisor");
}

BOOST_AUTO_TEST_CASE(a_parent_outside_of_the_container_is_a_sentence) {
    const std::string why = why_not_watched(with(with(usual, &parentage::parent, 0), &parentage::parent_session, -1));
    BOOST_TEST(why.find("container") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
