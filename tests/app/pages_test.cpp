#include "app/page/pages.hpp"
#include "app/page/texts.hpp"
#include "app/web/assets.hpp"

#include <boost/test/unit_test.hpp>
#include <sodium.h>

#include <array>
#include <string>
#include <string_view>

namespace pawl::app {
namespace {

std::string header(const http_response& r, std::string_view name) {
    for (const auto& [n, value] : r.headers) {
        if (n == name) {
            return value;
        }
    }
    return "(none)";
}
bool has(const http_response& page, std::string_view text) {
    return page.body.find(text) != std::string::npos;
}
std::string policy(const http_response& page) {
    return header(page, "Content-Security-Policy");
}

constexpr std::string_view hostile = "\"><script>alert('x')</script>&amp;\n";
constexpr std::string_view harmless = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;";

// Every page with `text` wherever a value goes.
std::vector<http_response> all_pages(const page_look& look, const std::string& text) {
    return {page_of(look, sign_in_model{text, text, text, sign_in_problem::login_failed, {}}),
            page_of(look, sign_in_model{text, text, text, sign_in_problem::factor_failed, {}, text}),
            page_of(look, consent_model{text, text, text, {{text, text}, {text, ""}}}),
            page_of(look, select_model{text, text, text}),
            page_of(look, sign_out_model{text, text, text}),
            page_of(look, signed_out_model{text, text, false}),
            page_of(look, signed_out_model{text, text, true}),
            page_of(look, error_model{400, text, text, text}),
            page_of(look, form_post_model{"https://shop.example/cb", {{text, text}}})};
}

BOOST_AUTO_TEST_SUITE(pages)

BOOST_AUTO_TEST_CASE(what_comes_from_outside_is_text_on_every_page) {
    for (const language tongue : {language::english, language::german}) {
        for (const http_response& page : all_pages({tongue, {}, {}}, std::string(hostile))) {
            BOOST_TEST(!has(page, "<script>alert"));
            BOOST_TEST(!has(page, "alert('x')"));
        }
    }
    const http_response page = page_of({}, sign_in_model{"pfl_x", "Shop", std::string(hostile), {}, {}});
    BOOST_TEST(has(page, std::string("value=\"") + std::string(harmless) + "\""));
}

BOOST_AUTO_TEST_CASE(every_page_says_its_language_and_keeps_scripts_frames_and_caches_away) {
    for (const http_response& page : all_pages({language::german, {}, {}}, "a")) {
        BOOST_TEST(has(page, "<html lang=\"de\">"));
        BOOST_TEST(header(page, "Content-Language") == "de");
        BOOST_TEST(header(page, "Cache-Control") == "no-store");
        BOOST_TEST(header(page, "X-Frame-Options") == "DENY");
        BOOST_TEST(policy(page).starts_with("default-src 'none'; style-src 'self'; img-src 'self'; "
                                            "frame-ancestors 'none'; base-uri 'none'; form-action "));
        BOOST_TEST(!has(page, "{{"));
        BOOST_TEST(!has(page, " style=")); // the policy forbids it
        BOOST_TEST(!has(page, " onclick="));
    }
}

BOOST_AUTO_TEST_CASE(a_form_may_lead_where_its_answer_redirects_to_and_nowhere_else) {
    const auto policy_for = [](const char* uri) {
        const std::string all = policy(page_of({language::english, uri, {}}, select_model{"f", "c", "u"}));
        return all.substr(all.find("form-action"));
    };
    BOOST_TEST(policy_for("") == "form-action 'self'");
    BOOST_TEST(policy_for("https://shop.example/cb?a=b") == "form-action 'self' https://shop.example");
    BOOST_TEST(policy_for("http://127.0.0.1:8000/cb") == "form-action 'self' http://127.0.0.1:8000");
    BOOST_TEST(policy_for("http://[::1]:8000/cb") == "form-action 'self' http:");
    BOOST_TEST(policy_for("com.example.app:/cb") == "form-action 'self' com.example.app:");
    BOOST_TEST(policy_for("a b; script-src *:/cb") == "form-action 'self'");
}

BOOST_AUTO_TEST_CASE(the_page_that_posts_itself_goes_by_a_script_that_the_policy_names) {
    const http_response page = page_of({}, form_post_model{"https://shop.example/cb", {{"code", "c"}, {"state", "s"}}});
    const std::size_t begin = page.body.find("<script>") + 8;
    const std::string script = page.body.substr(begin, page.body.find("</script>") - begin);
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(script.data()), script.size());
    std::array<char, 64> text{};
    sodium_bin2base64(text.data(), text.size(), hash.data(), hash.size(), sodium_base64_VARIANT_ORIGINAL);
    BOOST_TEST(policy(page).ends_with("form-action https://shop.example; script-src 'sha256-" +
                                      std::string(text.data()) + "'"));
    BOOST_TEST(has(page, R"(<input type="hidden" name="state" value="s">)"));
    BOOST_TEST(has(page_of({}, form_post_model{"javascript:alert(1)", {}}), "action=\"\""));
}

BOOST_AUTO_TEST_CASE(a_link_leads_to_web_pages_alone) {
    BOOST_TEST(
        has(page_of({}, signed_out_model{"Shop", "https://shop.example/", false}), "href=\"https://shop.example/\""));
    for (const char* bad : {"javascript:alert(1)", "data:text/html,x", "//evil.example", ""}) {
        BOOST_TEST(!has(page_of({}, signed_out_model{"Shop", bad, false}), "<a "));
    }
}

BOOST_AUTO_TEST_CASE(a_problem_of_sign_in_is_tied_to_its_fields) {
    const http_response good = page_of({}, sign_in_model{"f", "Shop", "ada", sign_in_problem::none, {}});
    BOOST_TEST(!has(good, "role=\"alert\""));
    const http_response bad = page_of({}, sign_in_model{"f", "Shop", "ada", sign_in_problem::login_failed, {}});
    BOOST_TEST(has(bad, "id=\"problem\" role=\"alert\""));
    BOOST_TEST(has(bad, "aria-invalid=\"true\" aria-describedby=\"problem\""));
    const auto said = [](seconds wait) {
        return page_of({}, sign_in_model{"f", "Shop", "ada", sign_in_problem::too_many_attempts, wait});
    };
    BOOST_TEST(has(said(seconds(119)), "in 119 s."));
    BOOST_TEST(has(said(seconds(121)), "in 3 min."));
    BOOST_TEST(page_of({}, error_model{503, "e", "s", "r"}).status == 503U);
}

BOOST_AUTO_TEST_CASE(with_a_step_the_page_asks_for_a_code_and_for_no_password) {
    const http_response page = page_of({}, sign_in_model{"f", "Shop", "ada", {}, {}, "pls_x"});
    for (const char* text : {"name=\"flow\"", "name=\"step\" value=\"pls_x\"", "name=\"totp\"",
                             "name=\"recovery_code\"", "id=\"factor-submit\"", "autocomplete=\"one-time-code\""}) {
        BOOST_TEST(has(page, text), text);
    }
    BOOST_TEST(!has(page, "name=\"password\""));
}

BOOST_AUTO_TEST_CASE(programs_find_fields_and_buttons_by_name) {
    const http_response sign_in = page_of({}, sign_in_model{"f", "c", "u", {}, {}});
    for (const char* text : {"name=\"flow\"", "name=\"login\"", "name=\"password\"", "id=\"signin-submit\"",
                             "autocomplete=\"username\"", "autocomplete=\"current-password\""}) {
        BOOST_TEST(has(sign_in, text), text);
    }
    const http_response consent = page_of({}, consent_model{"f", "c", "u", {{"openid", ""}}});
    BOOST_TEST((has(consent, "id=\"consent-allow\"") && has(consent, "id=\"consent-deny\"")));
    BOOST_TEST(has(page_of({}, sign_out_model{"f", "c", "u"}), "id=\"signout-yes\""));
}

BOOST_AUTO_TEST_CASE(each_built_in_scope_that_a_user_can_allow_has_a_text_in_both_languages) {
    for (const char* name :
         {"openid", "profile", "email", "address", "phone", "offline_access", "roles", "account", "admin"}) {
        const std::string_view english = text_of_builtin_scope(name, language::english);
        const std::string_view german = text_of_builtin_scope(name, language::german);
        BOOST_TEST((!english.empty() && !german.empty() && english != german), name);
    }
    BOOST_TEST(text_of_builtin_scope("introspect", language::english).empty());
    BOOST_TEST(text_of_builtin_scope("", language::english).empty());
}

BOOST_AUTO_TEST_CASE(no_text_is_empty_and_both_languages_name_the_same_values) {
    const auto values = [](std::string_view text) {
        std::string names;
        for (auto at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
            names += text.substr(at, text.find('}', at) - at + 1);
        }
        return names;
    };
    for (const text_key& key : text_keys) {
        BOOST_TEST(!(english_texts.*key.member).text.empty(), key.name);
        BOOST_TEST(!(german_texts.*key.member).text.empty(), key.name);
        BOOST_TEST(values((english_texts.*key.member).text) == values((german_texts.*key.member).text), key.name);
    }
}

BOOST_AUTO_TEST_CASE(the_language_is_the_first_of_ui_locales_that_is_spoken_then_the_best_of_accept_language) {
    const struct {
        const char *ui_locales, *accepted;
        language expected;
    } rows[] = {
        {"", "", language::english},
        {"de", "en", language::german},
        {"fr de-CH en", "", language::german},
        {"DE", "", language::german},
        {"den", "", language::english},
        {"", "de", language::german},
        {"", "en;q=0.4, de;q=0.5", language::german},
        {"", "de;q=0.4, en", language::english},
        {"", "de, en", language::german},
        {"", "de;q=0, fr", language::english},
        {"", "de;q=1.5", language::english},
        {"", "de;level=1", language::english},
        {"fr", "de", language::german},
        {"", "*", language::english},
        {"", ",,;;q=, de-", language::german},
    };
    for (const auto& row : rows) {
        BOOST_TEST((language_of(row.ui_locales, row.accepted) == row.expected),
                   row.ui_locales << " | " << row.accepted);
    }
}

BOOST_AUTO_TEST_CASE(the_style_sheet_is_embedded) {
    const asset* const style = find_asset("page/pages.css");
    BOOST_REQUIRE(style != nullptr);
    BOOST_TEST(plain_text(*style).find("prefers-color-scheme: dark") != std::string_view::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
