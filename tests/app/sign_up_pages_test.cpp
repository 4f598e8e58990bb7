#include "app/page/sign_up_pages.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

namespace pawl::app {
namespace {

constexpr sign_up_mode modes[] = {sign_up_mode::open, sign_up_mode::confirm, sign_up_mode::approve,
                                  sign_up_mode::invite, sign_up_mode::closed};

bool has(const http_response& page, std::string_view text) {
    return page.body.find(text) != std::string::npos;
}

BOOST_AUTO_TEST_SUITE(sign_up_pages)

BOOST_AUTO_TEST_CASE(each_policy_asks_for_what_it_takes) {
    for (const language tongue : {language::english, language::german}) {
        for (const sign_up_mode mode : modes) {
            sign_up_model m;
            m.mode = mode;
            const http_response page = page_of({tongue, {}, {}}, m);
            BOOST_TEST_CONTEXT(to_text(mode)) {
                BOOST_TEST(has(page, "name=\"email\"") == takes_sign_ups(mode));
                BOOST_TEST(has(page, "id=\"signup-submit\"") == takes_sign_ups(mode));
                BOOST_TEST(has(page, "name=\"new_password\"") ==
                           (mode == sign_up_mode::open || mode == sign_up_mode::approve));
                BOOST_TEST(!has(page, "signup-back"));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(what_comes_from_outside_is_text) {
    const std::string hostile = "\"><script>alert('x')</script>\n";
    for (const sign_up_mode mode : modes) {
        sign_up_model m{mode, hostile, 8, sign_up_problem::bad_address, {}, hostile, hostile};
        for (const http_response& page :
             {page_of({}, m), page_of({}, sign_up_done_model{mode, hostile, {}, hostile})}) {
            BOOST_TEST(!has(page, "<script>alert"));
            BOOST_TEST(!has(page, "alert('x')"));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_problem_is_said_and_tied_to_its_field) {
    using enum sign_up_problem;
    for (const sign_up_problem problem :
         {bad_address, weak_password, address_taken, domain_not_allowed, too_many_attempts, busy}) {
        const http_response page =
            page_of({}, sign_up_model{sign_up_mode::open, "a@b.example", 8, problem, seconds(5), {}});
        const std::string_view body = page.body;
        BOOST_TEST(has(page, "role=\"alert\""));
        const std::size_t password = body.find("id=\"new_password\""), tied = body.find("aria-describedby=\"problem\"");
        BOOST_TEST_REQUIRE(tied != std::string_view::npos);
        BOOST_TEST((tied > password) == (problem == weak_password));
        BOOST_TEST(has(page, "value=\"a@b.example\""));
    }
}

BOOST_AUTO_TEST_CASE(who_came_from_a_sign_in_finds_the_way_back) {
    sign_up_model m;
    m.flow = "pfl_x";
    BOOST_TEST(has(page_of({}, m), "href=\"authorize?request_uri=pfl_x\""));
    BOOST_TEST(has(page_of({}, m), "name=\"flow\" value=\"pfl_x\""));
    BOOST_TEST(has(page_of({}, sign_up_done_model{sign_up_mode::open, "a", "pfl_x"}), "id=\"signup-back\""));
    BOOST_TEST(has(page_of({}, sign_in_model{"pfl_x", "Shop", "", {}, {}, {}, {}, false, true}),
                   "href=\"sign-up?flow=pfl_x\""));
    BOOST_TEST(!has(page_of({}, sign_in_model{"pfl_x", "Shop", "", {}, {}}), "sign-up"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
