#include "app/config/sources.hpp"
#include "app/config/values.hpp"

#include <boost/test/unit_test.hpp>

using namespace pawl;
using namespace pawl::app;

namespace {

variable_list dotenv(std::string_view text) {
    variable_list out;
    const auto error = parse_dotenv(text, out);
    BOOST_TEST(!error, error.value_or(""));
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_values_test)

BOOST_AUTO_TEST_CASE(durations_are_integer_seconds_or_have_a_suffix) {
    const std::vector<std::pair<std::string, std::int64_t>> good{
        {"0", 0}, {"90", 90}, {"90s", 90}, {"15m", 900}, {"36h", 129600}, {"14d", 1209600}, {"007", 7}};
    for (const auto& [text, value] : good) {
        BOOST_TEST(parse_duration(text).value_or(seconds(-1)).count() == value, text);
    }
    for (const char* text : {"", "s", "-1", "+1", "1.5", "1 s", " 1", "1S", "1M", "1w", "1ms", "0x10", "1d1h",
                             "99999999999999999999", "9223372036854775807m"}) {
        BOOST_TEST(!parse_duration(text), text);
    }
}

BOOST_AUTO_TEST_CASE(formatted_durations_and_sizes_parse_back) {
    for (const std::int64_t s : {0, 1, 59, 60, 61, 3600, 3601, 86400, 1209600, 157680000}) {
        BOOST_TEST(parse_duration(format_duration(seconds(s))).value_or(seconds(-1)).count() == s);
    }
    for (const std::int64_t n : {0LL, 1LL, 1023LL, 1024LL, 1LL << 20, 3LL << 30, (1LL << 40) + 1}) {
        BOOST_TEST(parse_size(format_size(n)).value_or(-1) == n);
    }
    BOOST_TEST(format_duration(seconds(1209600)) == "14d");
    BOOST_TEST(format_size(64 << 20) == "64MiB");
    BOOST_TEST(!parse_size("1MB"));
    BOOST_TEST(!parse_size("MiB"));
    BOOST_TEST(!parse_size("9223372036854775807GiB"));
}

BOOST_AUTO_TEST_CASE(attempt_limits_round_trip) {
    for (const char* text : {"10/5m", "1/1s", "1000000/1d", "off"}) {
        const auto limit = parse_attempt_limit(text);
        BOOST_REQUIRE_MESSAGE(limit, text);
        BOOST_TEST(format_attempt_limit(*limit) == text);
    }
    for (const char* text :
         {"", "10", "/5m", "10/", "0/5m", "10/0", "10/2d", "1000001/1m", "10/5m/1", "-1/5m", "OFF"}) {
        BOOST_TEST(!parse_attempt_limit(text), text);
    }
}

BOOST_AUTO_TEST_CASE(listen_addresses_say_what_they_are) {
    struct row {
        std::string text, url;
        bool loopback, unspecified, is_unix;
    };
    const std::vector<row> rows{
        {"127.0.0.1:8080", "http://127.0.0.1:8080", true, false, false},
        {"127.9.9.9:0", "http://127.9.9.9:0", true, false, false},
        {"[::1]:8080", "http://[::1]:8080", true, false, false},
        {"0.0.0.0:80", "http://0.0.0.0:80", false, true, false},
        {"[::]:80", "http://[::]:80", false, true, false},
        {"192.0.2.1:80", "http://192.0.2.1:80", false, false, false},
        {"[2001:db8::1]:80", "http://[2001:db8::1]:80", false, false, false},
        {"unix:/run/pawl.sock", "", false, false, true},
    };
    for (const row& r : rows) {
        BOOST_TEST_CONTEXT(r.text) {
            const auto a = parse_listen_address(r.text);
            BOOST_REQUIRE(a);
            BOOST_TEST(a->text() == r.text);
            BOOST_TEST(a->url() == r.url);
            BOOST_TEST(a->is_loopback() == r.loopback);
            BOOST_TEST(a->is_unspecified() == r.unspecified);
            BOOST_TEST(a->is_unix() == r.is_unix);
        }
    }
    BOOST_TEST(parse_listen_address("localhost:1")->text() == "127.0.0.1:1");
    BOOST_TEST(parse_listen_address("localhost:1")->to_bind() == "localhost:1"); // whichever loopback the host has
    BOOST_TEST(parse_listen_address("127.0.0.1:1")->to_bind() == "127.0.0.1:1");
    BOOST_TEST(parse_listen_address("[::1]:1")->to_bind() == "[::1]:1");
    for (const std::string& text :
         {std::string(""), std::string(":80"), std::string("::1:80"), std::string("[127.0.0.1]:80"),
          std::string("1.2.3.4:"), std::string("1.2.3.4:99999"), std::string("1.2.3:80"), std::string("unix:"),
          "unix:/" + std::string(unix_path_size_max, 'a'), std::string("unix:/a\0b", 9), std::string("[::1]80")}) {
        BOOST_TEST(!parse_listen_address(text), text);
    }
}

BOOST_AUTO_TEST_CASE(variables_of_kubernetes_have_exactly_these_names) {
    for (const char* name :
         {"PAWL_SERVICE_HOST", "PAWL_SERVICE_PORT", "PAWL_SERVICE_PORT_HTTP", "PAWL_SERVICE_PORT_HTTP_ALT", "PAWL_PORT",
          "PAWL_PORT_8080_TCP", "PAWL_PORT_8080_TCP_PROTO", "PAWL_PORT_8080_TCP_PORT", "PAWL_PORT_8080_TCP_ADDR",
          "PAWL_PORT_53_UDP", "PAWL_PORT_53_UDP_ADDR", "PAWL_PORT_9_SCTP_PROTO", "PAWL_X_SERVICE_HOST",
          "PAWL_X_SERVICE_PORT", "PAWL_X_SERVICE_PORT_HTTP", "PAWL_X_PORT", "PAWL_X_PORT_8080_TCP_ADDR",
          "PAWL_TOKEN_STORE_2_SERVICE_HOST", "PAWL_TOKEN_STORE_PORT_443_TCP"}) {
        BOOST_TEST(is_of_kubernetes(name), name);
    }
    for (const char* name : {"",
                             "PAWL_",
                             "PAWL",
                             "PAWL_SERVICE",
                             "PAWL_SERVICE_HOSTS",
                             "PAWL_HOST",
                             "PAWL_SERVICE_PORT_",
                             "PAWL_PORTS",
                             "PAWL_PORT_",
                             "PAWL_PORT_8080",
                             "PAWL_PORT_TCP",
                             "PAWL_PORT_8080_HTTP",
                             "PAWL_PORT_8080_TCP_",
                             "PAWL_PORT_8080_TCP_NAME",
                             "PAWL_PORT_8080_TCPX",
                             "PAWL_PORT_80A_TCP",
                             "PAWL_XPORT",
                             "PAWL__PORT",
                             "PAWLX_SERVICE_HOST",
                             "PAWL_service_host",
                             "PAWL_x_PORT",
                             "SERVICE_HOST",
                             "X_PAWL_PORT",
                             "PAWL_NONSENSE",
                             "PAWL_LISTEN",
                             "PAWL_DATA_DIR"}) {
        BOOST_TEST(!is_of_kubernetes(name), name);
    }
}

BOOST_AUTO_TEST_CASE(no_option_has_a_name_of_kubernetes) {
    for (const option_row& row : option_table()) {
        BOOST_TEST(!is_of_kubernetes(environment_name(row)), row.name);
    }
}

BOOST_AUTO_TEST_CASE(origins_issuers_and_hosts) {
    for (const char* text : {"https://app.example.com", "http://localhost:3000", "http://[::1]:3000"}) {
        BOOST_TEST(is_origin(text), text);
    }
    for (const char* text :
         {"", "*", "null", "https://a/", "https://A.example", "ftp://a", "https://a:0", "https://a:99999", "https://",
          "https://u@a", "https://a b", "https://[::1", "a.example"}) {
        BOOST_TEST(!is_origin(text), text);
    }
    BOOST_TEST(is_issuer("https://auth.example.com/tenant/"));
    for (const char* text : {"https://a/?q", "https://a/#f", "https://u:p@a/", "a", "https://a/\x01"}) {
        BOOST_TEST(!is_issuer(text), text);
    }
    BOOST_TEST(authority_of_url("https://Auth.Example.com:8443/x") == "auth.example.com:8443");
    BOOST_TEST(authority_of_url("nothing").empty());
    for (const char* text : {"a", "a.example", "a.example:80", "127.0.0.1", "[::1]", "[::1]:80", "my_host"}) {
        BOOST_TEST(is_host(text), text);
    }
    for (const char* text : {"", "a/b", "a:", "a:b", "::1", "-a", ".a", "a b", "*", "a:0"}) {
        BOOST_TEST(!is_host(text), text);
    }
}

BOOST_AUTO_TEST_CASE(dotenv_reads_the_common_subset) {
    struct row {
        std::string line, name, value;
    };
    const std::vector<row> rows{
        {"A=1", "A", "1"},
        {"export A=1", "A", "1"},
        {"  A = 1  ", "A", "1"},
        {"A=", "A", ""},
        {"A='x # y'", "A", "x # y"},
        {"A=x # y", "A", "x"},
        {"A=x#y", "A", "x#y"},
        {"A=#y", "A", ""},
        {R"(A="a\n\t\"b\\")", "A", "a\n\t\"b\\"},
        {R"(A='a\n\'b\\')", "A", "a\\n'b\\"},
        {"A=\"two\nlines\"", "A", "two\nlines"},
        {"A=\"x\" # said", "A", "x"},
        {"A=b=c", "A", "b=c"},
        {"A=1\r", "A", "1"},
        {"A=${B}", "A", "${B}"},
        {"\xEF\xBB\xBF"
         "A=1",
         "A", "1"},
    };
    for (const row& r : rows) {
        BOOST_TEST_CONTEXT(r.line) {
            for (const std::string& end : {std::string(), std::string("\n"), std::string("\n# comment\n\n")}) {
                const auto variables = dotenv(r.line + end);
                BOOST_REQUIRE(variables.size() == 1U);
                BOOST_TEST(variables[0].first == r.name);
                BOOST_TEST(variables[0].second == r.value);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(dotenv_skips_what_is_not_ours_and_refuses_garbled_lines_of_ours) {
    BOOST_TEST(dotenv("").empty());
    BOOST_TEST(dotenv("\r\n\r\n# x\r\n").empty());
    BOOST_TEST(dotenv("just words\n=x\nA\nB='open\n@!\n").empty());
    variable_list out;
    for (const char* text : {"PAWL_DEV", "PAWL_DEV = 'x", "SECRET_KEY='x' y", "export PAWL_DEV"}) {
        BOOST_TEST(parse_dotenv(text, out).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(an_error_line_is_one_line_whatever_the_value) {
    const std::string line = option_error_line("--x\n", std::string(1000, 'a') + "\n", "so\nurce", "rule\x7f");
    BOOST_TEST(line.find('\n') == std::string::npos);
    BOOST_TEST(line.find("...") != std::string::npos);
    BOOST_TEST(line.find("\\x0a") != std::string::npos);
    BOOST_TEST(line.size() < 200U);
}

BOOST_AUTO_TEST_SUITE_END()
