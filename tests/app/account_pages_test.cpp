#include "app/page/account_pages.hpp"
#include "app/page/account_words.hpp"
#include "app/page/qr.hpp"
#include "app/page/texts.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {
namespace {

bool has(const http_response& page, std::string_view text) {
    return page.body.find(text) != std::string::npos;
}
std::string header(const http_response& r, std::string_view name) {
    for (const auto& [n, value] : r.headers) {
        if (n == name) {
            return value;
        }
    }
    return "(none)";
}

constexpr std::string_view hostile = "\"><script>alert('x')</script>&amp;\n";

account_frame frame_at(account_place here, const std::string& text) {
    account_frame frame;
    frame.here = here;
    frame.user_name = text;
    return frame;
}

factor_line factor_called(const std::string& text) {
    return {1, text, timestamp(seconds(5)), timestamp(seconds(6))};
}
session_line session_of(const std::string& text) {
    session_line line;
    line.id = line.agent = line.network = line.client_name = text;
    line.client = first_registered_client;
    line.why = session_end::token_came_back;
    return line;
}

profile_model profile_with(const std::string& text) {
    profile_model m;
    m.frame = frame_at(account_place::profile, text);
    m.username = m.first_name = m.surname = m.email = m.new_email = text;
    m.sends_mail = true;
    return m;
}
security_model security_with(const std::string& text, std::size_t count = 1) {
    security_model m;
    m.frame = frame_at(account_place::security, text);
    m.factors.assign(count, factor_called(text));
    m.has_codes = true;
    for (const auto what : {happening_kind::made, happening_kind::password_changed, happening_kind::address_proven,
                            happening_kind::factor_set_up, happening_kind::factor_used, happening_kind::signed_in,
                            happening_kind::all_ended, happening_kind::disabled, happening_kind::restored}) {
        m.happened.push_back({timestamp(seconds(7)), what, text, text, {}, {}});
        m.happened.push_back({timestamp(seconds(7)), what, text, text, {}, {}});
    }
    return m;
}
offer_model offer_with(const std::string& text) {
    offer_model m;
    m.frame = frame_at(account_place::offer, text);
    m.capsule = m.secret = m.uri = m.name = text;
    return m;
}
sessions_model sessions_with(const std::string& text, std::size_t count = 1) {
    sessions_model m;
    m.frame = frame_at(account_place::sessions, text);
    m.count = count;
    m.living_pages = page_of_list(count, sessions_shown_max, 2);
    m.ended_pages = page_of_list(count, ended_shown_max, 2);
    m.living.assign(count, session_of(text));
    m.ended.assign(count, session_of(text));
    return m;
}
apps_model apps_with(const std::string& text, std::size_t count = 1) {
    apps_model m;
    m.frame = frame_at(account_place::apps, text);
    m.pages = page_of_list(count, apps_shown_max, 2);
    m.apps.assign(count, {text, text, timestamp(seconds(8)), {{text, text}, {text, ""}}});
    return m;
}

// Every page with `text` wherever a value goes.
std::vector<http_response> all_pages(language tongue, const std::string& text) {
    const page_look look{tongue, {}, "../"};
    codes_model codes;
    codes.frame = frame_at(account_place::security, text);
    codes.codes.emplace_back(text);
    return {page_of(look, profile_with(text)),
            page_of(look, security_with(text)),
            page_of(look, offer_with(text)),
            page_of(look, codes),
            page_of(look, sessions_with(text)),
            page_of(look, apps_with(text)),
            page_of(look, data_model{frame_at(account_place::data, text)}),
            page_of(look, gone_model{})};
}

BOOST_AUTO_TEST_SUITE(account_pages)

BOOST_AUTO_TEST_CASE(what_comes_from_outside_is_text_on_every_page) {
    for (const language tongue : {language::english, language::german}) {
        for (const http_response& page : all_pages(tongue, std::string(hostile))) {
            BOOST_TEST(!has(page, "<script"));
            BOOST_TEST(!has(page, "alert('x')"));
            BOOST_TEST(!has(page, "\"\">"));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_page_has_the_policy_of_pages_without_scripts) {
    for (const http_response& page : all_pages(language::german, "a")) {
        BOOST_TEST(has(page, "<html lang=\"de\">"));
        BOOST_TEST(header(page, "Cache-Control") == "no-store");
        BOOST_TEST(header(page, "X-Frame-Options") == "DENY");
        BOOST_TEST(header(page, "Content-Security-Policy")
                       .starts_with("default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; "
                                    "base-uri 'none'; form-action '"));
        BOOST_TEST(!has(page, "{{"));
        BOOST_TEST(!has(page, " style="));
        BOOST_TEST(!has(page, "http://"));
        BOOST_TEST(!has(page, "https://"));
    }
}

BOOST_AUTO_TEST_CASE(a_page_stays_small_whatever_is_on_it) {
    const page_look look{language::german, {}, "../"};
    BOOST_TEST(page_of(look, profile_with(std::string(4000, '"'))).body.size() <= account_page_size_max);
    BOOST_TEST(page_of(look, sessions_with(std::string(32, 'f'), 1000)).body.size() <= account_page_size_max);
    BOOST_TEST(page_of(look, sessions_with(std::string(60, '"'), 1000)).body.size() <= 2 * account_page_size_max);
    BOOST_TEST(page_of(look, security_with(std::string(60, 'n'), 20)).body.size() <= account_page_size_max);
    BOOST_TEST(page_of(look, apps_with(std::string(60, 'n'), 1000)).body.size() <= account_page_size_max);
}

BOOST_AUTO_TEST_CASE(pages_of_a_list_have_each_entry_once_and_one_behind_the_last_is_the_last) {
    for (std::size_t entries = 0; entries < 40; ++entries) {
        for (const std::size_t size : {1U, 3U, 15U}) {
            std::size_t next = 0;
            const std::uint32_t count = page_of_list(entries, size, 1).count;
            for (std::uint32_t n = 1; n <= count; ++n) {
                const list_page page = page_of_list(entries, size, n);
                BOOST_TEST(page.first == next);
                BOOST_TEST(page.end - page.first <= size);
                BOOST_TEST(page.number == n);
                next = page.end;
            }
            BOOST_TEST(next == entries);
            BOOST_TEST(page_of_list(entries, size, count + 1).first == page_of_list(entries, size, count).first);
            BOOST_TEST(page_of_list(entries, size, 0).number == 1U);
        }
    }
    for (const std::string_view text : {"", "0", "-1", "01", "x", "10000", "99999999999", "1 "}) {
        BOOST_TEST(list_page_from(text) == 1U);
    }
    BOOST_TEST(list_page_from("9999") == 9999U);
}

BOOST_AUTO_TEST_CASE(a_list_of_several_pages_links_to_its_neighbours) {
    const page_look look{language::english, {}, "../"};
    sessions_model m = sessions_with("x", 40);
    const http_response second = page_of(look, m);
    for (const std::string_view text :
         {"id=\"page-newer\" rel=\"prev\" href=\"../account/sessions?page=1&amp;ended=2\"",
          "id=\"page-older\" rel=\"next\" href=\"../account/sessions?page=3&amp;ended=2\"", "Page 2 of 3",
          "href=\"../account/sessions?ended=3&amp;page=2\"", "Page 2 of 4"}) {
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(has(second, text));
        }
    }
    m.living_pages = page_of_list(40, sessions_shown_max, 1);
    BOOST_TEST(!has(page_of(look, m), "page-newer"));
    m.living_pages = page_of_list(40, sessions_shown_max, 3);
    BOOST_TEST(!has(page_of(look, m), "page-older"));
    BOOST_TEST(!has(page_of(look, sessions_with("x", 1)), "class=\"pages\""));
}

BOOST_AUTO_TEST_CASE(a_problem_stands_in_its_form_and_beside_its_field) {
    struct row {
        account_problem problem;
        std::string_view form, field;
    };
    const row rows[] = {
        {account_problem::bad_username, "profile", "username"},
        {account_problem::username_taken, "profile", "username"},
        {account_problem::bad_first_name, "profile", "first_name"},
        {account_problem::bad_surname, "profile", "surname"},
        {account_problem::bad_email, "email", "new_email"},
        {account_problem::wrong_password, "email", "current_password"},
    };
    for (const row& one : rows) {
        profile_model m = profile_with("a");
        m.frame.problem = one.problem;
        m.frame.form = one.form;
        const http_response page = page_of({}, m);
        const auto form = page.body.find("name=\"do\" value=\"" + std::string(one.form) + "\"");
        const auto problem = page.body.find("id=\"problem\" role=\"alert\"");
        const auto field = page.body.find("name=\"" + std::string(one.field) + "\"");
        const auto tied = page.body.find("aria-invalid=\"true\" aria-describedby=\"problem\"");
        BOOST_TEST((form < problem && problem < field && field < tied), one.field);
        BOOST_TEST(page.body.find("aria-invalid", tied + 1) == std::string::npos);
    }
    profile_model m = profile_with("a");
    m.frame.problem = account_problem::busy;
    m.frame.note = account_note::saved;
    BOOST_TEST(has(page_of({}, m), "role=\"alert\""));
    BOOST_TEST(!has(page_of({}, m), "aria-invalid"));
}

BOOST_AUTO_TEST_CASE(a_password_never_comes_back) {
    const http_response page = page_of({}, security_with("a"));
    for (std::string_view rest = page.body; rest.find("type=\"password\"") != std::string_view::npos;) {
        const auto begin = rest.find("type=\"password\"");
        const std::string_view tag = rest.substr(begin, rest.find('>', begin) - begin);
        BOOST_TEST(tag.find("value=") == std::string_view::npos);
        rest.remove_prefix(begin + 1);
    }
}

BOOST_AUTO_TEST_CASE(each_place_has_a_name_and_a_way_to_the_other_pages) {
    std::set<std::string_view> names;
    for (const auto place : {account_place::profile, account_place::security, account_place::sessions,
                             account_place::apps, account_place::data, account_place::offer}) {
        BOOST_TEST((place_from(name_of(place)) == place));
        const std::string_view path = path_of(place), up = way_up(place);
        BOOST_TEST(std::ranges::count(path, '/') * 3 == static_cast<std::ptrdiff_t>(up.size()));
        names.insert(name_of(place));
    }
    BOOST_TEST(names.size() == 6U);
    for (const char* other : {"", "nonsense", "../", "https://evil.example/"}) {
        BOOST_TEST((place_from(other) == account_place::profile));
    }
}

BOOST_AUTO_TEST_CASE(each_note_has_a_code_and_sentences_of_its_own) {
    std::set<std::string_view> english, german;
    for (int n = 1; n <= static_cast<int>(account_note::withdrawn); ++n) {
        const auto note = static_cast<account_note>(n);
        BOOST_TEST((note_from(code_of(note)) == note));
        english.insert(text_of(english_texts, note).text);
        german.insert(text_of(german_texts, note).text);
    }
    BOOST_TEST(english.size() == 10U);
    BOOST_TEST(german.size() == 10U);
    BOOST_TEST((note_from("") == account_note::none));
    BOOST_TEST((note_from("nonsense") == account_note::none));
}

BOOST_AUTO_TEST_CASE(each_end_of_a_session_has_a_sentence_of_its_own) {
    std::set<std::string_view> english, german;
    for (int n = static_cast<int>(session_end::signed_out); n <= static_cast<int>(session_end::with_browser); ++n) {
        english.insert(text_of(english_texts, static_cast<session_end>(n)).text);
        german.insert(text_of(german_texts, static_cast<session_end>(n)).text);
    }
    BOOST_TEST(english.size() == 13U);
    BOOST_TEST(german.size() == 13U);
}

BOOST_AUTO_TEST_CASE(times_and_devices_are_said_as_people_say_them) {
    const timestamp at{seconds(1795909440)}; // 2026-11-28T23:44:00Z
    BOOST_TEST(time_text(at, language::english) == "2026-11-28 23:44 UTC");
    BOOST_TEST(time_text(at, language::german) == "28.11.2026, 23:44 UTC");
    struct row {
        std::string_view agent, device;
    };
    const row rows[] = {
        {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 "
         "Edg/130.0",
         "Edge on Windows"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1",
         "Safari on iPhone"},
        {"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"},
        {"curl/7.88.1", "curl"},
        {"my own program", "my own program"},
        {"", "Unknown device"},
    };
    for (const row& one : rows) {
        BOOST_TEST(device_text(one.agent, english_texts) == one.device);
    }
    BOOST_TEST(device_text(std::string(200, 'x'), english_texts).size() == 60U);
}

BOOST_AUTO_TEST_CASE(a_text_is_cut_between_characters) {
    BOOST_TEST(cut_text("abc", 3) == "abc");
    BOOST_TEST(cut_text("abcd", 3) == "abc");
    BOOST_TEST(cut_text("a\u00e4\u00e4", 4) == "a\u00e4");
    BOOST_TEST(cut_text("\u20ac", 2).empty());
    BOOST_TEST(cut_text("", 0).empty());
}

BOOST_AUTO_TEST_CASE(a_qr_code_is_a_picture_with_a_label_and_small) {
    const std::string uri = "otpauth://totp/http%3A%2F%2F127.0.0.1%3A8080:ann%40example.com?secret="
                            "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=http%3A%2F%2F127.0.0.1%3A8080";
    const std::string picture = qr_picture(uri, "a \"label\"");
    BOOST_TEST(picture.starts_with("<svg class=\"qr\" role=\"img\" aria-label=\"a &quot;label&quot;\" viewBox=\"0 0 "));
    BOOST_TEST(picture.size() < 16U * 1024);
    BOOST_TEST(picture.find("otpauth") == std::string::npos);
    BOOST_TEST(picture != qr_picture(uri + "x", "a \"label\""));
    BOOST_TEST(qr_picture(std::string(4000, 'x'), "too long").empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
