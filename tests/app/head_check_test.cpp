#include "app/http/head_check.hpp"

#include "tests/app/head_check_cases.hpp"

#include <boost/test/unit_test.hpp>

namespace pawl::app {
namespace {

using test::gate_outcome;
using test::through_gate;

const host_list hosts = test::loopback_hosts();

std::string request_with(std::string_view fields, std::string_view line = "GET / HTTP/1.1") {
    return std::string(line) + "\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}

head_refusal refusal_of(const std::string& bytes) {
    const gate_outcome out = through_gate(bytes, bytes.size(), hosts);
    BOOST_TEST_REQUIRE(out.complete);
    return out.why;
}

BOOST_AUTO_TEST_SUITE(gate)

BOOST_AUTO_TEST_CASE(each_case_of_the_table_is_refused_for_its_reason_however_its_bytes_arrive) {
    const auto cases = test::load_gate_cases();
    BOOST_TEST_REQUIRE(cases.size() > 100);
    for (const test::head_check_case& c : cases) {
        for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::max<std::size_t>(c.bytes.size(), 1)}) {
            const gate_outcome out = through_gate(c.bytes, step, hosts);
            BOOST_TEST_INFO_SCOPE(c.name << ", " << step << " bytes at a time");
            BOOST_TEST(out.complete);
            BOOST_TEST(to_text(out.why) == c.reason);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_control_byte_is_found_wherever_it_stands_and_nothing_else_is_taken_for_one) {
    constexpr std::size_t places = 19; // more than two words of eight, and what is left over
    for (unsigned byte = 0; byte < 256; ++byte) {
        for (std::size_t place = 0; place < places; ++place) {
            std::string value(places, 'a');
            value[place] = static_cast<char>(byte);
            header_scanner scanner;
            const std::string block = request_with("X-A: a" + value + "a\r\n");
            const bool refused = scanner.scan(block) == header_scanner::outcome::refused;
            const bool is_control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
            if (refused != is_control) {
                BOOST_ERROR("byte " << byte << " at " << place << (refused ? " is refused" : " passes"));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(every_refusal_has_a_name_of_its_own_and_an_error_of_its_status) {
    std::vector<std::string_view> names;
    for (std::size_t i = 1; i < head_refusal_count; ++i) {
        const auto why = static_cast<head_refusal>(i);
        BOOST_TEST(std::count(names.begin(), names.end(), to_text(why)) == 0);
        names.push_back(to_text(why));
        BOOST_TEST(problem_response(problem_of(why), detail_of(why)).status >= 400U);
        BOOST_TEST(problem_response(problem_of(why), detail_of(why)).status != 500U);
    }
}

BOOST_AUTO_TEST_CASE(target_of_one_kibibyte_passes_and_one_byte_more_does_not) {
    const std::string path = "/" + std::string(target_size_max - 1, 'a');
    BOOST_TEST((refusal_of(request_with("", "GET " + path + " HTTP/1.1")) == head_refusal::none));
    BOOST_TEST((refusal_of(request_with("", "GET " + path + "a HTTP/1.1")) == head_refusal::target_too_long));
    BOOST_TEST((refusal_of("GET /" + std::string(header_block_size_max, 'a')) == head_refusal::target_too_long));
}

BOOST_AUTO_TEST_CASE(paths_that_take_tokens_and_capsules_take_targets_of_six_kibibytes) {
    for (const std::string path :
         {"/authorize", "/end_session", "/t/world/authorize", "/.pawl/start", "/forward-auth"}) {
        const std::string target = path + "?" + std::string(long_target_size_max - path.size() - 1, 'a');
        BOOST_TEST((refusal_of(request_with("", "GET " + target + " HTTP/1.1")) == head_refusal::none));
        BOOST_TEST((refusal_of(request_with("", "GET " + target + "a HTTP/1.1")) == head_refusal::target_too_long));
    }
    const std::string elsewhere = "/authorized?" + std::string(target_size_max, 'a');
    BOOST_TEST((refusal_of(request_with("", "GET " + elsewhere + " HTTP/1.1")) == head_refusal::target_too_long));
    BOOST_TEST((refusal_of(request_with("", "GET /a?" + std::string(target_size_max, 'a') + "/authorize HTTP/1.1")) ==
                head_refusal::target_too_long));
}

BOOST_AUTO_TEST_CASE(header_block_of_eight_kibibytes_passes_and_one_byte_more_does_not) {
    const std::size_t frame = request_with("X-A: \r\n").size();
    const std::string value(header_block_size_max - frame, 'a');
    BOOST_TEST((refusal_of(request_with("X-A: " + value + "\r\n")) == head_refusal::none));
    BOOST_TEST((refusal_of(request_with("X-A: " + value + "a\r\n")) == head_refusal::headers_too_large));
    BOOST_TEST((refusal_of(request_with("X-A: " + value + value)) == head_refusal::headers_too_large));
}

BOOST_AUTO_TEST_CASE(paths_that_take_long_targets_take_header_blocks_of_sixteen_kibibytes) {
    const std::string line = "GET /authorize?a=b HTTP/1.1";
    const std::size_t frame = request_with("X-A: \r\n", line).size();
    const std::string value(long_header_block_size_max - frame, 'a');
    BOOST_TEST((refusal_of(request_with("X-A: " + value + "\r\n", line)) == head_refusal::none));
    BOOST_TEST((refusal_of(request_with("X-A: " + value + "a\r\n", line)) == head_refusal::headers_too_large));
}

BOOST_AUTO_TEST_CASE(sixty_four_fields_pass_and_one_more_does_not) {
    std::string fields;
    for (std::size_t i = 1; i < header_count_max; ++i) { // Host is the first
        fields += "X: y\r\n";
    }
    BOOST_TEST((refusal_of(request_with(fields)) == head_refusal::none));
    BOOST_TEST((refusal_of(request_with(fields + "X: y\r\n")) == head_refusal::too_many_headers));
}

BOOST_AUTO_TEST_CASE(head_shows_what_was_sent) {
    const std::string bytes =
        "POST /a/b?c=d HTTP/1.1\r\nHost: localhost:8080\r\nAuthorization: Bearer x\r\n"
        "Content-Type:  application/json \r\nContent-Length: 7\r\nUser-Agent: u\r\nX-Request-Id: r\r\n"
        "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\nSec-Fetch-Site: none\r\n"
        "Expect: 100-Continue\r\nConnection: close\r\n\r\n";
    const gate_outcome out = through_gate(bytes, bytes.size(), hosts);
    BOOST_TEST_REQUIRE((out.why == head_refusal::none));
    const request_head& h = out.head;
    BOOST_TEST((h.method == http_method::post));
    BOOST_TEST(h.method_text == "POST");
    BOOST_TEST(h.target == "/a/b?c=d");
    BOOST_TEST(h.path == "/a/b");
    BOOST_TEST(h.query == "c=d");
    BOOST_TEST(h.host == "localhost:8080");
    BOOST_TEST(h.authorization.value() == "Bearer x");
    BOOST_TEST(h.content_type.value() == "application/json");
    BOOST_TEST(h.content_length == 7U);
    BOOST_TEST(h.user_agent.value() == "u");
    BOOST_TEST(h.request_id.value() == "r");
    BOOST_TEST(h.sec_fetch_site.value() == "none");
    BOOST_TEST(h.x_forwarded_for_count == 2U);
    BOOST_TEST(h.x_forwarded_for[1] == "2.2.2.2");
    BOOST_TEST(h.expects_continue);
    BOOST_TEST(!h.keep_alive);
    BOOST_TEST(h.cookie_count == 0U);
    BOOST_TEST(!h.chunked);
    // Views, not copies.
    BOOST_TEST((h.path.data() >= bytes.data() && h.path.data() < bytes.data() + bytes.size()));
}

BOOST_AUTO_TEST_CASE(keep_alive_follows_version_and_connection) {
    const struct {
        std::string_view line, field;
        bool keep_alive;
    } rows[] = {
        {"GET / HTTP/1.1", "", true},
        {"GET / HTTP/1.1", "Connection: close\r\n", false},
        {"GET / HTTP/1.1", "Connection: x, CLOSE\r\n", false},
        {"GET / HTTP/1.1", "Connection: close, keep-alive\r\n", false},
        {"GET / HTTP/1.0", "", false},
        {"GET / HTTP/1.0", "Connection: keep-alive\r\n", true},
        {"GET / HTTP/1.0", "Connection: close\r\n", false},
    };
    for (const auto& row : rows) {
        const std::string bytes = request_with(row.field, row.line);
        BOOST_TEST(through_gate(bytes, bytes.size(), hosts).head.keep_alive == row.keep_alive,
                   row.line << " " << row.field);
    }
}

BOOST_AUTO_TEST_CASE(the_last_lines_of_a_forwarded_header_are_those_kept) {
    std::string fields;
    for (int i = 0; i < 12; ++i) {
        fields += "Forwarded: for=10.0.0." + std::to_string(i) + "\r\n";
    }
    const std::string bytes = request_with(fields);
    const request_head h = through_gate(bytes, bytes.size(), hosts).head;
    BOOST_TEST(h.forwarded_count == request_head::forwarded_lines_max);
    BOOST_TEST(h.forwarded[0] == "for=10.0.0.4");
    BOOST_TEST(h.forwarded[7] == "for=10.0.0.11");
}

BOOST_AUTO_TEST_CASE(two_request_ids_are_none) {
    const std::string bytes = request_with("X-Request-Id: a\r\nX-Request-Id: b\r\n");
    BOOST_TEST(through_gate(bytes, bytes.size(), hosts).head.request_id.value_or("") == "");
}

BOOST_AUTO_TEST_CASE(probes_may_come_with_any_host_or_an_address_and_in_the_old_version_with_none) {
    const struct {
        std::string_view line, host;
        head_refusal why;
    } rows[] = {
        {"GET /healthz HTTP/1.1", "evil.example", head_refusal::none},
        {"HEAD /healthz HTTP/1.1", "10.0.0.1:8080", head_refusal::none},
        {"POST /healthz HTTP/1.1", "evil.example", head_refusal::unknown_host},
        {"GET /healthz?a=b HTTP/1.1", "evil.example", head_refusal::none},
        {"GET /readyz HTTP/1.1", "10.0.0.1:8080", head_refusal::none},
        {"GET /readyz HTTP/1.1", "[2001:db8::1]:80", head_refusal::none},
        {"GET /readyz HTTP/1.1", "10.0.0.1.evil.example", head_refusal::unknown_host},
        {"GET /metrics HTTP/1.0", "10.0.0.1", head_refusal::none},
        {"GET /metrics HTTP/1.1", "pawl.internal", head_refusal::unknown_host},
        {"GET /users/me HTTP/1.1", "10.0.0.1", head_refusal::unknown_host},
        {"GET /t/a/healthz HTTP/1.1", "evil.example", head_refusal::unknown_host},
        {"GET /healthz HTTP/1.0", "", head_refusal::none},
        {"GET /readyz HTTP/1.0", "", head_refusal::none},
        {"GET /metrics HTTP/1.0", "", head_refusal::none},
        {"OPTIONS / HTTP/1.0", "", head_refusal::none},
        {"OPTIONS / HTTP/1.1", "", head_refusal::bad_host},
        {"GET / HTTP/1.0", "", head_refusal::bad_host},
        {"GET /healthz HTTP/1.1", "", head_refusal::bad_host},
    };
    for (const auto& row : rows) {
        const std::string field = row.host.empty() ? "" : "Host: " + std::string(row.host) + "\r\n";
        const std::string bytes = std::string(row.line) + "\r\n" + field + "\r\n";
        BOOST_TEST(to_text(refusal_of(bytes)) == to_text(row.why), row.line << " for " << row.host);
    }
}

BOOST_AUTO_TEST_CASE(the_one_origin_that_was_read_is_known_of_a_refused_request_too) {
    const auto origin_of = [](const std::string& bytes) {
        return std::string(through_gate(bytes, bytes.size(), hosts).head.origin.value_or("none"));
    };
    BOOST_TEST(origin_of("GET / HTTP/1.1\r\nHost: evil\r\nOrigin: http://a\r\n\r\n") == "http://a");
    BOOST_TEST(origin_of(request_with("Origin: http://a\r\nOrigin: http://a\r\n")) == "none");
    BOOST_TEST(origin_of(request_with("Transfer-Encoding: gzip\r\nOrigin: http://a\r\n")) == "none");
}

BOOST_AUTO_TEST_CASE(every_form_of_address_is_a_host) {
    for (const char* good : {"[::]", "[::]:8080", "[::1]", "[fe80::1]:1", "0.0.0.0:80", "localhost", "a_b.c:1"}) {
        BOOST_TEST(is_well_formed_host(good), good);
    }
    for (const char* bad : {"[]", "[:", "[]:80", "[::1", "[x::]", ":80", ""}) {
        BOOST_TEST(!is_well_formed_host(bad), bad);
    }
}

BOOST_AUTO_TEST_CASE(host_list_compares_without_case_and_a_port_only_where_it_has_one) {
    host_list list;
    BOOST_TEST(list.add("Auth.Example.com"));
    BOOST_TEST(list.add("other.example:8443"));
    BOOST_TEST(list.add("[2001:db8::1]"));
    BOOST_TEST(!list.add("http://x"));
    BOOST_TEST(!list.add("a b"));
    BOOST_TEST(!list.add(""));
    BOOST_TEST(list.allows("auth.example.COM"));
    BOOST_TEST(list.allows("auth.example.com:1"));
    BOOST_TEST(list.allows("other.example:8443"));
    BOOST_TEST(!list.allows("other.example"));
    BOOST_TEST(!list.allows("other.example:443"));
    BOOST_TEST(list.allows("[2001:db8::1]:80"));
    BOOST_TEST(!list.allows("example.com"));
    BOOST_TEST(list.add("*"));
    BOOST_TEST(list.allows("example.com"));
}

BOOST_AUTO_TEST_CASE(scanner_finds_the_end_at_every_split) {
    const std::string block = request_with("X-A: b\r\n");
    for (std::size_t split = 0; split <= block.size(); ++split) {
        header_scanner scanner;
        const auto first = scanner.scan(std::string_view(block).substr(0, split));
        BOOST_TEST((first ==
                    (split == block.size() ? header_scanner::outcome::complete : header_scanner::outcome::incomplete)));
        if (split < block.size()) {
            BOOST_TEST((scanner.scan(block + "GET /next") == header_scanner::outcome::complete));
        }
        BOOST_TEST(scanner.block_size() == block.size());
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
