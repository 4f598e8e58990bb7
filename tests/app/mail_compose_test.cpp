// What mails say: every kind in both languages, whole, and nothing of what people typed becomes more than text.
#include "app/mail/compose.hpp"
#include "app/mail/texts.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <string_view>

using namespace pawl;
using namespace pawl::app;

namespace {

const mail_sender_name sender{"Haus \"Pawl\"", "noreply@auth.example.org", "help@example.org",
                              "https://auth.example.org", "auth.example.org"};
constexpr std::string_view some_link = "https://auth.example.org/l/pml_abc";

mail mail_of(mail_kind kind, std::string lang = "en", mail_body body = {"bob@example.org", "Firefox", "192.0.2.0/24"}) {
    mail m;
    m.id.bytes = {1};
    m.kind = kind;
    m.lang = std::move(lang);
    m.address = "ada@example.org";
    m.wanted_at = timestamp(seconds(1'796'040'000));
    m.expires_at = m.wanted_at + seconds(1800);
    m.body = encode(body);
    return m;
}

std::set<std::string> placeholders(std::string_view text) {
    std::set<std::string> out;
    for (auto begin = text.find('{'); begin != std::string_view::npos; begin = text.find('{', begin + 1)) {
        out.emplace(text.substr(begin, text.find('}', begin) - begin + 1));
    }
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mail_texts_)

BOOST_AUTO_TEST_CASE(both_languages_say_all_and_with_the_same_values) {
    for (const mail_text_key& key : mail_text_keys) {
        const std::string_view english = (english_mail_texts.*key.member).text;
        const std::string_view german = (german_mail_texts.*key.member).text;
        BOOST_TEST(!english.empty(), key.name);
        BOOST_TEST(!german.empty(), key.name);
        BOOST_TEST((placeholders(english) == placeholders(german)), key.name);
        BOOST_TEST(english != german, key.name);
    }
}

BOOST_AUTO_TEST_CASE(every_kind_is_whole_in_both_languages) {
    user ada;
    ada.first_name = "Ada";
    for (int i = static_cast<int>(first_mail_kind); i <= static_cast<int>(last_mail_kind); ++i) {
        for (const char* const lang : {"en", "de", "de-AT", "fr", ""}) {
            const mail m = mail_of(static_cast<mail_kind>(i), lang);
            const composed_mail c = compose(m, &ada, has_link(m.kind) ? some_link : std::string_view(), sender);
            BOOST_TEST(!c.subject.empty());
            BOOST_TEST(c.text.find('{') == std::string::npos);
            BOOST_TEST((c.text.find(some_link) != std::string::npos) == has_link(m.kind));
            BOOST_TEST((c.html.find(some_link) != std::string::npos) == has_link(m.kind));
            BOOST_TEST(c.text.find("Ada") != std::string::npos);
            BOOST_TEST(c.text.find(std::string_view(lang).starts_with("de") ? "Guten Tag" : "Hello") == 0U);
            BOOST_TEST(c.out.message.find("\r\nAuto-Submitted: auto-generated\r\n") != std::string::npos);
            BOOST_TEST(c.out.message.find("Message-ID: <" + to_hex(m.id) + "@auth.example.org>\r\n") !=
                       std::string::npos);
            BOOST_TEST(c.out.message.find("Reply-To: <help@example.org>\r\n") != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_people_typed_is_text_alone) {
    user evil;
    evil.first_name = "<b>\r\n\r\nBcc: x{link}";
    const mail m =
        mail_of(mail_kind::email_changed, "en", {"<script>alert(1)</script>", "A\r\n.\r\nQUIT", "192.0.2.0/24\n"});
    const composed_mail c = compose(m, &evil, {}, sender);
    BOOST_TEST(c.html.find("<script>") == std::string::npos);
    BOOST_TEST(c.html.find("<b>") == std::string::npos);
    BOOST_TEST(c.html.find("&lt;script&gt;") != std::string::npos);
    BOOST_TEST(c.text.find("\nBcc:") == std::string::npos);
    BOOST_TEST(c.text.find("{link}") != std::string::npos); // a name is no sentence of ours
    BOOST_TEST(c.out.message.find("\r\n.\r\n") == std::string::npos);
    const std::string_view head = std::string_view(c.out.message).substr(0, c.out.message.find("\r\n\r\n"));
    BOOST_TEST(head.find("Bcc") == std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(a_body_that_is_none_tells_less_and_harms_nothing) {
    mail m = mail_of(mail_kind::new_device);
    m.body = "\xFF";
    const composed_mail c = compose(m, nullptr, {}, sender);
    BOOST_TEST(c.text.starts_with("Hello,\n\n"));
    BOOST_TEST(c.text.find("It happened at 2026-11-30 12:00 UTC.") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
