// Rows of the route table: what a row refuses, who may ask, what an alias shares.
#include "app/http/route.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <type_traits>

using namespace pawl;
using namespace pawl::app;

namespace {

// A row without the errors it gives is no row.
static_assert(std::is_constructible_v<route, http_method, std::string_view, endpoint, std::string_view, refusal_list>);
static_assert(!std::is_constructible_v<route, http_method, std::string_view, endpoint, std::string_view>);

task<http_response> answer(app_context& /*context*/, const http_request& /*request*/) {
    co_return http_response{};
}

std::string words(const refusal_list& list) {
    std::string all;
    for (const refusal& refused : list) {
        all += (all.empty() ? "" : " ") + std::string(row_of(refused.why).code) + (refused.has_example ? "" : "*");
    }
    return all;
}

constexpr refusal_list some = refuses(json_body, errc::email_taken, errc::validation_failed);

std::string all_words(audience who, const refusal_list& own) {
    return words(all_refusals(route{http_method::get, "/things", {&answer, who}, "thing", own}));
}

} // namespace

BOOST_AUTO_TEST_SUITE(route_rows)

BOOST_AUTO_TEST_CASE(a_list_has_each_cause_once_in_the_order_given) {
    BOOST_TEST(words(refuses()).empty());
    BOOST_TEST(words(some) ==
               "malformed_json duplicate_parameter unsupported_media_type validation_failed email_taken");
    BOOST_TEST(some.contains(errc::email_taken));
    BOOST_TEST(!some.contains(errc::username_taken));
    BOOST_TEST(!some.contains(request_problem::not_found));
    BOOST_TEST(words(refuses(in_other_words(errc::session_not_found), errc::session_not_found)) ==
               "session_not_found*");
    BOOST_TEST((refuses(errc::login_failed).style() == error_style::problem));
    BOOST_TEST((refuses_as_oauth(errc::login_failed).style() == error_style::oauth));
}

BOOST_AUTO_TEST_CASE(the_check_of_the_caller_refuses_first_and_the_store_last) {
    constexpr refusal_list own = refuses(errc::wrong_password);
    BOOST_TEST(all_words(audience::anyone, own) == "wrong_password");
    for (const audience who : {audience::user, audience::account}) {
        BOOST_TEST(all_words(who, own) ==
                   "missing_access_token invalid_access_token insufficient_scope wrong_password storage_unavailable");
    }
    BOOST_TEST(all_words(audience::superuser, own) ==
               "missing_access_token invalid_access_token not_admin insufficient_scope wrong_password "
               "storage_unavailable");
    BOOST_TEST(all_words(audience::developer, own) == "forbidden_origin wrong_password");
    BOOST_TEST(all_words(audience::superuser, refuses(errc::storage_unavailable, errc::not_admin)) ==
               "missing_access_token invalid_access_token not_admin insufficient_scope storage_unavailable");
}

BOOST_AUTO_TEST_CASE(an_alias_is_the_same_but_for_its_path) {
    constexpr route row{http_method::post, "/login", &answer, "login", some};
    constexpr route alias = row.alias("/api/v1/auth/login");
    BOOST_TEST(row.original.empty());
    BOOST_TEST(alias.path == "/api/v1/auth/login");
    BOOST_TEST(alias.original == "/login");
    BOOST_TEST((alias.method == row.method && alias.handle == row.handle && alias.who == row.who));
    BOOST_TEST(alias.name == "login");
    BOOST_TEST(words(alias.refusals) == words(some));
}

BOOST_AUTO_TEST_CASE(every_cause_is_known_and_has_a_place_of_its_own) {
    BOOST_TEST(cause(errc::invalid_refresh_token).index() == 0U);
    BOOST_TEST(cause(request_problem::malformed_request).index() == cause::errc_count);
    BOOST_TEST(cause(request_problem::unknown_host).index() + 1 == cause::count);
    BOOST_TEST(!cause().is_known());
    for (const error_row& row : error_table()) {
        BOOST_TEST(row.why.is_known());
        BOOST_TEST(row_of(row.why).code == row.code);
        BOOST_TEST((row.why.of_the_request() ? cause(row.why.problem()) == row.why : cause(row.why.code()) == row.why));
    }
}

BOOST_AUTO_TEST_SUITE_END()
