#include "core/provider/client_wishes.hpp"
#include "core/provider/forward.hpp"
#include "core/provider/forward_cookie.hpp"
#include "core/provider/forward_decision.hpp"
#include "core/provider/redirect_uri.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <string_view>

using namespace pawl;

namespace pawl {

std::ostream& operator<<(std::ostream& out, forward_answer a) {
    constexpr std::string_view names[] = {"untrusted", "malformed", "unknown_host", "allow",
                                          "deny",      "sign_in",   "challenge",    "unauthorized"};
    return out << names[static_cast<std::size_t>(a)];
}

} // namespace pawl

namespace {

using enum forward_answer;

// The table of docs/forward-auth.md, a letter for each member of a question in its order: y, n, or - for either.
struct row {
    const char* situation;
    forward_answer answer;
};
constexpr row table[] = {
    {"n------", untrusted}, {"yn-----", malformed},    {"yyn----", unknown_host}, {"yyyyy--", allow},
    {"yyyyn--", deny},      {"yyyn-n-", unauthorized}, {"yyyn-yy", sign_in},      {"yyyn-yn", challenge},
};
constexpr unsigned members = 7;

forward_question question_of(unsigned bits) {
    const auto bit = [bits](unsigned at) { return (bits >> at & 1U) != 0; };
    return {bit(0), bit(1), bit(2), bit(3), bit(4), bit(5), bit(6)};
}

bool is_of(const row& r, unsigned bits) {
    for (unsigned at = 0; at < members; ++at) {
        const char wanted = r.situation[at];
        if (wanted != '-' && (wanted == 'y') != ((bits >> at & 1U) != 0)) {
            return false;
        }
    }
    return true;
}

capsule_ring ring_of(std::uint8_t seed) {
    std::vector<capsule_key> keys;
    keys.push_back({0, secret_bytes(capsule_key_size, seed)});
    return capsule_ring(std::move(keys));
}

forward_flow some_flow() {
    forward_flow flow;
    flow.host = "app.example:8443";
    flow.return_path = "/a?b=c";
    flow.verifier.fill(7);
    flow.state.fill(9);
    flow.made_at = timestamp(seconds(1000));
    return flow;
}

} // namespace

BOOST_AUTO_TEST_SUITE(forward)

BOOST_AUTO_TEST_CASE(each_situation_is_one_row_and_answered_as_it_says) {
    for (unsigned bits = 0; bits < 1U << members; ++bits) {
        unsigned rows = 0;
        for (const row& r : table) {
            if (is_of(r, bits)) {
                ++rows;
                BOOST_TEST(decide_forward(question_of(bits)) == r.answer, "situation " << bits);
            }
        }
        BOOST_TEST(rows == 1U, "situation " << bits);
    }
}

BOOST_AUTO_TEST_CASE(hosts_are_names_in_lower_case_with_a_port_where_it_is_not_443) {
    for (const char* good :
         {"a", "app.example", "a-b.example", "1.example", "192.0.2.1", "localhost:1", "x:65535", "x:80"}) {
        BOOST_TEST(is_forward_host(good), good);
        BOOST_TEST(forward_host_problem(good).empty(), good);
    }
    const std::string long_label(64, 'a'), long_name = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                                                       std::string(63, 'c') + "." + std::string(63, 'd');
    for (const std::string& bad : {std::string(),
                                   std::string("A"),
                                   std::string("a."),
                                   std::string(".a"),
                                   std::string("a..b"),
                                   std::string("-a"),
                                   std::string("a-"),
                                   std::string("a_b"),
                                   std::string("*.a"),
                                   std::string("a:443"),
                                   std::string("a:0"),
                                   std::string("a:080"),
                                   std::string("a:65536"),
                                   std::string("a:"),
                                   std::string("a:1:2"),
                                   std::string("a/b"),
                                   std::string("a b"),
                                   std::string("[::1]"),
                                   std::string("a,b"),
                                   std::string("\xc3\xbc.example"),
                                   std::string("a\0b", 3),
                                   long_label,
                                   long_name}) {
        BOOST_TEST(!is_forward_host(bad), bad);
        BOOST_TEST(!forward_host_problem(bad).empty(), bad);
    }
}

BOOST_AUTO_TEST_CASE(a_host_as_sent_becomes_the_one_of_records) {
    BOOST_TEST(forward_host("APP.example:443") == "app.example");
    BOOST_TEST(forward_host("app.example:8443") == "app.example:8443");
    BOOST_TEST(forward_host("app.example:80") == "app.example:80");
    BOOST_TEST(forward_host_of_url("https://ID.example:443/auth?x#y") == "id.example");
    BOOST_TEST(forward_host_of_url("http://127.0.0.1:8080") == "127.0.0.1:8080");
    BOOST_TEST(forward_host_of_url("ftp://id.example") == "");
}

BOOST_AUTO_TEST_CASE(answers_go_to_the_callback_of_a_host_alone) {
    client c = forward_client(client_preset::web, {{"app.example", "app.localhost:9", "127.0.0.1:9"}, {}, {}});
    for (const char* good : {"https://app.example/.pawl/callback", "https://app.localhost:9/.pawl/callback",
                             "http://app.localhost:9/.pawl/callback", "http://127.0.0.1:9/.pawl/callback"}) {
        BOOST_TEST(is_redirect_uri_of(c, good), good);
    }
    for (const char* bad : {"http://app.example/.pawl/callback", "https://app.example/.pawl/callback?x",
                            "https://app.example/", "https://other.example/.pawl/callback",
                            "http://127.0.0.1:10/.pawl/callback", "https://app.example:443/.pawl/callback", ""}) {
        BOOST_TEST(!is_redirect_uri_of(c, bad), bad);
    }
}

BOOST_AUTO_TEST_CASE(a_return_path_is_one_of_the_same_host) {
    for (const char* good : {"/", "/a", "/a/b?c=d#e", "/\xc3\xbc", "/a b", "/.pawlx", "/a//b"}) {
        BOOST_TEST(is_return_path(good), good);
    }
    for (const std::string& bad :
         {std::string(), std::string("a"), std::string("//a"), std::string("/\\a"), std::string("\\/a"),
          std::string("/a\nb"), std::string("/\t"), std::string("/a\0", 3), std::string("/\x7f"),
          std::string("https://a"), std::string("/.pawl/start"), "/" + std::string(return_path_size_max, 'a')}) {
        BOOST_TEST(!is_return_path(bad), bad);
    }
    BOOST_TEST(location_of("/\xc3\xbc a\"?b=c&d#e%20") == "/%C3%BC%20a%22?b=c&d#e%20");
    BOOST_TEST(query_value("/a?b=c&d#%\xc3") == "/a%3Fb%3Dc%26d%23%25%C3");
}

BOOST_AUTO_TEST_CASE(values_of_headers_are_printable_ascii) {
    BOOST_TEST(forward_header("Ann Lee", "") == "Ann Lee");
    BOOST_TEST(forward_header("50%", "") == "50%25");
    BOOST_TEST(forward_header("a,b:c", ",") == "a%2Cb:c");
    BOOST_TEST(forward_header("a:b", ":") == "a%3Ab");
    std::string all;
    for (int byte = 0; byte < 256; ++byte) {
        all.push_back(static_cast<char>(byte));
    }
    for (const char c : forward_header(all)) {
        BOOST_TEST((c >= 0x20 && c < 0x7f));
    }
}

BOOST_AUTO_TEST_CASE(a_flow_is_sealed_with_all_that_the_callback_needs) {
    const capsule_ring ring = ring_of(7);
    test::seeded_random random(1);
    const forward_flow flow = some_flow();
    const auto text = seal_forward_flow(ring, flow, 5, random);
    BOOST_REQUIRE(text);
    BOOST_TEST((open_forward_flow(ring, text->reveal(), 5) == flow));
    BOOST_TEST((!open_forward_flow(ring, text->reveal(), 6))); // a backup was put back
    BOOST_TEST((!open_forward_flow(ring_of(8), text->reveal(), 5)));
    BOOST_TEST((!open_forward_session(ring, text->reveal())));
    BOOST_TEST((!open_forward_flow(ring, "", 5)));
    BOOST_TEST(is_state_of(flow, state_text(flow)));
    BOOST_TEST(!is_state_of(flow, state_text(flow) + "A"));
    BOOST_TEST(!is_state_of(flow, ""));
    BOOST_TEST(verifier_text(flow).size() == 43U); // RFC 7636 4.1
    BOOST_TEST(challenge_text(flow).size() == 43U);
}

BOOST_AUTO_TEST_CASE(a_flow_whose_texts_have_no_place_is_not_sealed) {
    const capsule_ring ring = ring_of(7);
    test::seeded_random random(1);
    forward_flow flow = some_flow();
    flow.return_path.assign(return_path_size_max + 1, 'a');
    BOOST_TEST(!seal_forward_flow(ring, flow, 5, random));
    flow = some_flow();
    flow.return_path = "/" + std::string(return_path_size_max - 1, 'a');
    flow.host = std::string(forward_host_size_max, 'a');
    const auto longest = seal_forward_flow(ring, flow, 5, random);
    BOOST_REQUIRE(longest);
    constexpr std::size_t cookie_size_max = 4096, around_it = 80; // of browsers: with name and attributes
    BOOST_TEST(longest->reveal().size() + around_it < cookie_size_max);
}

BOOST_AUTO_TEST_CASE(a_session_is_sealed_with_its_host) {
    const capsule_ring ring = ring_of(7);
    test::seeded_random random(1);
    forward_session session;
    session.host = "app.example";
    session.family.bytes.fill(3);
    const secret_string text = seal_forward_session(ring, session, random);
    BOOST_TEST((open_forward_session(ring, text.reveal()) == session));
    BOOST_TEST((!open_forward_session(ring_of(8), text.reveal())));
    BOOST_TEST((!open_forward_flow(ring, text.reveal(), 0)));
}

BOOST_AUTO_TEST_SUITE_END()
