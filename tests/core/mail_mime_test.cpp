// A mail as bytes: nothing that people type can become a header, and both parts come back as they were written.
// tests/integration/mail_test.py reads whole ones with another program's eyes.
#include "core/mail/mime.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace pawl;

namespace {

mail_content content_of(std::string_view subject) {
    return {.from = header_value::mailbox("Pawl", "noreply@example.org").value(),
            .to = header_value::mailbox({}, "ada@example.org").value(),
            .subject = header_value::words(subject),
            .reply_to = {},
            .message_id = header_value::plain("<1@example.org>").value(),
            .language = header_value::plain("en").value(),
            .date = timestamp(seconds(1'796'040'000)),
            .boundary = "=_pawl_1",
            .text = "One.\n\nTwo.\n",
            .html = "<p>One.</p>\n"};
}

// The names of the header's fields, a blank between them.
std::string fields_of(const std::string& message) {
    std::string out;
    std::string_view head(message);
    head = head.substr(0, head.find("\r\n\r\n"));
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        if (line[0] != ' ') {
            out += std::string(line.substr(0, line.find(':'))) + " ";
        }
        head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    }
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mail_as_bytes)

BOOST_AUTO_TEST_CASE(no_text_in_any_field_begins_another_one) {
    const std::string usual = fields_of(build_message(content_of("Hello")));
    BOOST_TEST(usual == "From To Subject Date Message-ID Content-Language Auto-Submitted MIME-Version Content-Type ");
    for (const char* const evil : {"a\r\nBcc: b@example.org", "a\nBcc: b", "a\rBcc: b", "a\r\n\r\nbody", "\r\n",
                                   "\x00x", "a\x7F", "=?UTF-8?Q?a?=\r\nBcc: b", "\xC3\xA4\r\nBcc: b"}) {
        mail_content c = content_of(evil);
        BOOST_TEST(fields_of(build_message(c)) == usual);
        c.from = header_value::mailbox(evil, "noreply@example.org").value();
        BOOST_TEST(fields_of(build_message(c)) == usual);
        BOOST_TEST(!header_value::mailbox({}, evil).has_value());
        BOOST_TEST(!header_value::plain(std::string_view("a\r\nb")).has_value());
    }
    BOOST_TEST(!header_value::mailbox({}, "a@b>, <c@d").has_value());
    BOOST_TEST(!header_value::plain("").has_value());
}

BOOST_AUTO_TEST_CASE(a_name_with_quotes_or_of_another_script_is_encoded) {
    BOOST_TEST(header_value::mailbox("Pawl", "a@b").value().text() == "Pawl\r\n <a@b>");
    BOOST_TEST(header_value::mailbox("A \"B\", C", "a@b").value().text() == "=?UTF-8?Q?A_=22B=22=2C_C?=\r\n <a@b>");
    BOOST_TEST(header_value::words("Gr\xC3\xBC\xC3\x9F"
                                   "e")
                   .text() == "=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=");
    BOOST_TEST(header_value::words("Plain enough").text() == "Plain enough");
    BOOST_TEST(header_value::words("=?UTF-8?Q?x?=").text() == "=?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fx=3F=3D?=");
}

BOOST_AUTO_TEST_CASE(encoded_words_are_short_and_never_split_a_character) {
    std::string text;
    for (int i = 0; i < 100; ++i) {
        text += "\xE2\x82\xAC";
    }
    std::string_view rest;
    const std::string words = header_value::words(text).text();
    std::size_t euros = 0;
    for (rest = words; !rest.empty();) {
        const auto end = rest.find("\r\n ");
        const std::string_view word = rest.substr(0, end);
        BOOST_TEST(word.size() <= 75U);
        BOOST_TEST((word.size() - 12) % 9 == 0U);
        euros += (word.size() - 12) / 9;
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 3);
    }
    BOOST_TEST(euros == 100U);
}

BOOST_AUTO_TEST_CASE(lines_are_short_and_what_transport_changes_is_encoded) {
    BOOST_TEST(quoted_printable("a=b\n") == "a=3Db\r\n");
    BOOST_TEST(quoted_printable("a \nb\n") == "a=20\r\nb\r\n");
    BOOST_TEST(quoted_printable(".\nFrom me\n") == "=2E\r\n=46rom me\r\n");
    BOOST_TEST(quoted_printable("\xC3\xA4\r\n") == "=C3=A4=0D\r\n");
    const std::string out = quoted_printable(std::string(1000, 'x') + "\n");
    for (std::size_t at = 0; at < out.size();) {
        const std::size_t end = out.find("\r\n", at);
        BOOST_REQUIRE(end != std::string::npos);
        BOOST_TEST(end - at <= 76U);
        at = end + 2;
    }
}

BOOST_AUTO_TEST_CASE(dates_are_those_of_internet_messages) {
    BOOST_TEST(mail_date(timestamp(seconds(0))) == "Thu, 01 Jan 1970 00:00:00 +0000");
    BOOST_TEST(mail_date(timestamp(seconds(951'827'696))) == "Tue, 29 Feb 2000 12:34:56 +0000");
}

BOOST_AUTO_TEST_SUITE_END()
