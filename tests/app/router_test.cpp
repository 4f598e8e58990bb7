#include "app/http/router.hpp"

#include "tests/app/fake_server.hpp"

#include <boost/test/unit_test.hpp>

namespace pawl::app {
namespace {

BOOST_AUTO_TEST_SUITE(router_)

BOOST_AUTO_TEST_CASE(paths_and_methods_lead_where_the_table_says) {
    const std::span<const route> rows = test::fake_routes();
    const router r(rows);
    using m = http_method;
    using o = route_outcome;
    const struct {
        m method;
        std::string_view path;
        o outcome;
        std::string_view name, parameter, allow;
    } cases[] = {
        {m::get, "/", o::found, "root", "", "GET, HEAD, OPTIONS"},
        {m::head, "/", o::found, "root", "", "GET, HEAD, OPTIONS"},
        {m::get, "/echo", o::found, "echo", "", "DELETE, GET, HEAD, OPTIONS, POST"},
        {m::delete_, "/echo", o::found, "echo", "", "DELETE, GET, HEAD, OPTIONS, POST"},
        {m::patch, "/echo", o::method_not_allowed, "", "", "DELETE, GET, HEAD, OPTIONS, POST"},
        {m::other, "/echo", o::method_not_allowed, "", "", "DELETE, GET, HEAD, OPTIONS, POST"},
        {m::options, "/echo", o::options, "", "", "DELETE, GET, HEAD, OPTIONS, POST"},
        {m::get, "/nothing", o::method_not_allowed, "", "", "OPTIONS, POST"},
        {m::head, "/nothing", o::method_not_allowed, "", "", "OPTIONS, POST"},
        {m::get, "/things/7", o::found, "thing", "7", "GET, HEAD, OPTIONS"},
        {m::get, "/things/%41", o::found, "thing", "%41", "GET, HEAD, OPTIONS"},
        {m::post, "/things/7", o::method_not_allowed, "", "7", "GET, HEAD, OPTIONS"},
        {m::get, "/things/", o::not_found, "", "", ""},
        {m::get, "/things", o::not_found, "", "", ""},
        {m::get, "/things/7/8", o::not_found, "", "", ""},
        {m::get, "/echo/", o::not_found, "", "", ""},
        {m::get, "/Echo", o::not_found, "", "", ""},
        {m::get, "//echo", o::not_found, "", "", ""},
        {m::get, "", o::not_found, "", "", ""},
        {m::get, "*", o::not_found, "", "", ""},
        {m::options, "*", o::options, "", "", "DELETE, GET, HEAD, OPTIONS, POST"},
        {m::options, "/absent", o::not_found, "", "", ""},
        {m::get, "/things/{id}", o::found, "thing", "{id}", "GET, HEAD, OPTIONS"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_INFO_SCOPE(c.path);
        const route_match found = r.find(c.method, c.path);
        BOOST_TEST((found.outcome == c.outcome));
        BOOST_TEST(found.allow == c.allow);
        BOOST_TEST(found.path_parameter == c.parameter);
        if (found.outcome == o::found) {
            BOOST_TEST(rows[found.index].name == c.name);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_row_of_the_real_table_is_found_by_its_path) {
    for (const bool development : {false, true}) {
        const std::span<const route> rows = all_routes(development);
        const router r(rows);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            std::string path(rows[i].path);
            for (const std::string_view parameter : {"{id}", "{serial}"}) {
                const std::size_t at = path.find(parameter);
                if (at != std::string::npos) {
                    path.replace(at, parameter.size(), "x");
                }
            }
            const route_match found = r.find(rows[i].method, path);
            BOOST_TEST((found.outcome == route_outcome::found), rows[i].path);
            BOOST_TEST(found.index == i);
        }
    }
}

task<http_response> no_answer(app_context& /*context*/, const http_request& /*request*/) {
    co_return http_response{};
}

BOOST_AUTO_TEST_CASE(a_parameter_may_stand_within_a_path_and_a_second_one_after_it) {
    using m = http_method;
    const route rows[] = {
        {m::get, "/clients/{id}", no_answer, "client", refuses()},
        {m::post, "/clients/{id}/secrets", no_answer, "add_secret", refuses()},
        {m::delete_, "/clients/{id}/secrets/{serial}", no_answer, "remove_secret", refuses()},
        {m::post, "/clients/all/logout", no_answer, "logout", refuses()},
    };
    const router r(rows);
    const struct {
        m method;
        std::string_view path;
        route_outcome outcome;
        std::string_view name, first, second;
    } cases[] = {
        {m::get, "/clients/shop", route_outcome::found, "client", "shop", ""},
        {m::post, "/clients/shop/secrets", route_outcome::found, "add_secret", "shop", ""},
        {m::post, "/clients/a%2Fb/secrets", route_outcome::found, "add_secret", "a%2Fb", ""},
        {m::get, "/clients/shop/secrets", route_outcome::method_not_allowed, "", "shop", ""},
        {m::delete_, "/clients/shop/secrets/2", route_outcome::found, "remove_secret", "shop", "2"},
        {m::delete_, "/clients/secrets/secrets/secrets", route_outcome::found, "remove_secret", "secrets", "secrets"},
        {m::post, "/clients/all/logout", route_outcome::found, "logout", "", ""},
        {m::post, "/clients/shop/logout", route_outcome::not_found, "", "", ""},
        {m::post, "/clients//secrets", route_outcome::not_found, "", "", ""},
        {m::post, "/clients/shop/secrets/", route_outcome::not_found, "", "", ""},
        {m::delete_, "/clients/shop/secrets/2/3", route_outcome::not_found, "", "", ""},
        {m::post, "/clients/shop//secrets", route_outcome::not_found, "", "", ""},
        {m::post, "clients/shop/secrets", route_outcome::not_found, "", "", ""},
    };
    for (const auto& c : cases) {
        BOOST_TEST_INFO_SCOPE(c.path);
        const route_match found = r.find(c.method, c.path);
        BOOST_TEST((found.outcome == c.outcome));
        BOOST_TEST(found.path_parameter == c.first);
        BOOST_TEST(found.second_parameter == c.second);
        if (found.outcome == route_outcome::found) {
            BOOST_TEST(rows[found.index].name == c.name);
        }
    }
}

BOOST_AUTO_TEST_CASE(empty_table_finds_nothing) {
    const router r({});
    BOOST_TEST((r.find(http_method::get, "/").outcome == route_outcome::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
