// How one mail is handed to a relay: what is said after each of its replies, and what its replies mean for the mail.
// Pure.
#pragma once

#include "app/config/smtp_target.hpp"
#include "app/egress/smtp_reply.hpp"
#include "core/mail/outcome.hpp"
#include "core/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

struct smtp_mail {
    std::string hello;      // this host's name, for EHLO
    std::string user;       // empty: no AUTH
    secret_string password; // of `user`
    std::string from, to;   // addresses
    std::string content;    // header and body, lines ended by CRLF
};

// Every text is good for its place in a command: no blank, no end of line; the content has no bare CR or LF.
bool is_sound(const smtp_mail& mail);

struct smtp_answer {
    relay_result result = relay_result::relay_fault;
    std::string text; // of the relay, word for word, or what was wrong on this side
};

class smtp_dialog {
public:
    // `mail` is sound and outlives it.
    smtp_dialog(const smtp_mail& mail, smtp_security security) : mail_(mail), security_(security) {}

    enum class action : std::uint8_t {
        say,     // words() to the relay, then the next reply
        use_tls, // it comes next, then secured()
        end,     // answer() is final; words() may still be said
    };

    // The greeting is the first.
    action hear(const smtp_reply& reply);
    // TLS holds from now on, in answer to use_tls.
    action secured();
    const secret_bytes& words() const { return words_; }
    const smtp_answer& answer() const { return answer_; }

private:
    enum class step : std::uint8_t {
        greeting,
        hello,
        starttls,
        plain,
        login,
        login_user,
        login_password,
        from,
        to,
        data,
        content
    };

    action say(step next, std::string_view words);
    action end(relay_result result, std::string text);
    action hear_hello(const smtp_reply& reply);
    action hear_sign_in(const smtp_reply& reply);
    action hear_of_mail(const smtp_reply& reply);
    action sign_in(std::string_view offered);
    action begin_mail();

    const smtp_mail& mail_;
    const smtp_security security_;
    step step_ = step::greeting;
    bool is_secured_ = false;
    secret_bytes words_;
    smtp_answer answer_;
};

// The value of a keyword that a reply to EHLO offers, upper case; std::nullopt if it does not.
std::optional<std::string> smtp_offer(std::string_view reply, std::string_view keyword);
// The content as DATA wants it: no line begins with a single dot but the last.
std::string smtp_data(std::string_view content);

} // namespace pawl::app
