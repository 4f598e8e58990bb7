#include "core/provider/sign_out.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <ostream>
#include <string>
#include <vector>

using namespace pawl;

namespace {

constexpr user_id alice{7}, bob{8};
const std::string here = "https://shop.example/bye", elsewhere = "https://thief.example/";

client_ptr shop() {
    auto c = std::make_shared<client>();
    c->number = client_number{16};
    c->client_id = "shop";
    c->post_logout_redirect_uris = {here, "https://shop.example/out?x=1"};
    return c;
}

// What may come, one letter each.
//   hint    -: none, f: not ours, s: of this session, o: of alice's session elsewhere, b: of bob
//   client  -: not said, s: shop, t: another that is known, u: unknown
//   uri     -: none, r: registered by shop, n: not
//   browser -: no user, a: alice
//   answer  -: none, y, n
struct situation {
    char hint, client, uri, browser, answer;
};
// `kind` as the row of the table says, and where the browser goes: R redirect, L a link, -: nowhere.
struct row {
    const char *hint, *client, *uri, *browser, *answer, *outcome;
};
constexpr row table[] = {
    // A hint that is not ours, or not that client's.
    {"f", "-stu", "-rn", "-a", "-yn", "refuse -"},
    {"sob", "tu", "-rn", "-a", "-yn", "refuse -"},
    // A client that is not known.
    {"-", "u", "-rn", "-a", "-yn", "refuse -"},
    // A URI that is not the client's. `t` has none.
    {"sob", "-s", "n", "-a", "-yn", "refuse -"},
    {"-", "s", "n", "-a", "-yn", "refuse -"},
    {"-", "t", "rn", "-a", "-yn", "refuse -"},
    // No user is signed in.
    {"sob", "-s", "r", "-", "-yn", "done R"},
    {"sob", "-s", "-", "-", "-yn", "done -"},
    {"-", "s", "r", "-", "-yn", "done L"},
    {"-", "st", "-", "-", "-yn", "done -"},
    {"-", "-", "-rn", "-", "-yn", "done -"},
    // The ID token of this very session needs no question.
    {"s", "-s", "r", "a", "-yn", "sign_out R"},
    {"s", "-s", "-", "a", "-yn", "sign_out -"},
    // Everything else is asked.
    {"ob", "-s", "-r", "a", "-", "ask -"},
    {"-", "s", "-r", "a", "-", "ask -"},
    {"-", "t", "-", "a", "-", "ask -"},
    {"-", "-", "-rn", "a", "-", "ask -"},
    {"ob", "-s", "-r", "a", "n", "stay -"},
    {"-", "s", "-r", "a", "n", "stay -"},
    {"-", "t", "-", "a", "n", "stay -"},
    {"-", "-", "-rn", "a", "n", "stay -"},
    {"ob", "-s", "r", "a", "y", "sign_out R"},
    {"ob", "-s", "-", "a", "y", "sign_out -"},
    {"-", "s", "r", "a", "y", "sign_out R"},
    {"-", "s", "-", "a", "y", "sign_out -"},
    {"-", "t", "-", "a", "y", "sign_out -"},
    // Without a client nothing says whose the URI is.
    {"-", "-", "-rn", "a", "y", "sign_out -"},
};

bool has(const char* letters, char one) {
    return std::string_view(letters).find(one) != std::string_view::npos;
}
bool is_of(const row& r, const situation& s) {
    return has(r.hint, s.hint) && has(r.client, s.client) && has(r.uri, s.uri) && has(r.browser, s.browser) &&
           has(r.answer, s.answer);
}

sign_out_request request_of(const situation& s) {
    sign_out_request asked;
    asked.id_token_hint = s.hint == '-' ? "" : "header.payload.signature";
    asked.client_id = s.client == 's' ? "shop" : s.client == 't' ? "other" : s.client == 'u' ? "unheard" : "";
    asked.post_logout_redirect_uri = s.uri == 'r' ? here : s.uri == 'n' ? elsewhere : "";
    asked.state = "a b";
    return asked;
}
sign_out_surroundings surroundings_of(const situation& s) {
    sign_out_surroundings now;
    if (has("sob", s.hint)) {
        now.hint = id_token_hint{s.hint == 'b' ? bob : alice, "shop", s.hint == 's' ? "this" : "that"};
    }
    if (s.client == 't') {
        auto other = std::make_shared<client>(*shop());
        other->client_id = "other";
        other->post_logout_redirect_uris.clear();
        now.who = other;
    } else if (s.client == 's' || (s.client == '-' && now.hint)) {
        now.who = shop();
    }
    if (s.browser == 'a') {
        now.user = alice;
        now.session = now.who ? "this" : "";
    }
    now.answer = s.answer == 'y' ? sign_out_answer::yes : s.answer == 'n' ? sign_out_answer::no : sign_out_answer::none;
    return now;
}

std::string outcome_of(const sign_out_step& step) {
    constexpr std::array names{"refuse", "ask", "sign_out", "done", "stay"};
    std::string out = names.at(static_cast<std::size_t>(step.what));
    out += step.redirect_to.empty() ? step.link.empty() ? " -" : " L" : " R";
    return out;
}

template <class Visit>
void each_situation(const Visit& visit) {
    for (const char hint : {'-', 'f', 's', 'o', 'b'}) {
        for (const char who : {'-', 's', 't', 'u'}) {
            for (const char uri : {'-', 'r', 'n'}) {
                for (const char browser : {'-', 'a'}) {
                    for (const char answer : {'-', 'y', 'n'}) {
                        visit(situation{hint, who, uri, browser, answer});
                    }
                }
            }
        }
    }
}

sign_out_step decided(const situation& s) {
    return decide_sign_out(request_of(s), surroundings_of(s));
}
std::string told(const situation& s) {
    return {s.hint, s.client, s.uri, s.browser, s.answer};
}

} // namespace

BOOST_AUTO_TEST_SUITE(sign_outs)

BOOST_AUTO_TEST_CASE(every_situation_has_one_row_and_ends_as_it_says) {
    std::size_t count = 0;
    each_situation([&](const situation& s) {
        ++count;
        std::size_t rows = 0;
        for (const row& r : table) {
            if (is_of(r, s)) {
                ++rows;
                BOOST_TEST(outcome_of(decided(s)) == r.outcome, told(s));
            }
        }
        BOOST_TEST(rows == 1U, told(s));
    });
    BOOST_TEST(count == 360U);
}

BOOST_AUTO_TEST_CASE(a_redirect_goes_to_the_registered_uri_with_state_and_nowhere_else) {
    each_situation([](const situation& s) {
        const sign_out_step step = decided(s);
        for (const std::string& to : {step.redirect_to, step.link}) {
            BOOST_TEST((to.empty() || to == here + "?state=a+b"), told(s));
        }
        BOOST_TEST((step.what == sign_out_step::kind::refuse) == !step.sentence.empty(), told(s));
    });
    sign_out_request asked = request_of({'s', '-', 'r', 'a', '-'});
    asked.post_logout_redirect_uri = "https://shop.example/out?x=1";
    BOOST_TEST(decide_sign_out(asked, surroundings_of({'s', '-', 'r', 'a', '-'})).redirect_to ==
               "https://shop.example/out?x=1&state=a+b");
    asked.state.clear();
    BOOST_TEST(decide_sign_out(asked, surroundings_of({'s', '-', 'r', 'a', '-'})).redirect_to ==
               "https://shop.example/out?x=1");
}

BOOST_AUTO_TEST_CASE(a_uri_of_a_client_that_is_off_or_removed_is_not_registered) {
    const situation s{'s', '-', 'r', 'a', '-'};
    sign_out_surroundings now = surroundings_of(s);
    auto off = std::make_shared<client>(*shop());
    off->enabled = false;
    now.who = off;
    BOOST_TEST(outcome_of(decide_sign_out(request_of(s), now)) == "refuse -");
    now.who = nullptr;
    now.session.clear();
    BOOST_TEST(outcome_of(decide_sign_out(request_of(s), now)) == "refuse -");
}

BOOST_AUTO_TEST_CASE(a_hint_of_another_user_is_asked_about_whatever_session_it_names) {
    const situation s{'b', '-', 'r', 'a', '-'};
    sign_out_surroundings now = surroundings_of(s);
    now.hint->session = now.session;
    BOOST_TEST(outcome_of(decide_sign_out(request_of(s), now)) == "ask -");
}

BOOST_AUTO_TEST_CASE(two_empty_session_names_are_not_the_same_session) {
    const situation s{'s', '-', '-', 'a', '-'};
    sign_out_surroundings now = surroundings_of(s);
    now.session.clear();
    now.hint->session.clear();
    BOOST_TEST(outcome_of(decide_sign_out(request_of(s), now)) == "ask -");
}

BOOST_AUTO_TEST_CASE(parameters_are_read_once_each_within_their_sizes) {
    const auto all = read_sign_out_request({{"id_token_hint", "h"},
                                            {"client_id", "shop"},
                                            {"post_logout_redirect_uri", here},
                                            {"state", "s"},
                                            {"ui_locales", "de"},
                                            {"logout_hint", "alice"},
                                            {"unheard_of", "1"},
                                            {"unheard_of", "2"}});
    BOOST_TEST_REQUIRE(std::holds_alternative<sign_out_request>(all));
    BOOST_TEST((std::get<sign_out_request>(all) == sign_out_request{"h", "shop", here, "s", "de"}));
    for (const char* name : {"id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"}) {
        BOOST_TEST(std::holds_alternative<std::string_view>(read_sign_out_request({{name, "a"}, {name, "a"}})), name);
        BOOST_TEST(std::holds_alternative<std::string_view>(read_sign_out_request({{name, ""}, {name, ""}})), name);
        BOOST_TEST(std::holds_alternative<std::string_view>(read_sign_out_request({{name, std::string(4097, 'a')}})),
                   name);
    }
    const std::pair<const char*, std::size_t> bounds[] = {{"id_token_hint", 4096},
                                                          {"client_id", client_id_size_max},
                                                          {"post_logout_redirect_uri", client_uri_size_max},
                                                          {"state", state_size_max},
                                                          {"ui_locales", ui_locales_size_max}};
    for (const auto& [name, most] : bounds) {
        BOOST_TEST(std::holds_alternative<sign_out_request>(read_sign_out_request({{name, std::string(most, 'a')}})));
        BOOST_TEST(
            std::holds_alternative<std::string_view>(read_sign_out_request({{name, std::string(most + 1, 'a')}})));
    }
}

BOOST_AUTO_TEST_CASE(a_request_comes_back_out_of_its_capsule_without_the_token) {
    const capsule_ring ring({{0, secret_bytes(capsule_key_size, 7)}});
    test::seeded_random random(7);
    sign_out_flow f{{"", "shop", here, "s", "de en"}, id_token_hint{alice, "shop", "name-of-a-session"}};
    for (const bool hinted : {true, false}) {
        if (!hinted) {
            f.hint.reset();
        }
        const std::optional<secret_string> text = seal_sign_out(ring, f, 5, random);
        BOOST_TEST_REQUIRE(text.has_value());
        BOOST_TEST(text->reveal().starts_with("pso_"));
        const std::optional<sign_out_flow> again = open_sign_out(ring, text->reveal(), 5);
        BOOST_TEST_REQUIRE(again.has_value());
        BOOST_TEST((again->asked == f.asked));
        BOOST_TEST(again->hint.has_value() == hinted);
        if (hinted) {
            BOOST_TEST((again->hint->subject == alice));
            BOOST_TEST(again->hint->client_id == "shop");
            BOOST_TEST(again->hint->session == "name-of-a-session");
        }
        BOOST_TEST(!open_sign_out(ring, text->reveal(), 6).has_value()); // of before a restore
        std::string other(text->reveal());
        other.back() = other.back() == 'A' ? 'B' : 'A';
        BOOST_TEST(!open_sign_out(ring, other, 5).has_value());
    }
    f.asked.state.assign(state_size_max + 1, 's');
    BOOST_TEST(!seal_sign_out(ring, f, 5, random).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
