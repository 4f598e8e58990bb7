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
            if (path.ends_with("{id}")) {
                path.replace(path.size() - 4, 4, "x");
            }
            const route_match found = r.find(rows[i].method, path);
            BOOST_TEST((found.outcome == route_outcome::found), rows[i].path);
            BOOST_TEST(found.index == i);
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
