#include "app/http/negotiation.hpp"

#include <boost/test/unit_test.hpp>

using namespace pawl::app;

BOOST_AUTO_TEST_SUITE(negotiation)

BOOST_AUTO_TEST_CASE(browsers_get_a_page_and_programs_json) {
    BOOST_TEST(prefers_html("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"));
    BOOST_TEST(prefers_html("text/html"));
    BOOST_TEST(prefers_html("TEXT/HTML ; charset=utf-8 ; Q=0.5"));
    BOOST_TEST(prefers_html("text/*, application/json;q=0.9"));
    BOOST_TEST(!prefers_html(std::nullopt));
    for (const char* accept :
         {"", "*/*", "application/json", "text/html, application/json", "text/html;q=0.5, application/json;q=0.6",
          "text/html;q=0", "text/html;q=x", "text/html;q=2", "text/html;q=0.0001", "application/json, text/plain, */*",
          "text/html;q=0.8, */*;q=0.9", ",,;q=1,", "text/html;q="}) {
        BOOST_TEST_CONTEXT(accept) {
            BOOST_TEST(!prefers_html(accept));
        }
    }
}

BOOST_AUTO_TEST_CASE(gzip_is_taken_where_it_is_named) {
    for (const char* accept :
         {"gzip", "gzip, deflate, br, zstd", "br;q=1.0, gzip;q=0.001", "*", "GZIP", "br,*;q=0.1"}) {
        BOOST_TEST_CONTEXT(accept) {
            BOOST_TEST(accepts_gzip(accept));
        }
    }
    BOOST_TEST(!accepts_gzip(std::nullopt));
    for (const char* accept : {"", "identity", "gzip;q=0", "gzip;q=0.000", "*;q=0", "*, gzip;q=0", "xgzip"}) {
        BOOST_TEST_CONTEXT(accept) {
            BOOST_TEST(!accepts_gzip(accept));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
