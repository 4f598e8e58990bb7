// How a mail is handed to a relay, without a socket: replies, and what is said after each.
#include "app/egress/smtp_dialog.hpp"
#include "app/egress/smtp_reply.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

using action = smtp_dialog::action;
using state = smtp_reply_reader::state;

smtp_mail usual() {
    smtp_mail out;
    out.hello = "pawl.example";
    out.user = "pawl";
    out.password = secret_string("s3cret");
    out.from = "no-reply@pawl.example";
    out.to = "ada@example.com";
    out.content = "Subject: Hello\r\n\r\nHello.\r\n";
    return out;
}

smtp_reply reply_of(std::string_view text) {
    smtp_reply_reader reader;
    BOOST_TEST_REQUIRE((reader.take(text) == state::whole), text);
    return reader.reply();
}

// Relays with a script: what they say first, and after each thing that is said. Returns the conversation.
struct played {
    std::vector<std::string> said; // by the client; "TLS" for the handshake
    smtp_answer answer;
};

played play(const smtp_mail& mail, smtp_security security, const std::vector<std::string>& replies) {
    smtp_dialog dialog(mail, security);
    played out;
    for (const std::string& reply : replies) {
        action next = dialog.hear(reply_of(reply + "\r\n"));
        if (next == action::use_tls) {
            out.said.emplace_back("TLS");
            next = dialog.secured();
        }
        out.said.emplace_back(dialog.words().begin(), dialog.words().end());
        if (next == action::end) {
            out.answer = dialog.answer();
            return out;
        }
    }
    BOOST_ERROR("it goes on after " << replies.back());
    return out;
}

const std::string offer = "250-relay\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN";
const std::string offer_login = "250-relay\r\n250 AUTH CRAM-MD5 LOGIN";
const std::vector<std::string> all_good{"220 relay", "250 relay", "250 ok",
                                        "250 ok",    "354 go on", "250 2.0.0 queued as 7"};

// all_good, with another reply at a place, and nothing after it.
std::vector<std::string> with(std::size_t place, const std::string& reply) {
    std::vector<std::string> out(all_good.begin(), all_good.begin() + static_cast<std::ptrdiff_t>(place));
    out.push_back(reply);
    return out;
}

smtp_mail unsigned_mail() {
    smtp_mail out = usual();
    out.user.clear();
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(smtp_suite)

BOOST_AUTO_TEST_CASE(replies_are_read_byte_by_byte_as_at_once) {
    const std::string text = "250-one\r\n250-two\n250\r\n220 next\r\n";
    smtp_reply_reader at_once;
    std::string_view left = text;
    BOOST_TEST((at_once.take(left) == state::whole));
    BOOST_TEST(at_once.reply().code == 250U);
    BOOST_TEST(at_once.reply().text == "250-one\n250-two\n250");
    BOOST_TEST(left == "220 next\r\n");
    smtp_reply_reader slow;
    std::size_t whole = 0;
    for (const char& c : text) {
        std::string_view one(&c, 1);
        whole += slow.take(one) == state::whole ? 1U : 0U;
    }
    BOOST_TEST(whole == 2U);
    BOOST_TEST(slow.reply().text == "220 next");
}

BOOST_AUTO_TEST_CASE(what_is_no_reply_ends_it_for_good) {
    std::string many;
    for (std::size_t i = 0; i < smtp_reply_lines_max; ++i) {
        many += "250-x\r\n";
    }
    for (const std::string& text :
         {std::string("HTTP/1.1 200 OK\r\n"), std::string("\r\n"), std::string("25\r\n"), std::string("250_x\r\n"),
          std::string("650 x\r\n"), std::string("150 x\r\n"), std::string("25x x\r\n"),
          std::string("250-x\r\n251 y\r\n"), many + "250 x\r\n", std::string(smtp_line_size_max + 1, '2'),
          "250 " + std::string(smtp_line_size_max, 'x') + "\r\n"}) {
        smtp_reply_reader reader;
        std::string_view left = text;
        BOOST_TEST((reader.take(left) == state::broken), text.substr(0, 40));
        std::string_view good = "250 x\r\n";
        BOOST_TEST((reader.take(good) == state::broken));
    }
}

BOOST_AUTO_TEST_CASE(control_bytes_of_a_relay_go_no_further) {
    BOOST_TEST(reply_of("550 a\x1b[2Jb\rc\td\r\n").text == "550 a?[2Jb?c?d");
}

BOOST_AUTO_TEST_CASE(offers_are_found_by_their_whole_word) {
    const std::string reply = "250-STARTTLS.example\n250-Size 1000\n250-AUTH=LOGIN\n250-STARTTLSX\n250 8BITMIME";
    BOOST_TEST(!smtp_offer(reply, "STARTTLS").has_value()); // the first line is a name
    BOOST_TEST(smtp_offer(reply, "SIZE").value() == "1000");
    BOOST_TEST(smtp_offer(reply, "AUTH").value() == "LOGIN");
    BOOST_TEST(smtp_offer(reply, "8BITMIME").value().empty());
    BOOST_TEST(!smtp_offer(reply, "8BIT").has_value());
}

BOOST_AUTO_TEST_CASE(no_line_of_a_mail_ends_it) {
    BOOST_TEST(smtp_data("a\r\n") == "a\r\n.\r\n");
    BOOST_TEST(smtp_data(".\r\n..\r\na.b\r\n.c\r\n") == "..\r\n...\r\na.b\r\n..c\r\n.\r\n");
}

BOOST_AUTO_TEST_CASE(with_starttls_the_password_and_the_mail_are_said_after_the_handshake) {
    const played out =
        play(usual(), smtp_security::starttls,
             {"220 relay", offer, "220 go", offer, "235 ok", "250 ok", "250 ok", "354 go on", "250 queued"});
    const std::vector<std::string> expected{"EHLO pawl.example\r\n",
                                            "STARTTLS\r\n",
                                            "TLS",
                                            "EHLO pawl.example\r\n",
                                            "AUTH PLAIN AHBhd2wAczNjcmV0\r\n",
                                            "MAIL FROM:<no-reply@pawl.example>\r\n",
                                            "RCPT TO:<ada@example.com>\r\n",
                                            "DATA\r\n",
                                            "Subject: Hello\r\n\r\nHello.\r\n.\r\n",
                                            "QUIT\r\n"};
    BOOST_TEST(out.said == expected, boost::test_tools::per_element());
    BOOST_TEST((out.answer.result == relay_result::sent));
    BOOST_TEST(out.answer.text == "250 queued");
}

BOOST_AUTO_TEST_CASE(a_relay_without_starttls_is_told_nothing) {
    for (const char* bad : {"250 relay", "250-relay\r\n250 AUTH PLAIN", "250-relay\r\n250 XSTARTTLS"}) {
        const played out = play(usual(), smtp_security::starttls, {"220 relay", bad});
        BOOST_TEST(out.said.back() == "QUIT\r\n");
        BOOST_TEST((out.answer.result == relay_result::relay_fault));
    }
    const played refused = play(usual(), smtp_security::starttls, {"220 relay", offer, "454 not now"});
    BOOST_TEST(refused.said.back() == "QUIT\r\n");
    BOOST_TEST((refused.answer.result == relay_result::relay_fault));
}

BOOST_AUTO_TEST_CASE(auth_login_where_there_is_no_plain) {
    const played out = play(usual(), smtp_security::tls,
                            {"220 relay", offer_login, "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok", "250 ok",
                             "250 ok", "354 go on", "250 queued"});
    BOOST_TEST(out.said.at(1) == "AUTH LOGIN\r\n");
    BOOST_TEST(out.said.at(2) == "cGF3bA==\r\n");
    BOOST_TEST(out.said.at(3) == "czNjcmV0\r\n");
    BOOST_TEST((out.answer.result == relay_result::sent));
}

BOOST_AUTO_TEST_CASE(a_sign_in_that_fails_is_a_fault_of_the_relay) {
    for (const std::vector<std::string>& replies :
         std::vector<std::vector<std::string>>{{"220 relay", "250 relay"},
                                               {"220 relay", "250-relay\r\n250 AUTH CRAM-MD5"},
                                               {"220 relay", offer, "535 5.7.8 no"},
                                               {"220 relay", offer, "454 4.7.0 not now"},
                                               {"220 relay", offer, "250 what?"},
                                               {"220 relay", offer_login, "334 x", "535 no"},
                                               {"220 relay", offer_login, "334 x", "334 y", "535 no"},
                                               {"220 relay", offer_login, "334 x", "334 y", "334 z"},
                                               {"220 relay", offer_login, "235 too soon"}}) {
        const played out = play(usual(), smtp_security::tls, replies);
        BOOST_TEST((out.answer.result == relay_result::relay_fault), replies.back());
        BOOST_TEST(out.said.back() == "QUIT\r\n");
    }
}

BOOST_AUTO_TEST_CASE(what_each_reply_means_for_the_mail) {
    using enum relay_result;
    const struct {
        std::size_t place;
        const char* reply;
        relay_result result;
    } rows[] = {
        {0, "554 no service", relay_fault},
        {0, "421 later", relay_fault},
        {0, "451 x", relay_fault},
        {0, "250 x", relay_fault},
        {1, "550 x", relay_fault},
        {1, "421 x", relay_fault},
        {2, "451 x", later},
        {2, "550 5.7.1 x", refused},
        {2, "530 5.7.0 sign in", relay_fault},
        {2, "421 x", relay_fault},
        {3, "450 4.2.1 busy", later},
        {3, "550 5.1.1 unknown", refused},
        {3, "530 x", relay_fault},
        {3, "252 x", sent},
        {4, "451 x", later},
        {4, "554 x", refused},
        {4, "250 x", relay_fault},
        {4, "421 x", relay_fault},
        {5, "452 4.2.2 full", later},
        {5, "554 5.6.0 spam", refused},
        {5, "421 x", relay_fault},
        {5, "354 x", relay_fault},
        {5, "250 2.0.0 queued as 7", sent},
    };
    for (const auto& row : rows) {
        std::vector<std::string> replies = with(row.place, row.reply);
        if (row.result == sent) {
            replies.insert(replies.end(), all_good.begin() + static_cast<std::ptrdiff_t>(row.place) + 1,
                           all_good.end());
        }
        const played out = play(unsigned_mail(), smtp_security::none, replies);
        BOOST_TEST((out.answer.result == row.result), row.place << " " << row.reply);
        BOOST_TEST(out.answer.text == replies.back());
    }
}

BOOST_AUTO_TEST_CASE(no_text_breaks_out_of_its_command) {
    BOOST_TEST(is_sound(usual()));
    for (const char* bad : {"", "a b", "a\r\nDATA", "a\n", "<a>", "\x7f", "\xc3\xa4@example.com"}) {
        for (std::string smtp_mail::* const text : {&smtp_mail::hello, &smtp_mail::from, &smtp_mail::to}) {
            smtp_mail mail = usual();
            mail.*text = bad;
            BOOST_TEST(!is_sound(mail), bad);
        }
    }
    for (const std::string& bad :
         {std::string(), std::string("a"), std::string("a\n"), std::string("a\rb\r\n"), std::string("a\nb\r\n"),
          std::string("a\n.\nMAIL\r\n"), std::string("a\0b\r\n", 5)}) {
        smtp_mail mail = usual();
        mail.content = bad;
        BOOST_TEST(!is_sound(mail), bad);
    }
    smtp_mail mail = usual();
    mail.user = std::string("a\0b", 3);
    BOOST_TEST(!is_sound(mail));
}

BOOST_AUTO_TEST_SUITE_END()
