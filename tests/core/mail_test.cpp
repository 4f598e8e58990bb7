// What a mail is: its ids, its words, its body, and what of two records of it stands.
#include "core/mail/mail.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;

namespace {

mail some_mail(mail_status status = mail_status::waiting, std::uint8_t attempts = 0) {
    mail m;
    m.id.bytes = {1};
    m.kind = mail_kind::reset_password;
    m.user = user_id{7};
    m.status = status;
    m.attempts = attempts;
    m.lang = "en";
    m.address = "ada@example.org";
    return m;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mail_records)

BOOST_AUTO_TEST_CASE(ids_are_32_lower_case_hex_digits) {
    mail_id id;
    id.bytes = {0x01, 0xAB};
    BOOST_TEST(to_hex(id) == "01ab" + std::string(28, '0'));
    BOOST_TEST((mail_id_from_hex(to_hex(id)) == id));
    for (const std::string& bad : {std::string(), std::string(31, 'a'), std::string(33, 'a'), std::string(32, 'A')}) {
        BOOST_TEST(!mail_id_from_hex(bad).has_value());
    }
}

BOOST_AUTO_TEST_CASE(every_kind_has_a_word_of_its_own) {
    for (int i = static_cast<int>(first_mail_kind); i <= static_cast<int>(last_mail_kind); ++i) {
        const auto kind = static_cast<mail_kind>(i);
        BOOST_TEST((mail_kind_from_text(to_text(kind)) == kind));
    }
    BOOST_TEST(!mail_kind_from_text("unknown").has_value());
    BOOST_TEST(to_text(static_cast<mail_status>(6)) == std::string("unknown"));
}

BOOST_AUTO_TEST_CASE(a_body_is_read_as_it_was_written_and_nothing_else_is_one) {
    const mail_body body{"bob@example.org", "Mozilla/5.0", "198.51.100.0/24"};
    const std::string bytes = encode(body);
    BOOST_TEST((decode_mail_body(bytes) == body));
    BOOST_TEST((decode_mail_body(encode({})) == mail_body{}));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        BOOST_TEST(!decode_mail_body(bytes.substr(0, size)).has_value());
    }
    BOOST_TEST(!decode_mail_body(bytes + "x").has_value());
}

BOOST_AUTO_TEST_CASE(what_is_too_long_in_a_body_is_cut_at_the_end_of_a_character) {
    std::string name;
    for (int i = 0; i < 200; ++i) {
        name += "\xC3\xA4"; // 2 bytes
    }
    const std::string bytes = encode({"x" + name, std::string(1000, 'a'), std::string(1000, '1')});
    BOOST_TEST(bytes.size() <= mail_body_size_max);
    BOOST_TEST(decode_mail_body(bytes).value().about == "x" + name.substr(0, 254));
}

BOOST_AUTO_TEST_CASE(final_stands_over_waiting_and_then_more_attempts_over_fewer) {
    using enum mail_status;
    struct row {
        mail_status read;
        std::uint8_t read_attempts;
        mail_status known;
        std::uint8_t known_attempts;
        bool newer;
    };
    for (const row& r : {
             row{waiting, 0, waiting, 0, false},
             row{waiting, 1, waiting, 0, true},
             row{waiting, 0, waiting, 1, false},
             row{sent, 0, waiting, 9, true},
             row{dropped, 0, waiting, 0, true},
             row{waiting, 9, sent, 0, false},
             row{sent, 9, refused, 0, false},
             row{refused, 0, sent, 9, false},
         }) {
        BOOST_TEST(is_newer(some_mail(r.read, r.read_attempts), some_mail(r.known, r.known_attempts)) == r.newer);
    }
}

BOOST_AUTO_TEST_CASE(no_record_has_an_address_that_could_end_a_header) {
    BOOST_TEST(is_sound(some_mail()));
    for (const std::string& address : {std::string(), std::string("a\r\nBcc: b@example.org"),
                                       std::string("a b@example.org"), std::string("\xC3\xA4@example.org"),
                                       std::string("a@example.org\n"), std::string(mail_address_size_max + 1, 'a')}) {
        mail m = some_mail();
        m.address = address;
        BOOST_TEST(!is_sound(m));
    }
    mail m = some_mail();
    m.lang = "de\r\n";
    BOOST_TEST(!is_sound(m));
    m = some_mail();
    m.id = {};
    BOOST_TEST(!is_sound(m));
    m = some_mail();
    m.kind = mail_kind::test;
    BOOST_TEST(!is_sound(m));
    m = some_mail();
    m.body = std::string(mail_body_size_max + 1, 'b');
    BOOST_TEST(!is_sound(m));
}

BOOST_AUTO_TEST_SUITE_END()
