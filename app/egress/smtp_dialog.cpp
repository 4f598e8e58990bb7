#include "app/egress/smtp_dialog.hpp"

#include <sodium.h>

#include <algorithm>

namespace pawl::app {

namespace {

constexpr unsigned ready = 220, signed_in = 235, go_on = 334, start_content = 354, closing = 421,
                   sign_in_required = 530;
constexpr std::size_t code_and_blank = 4;

bool is_word(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '<' && c != '>'; });
}

bool has_whole_lines(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool ends = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        if (ends) {
            ++i;
        } else if (text[i] == '\r' || text[i] == '\n' || text[i] == '\0') {
            return false;
        }
    }
    return text.ends_with("\r\n");
}

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool has_word(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const std::size_t end = std::min(words.find(' '), words.size());
        if (words.substr(0, end) == word) {
            return true;
        }
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
}

secret_bytes base64(const secret_bytes& of) {
    secret_bytes out(sodium_base64_ENCODED_LEN(of.size(), sodium_base64_VARIANT_ORIGINAL));
    sodium_bin2base64(reinterpret_cast<char*>(out.data()), out.size(), of.data(), of.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    out.pop_back(); // the NUL
    return out;
}

void add(secret_bytes& to, std::string_view text) {
    to.insert(to.end(), text.begin(), text.end());
}

secret_bytes line_of(std::string_view before, const secret_bytes& encoded) {
    secret_bytes out;
    add(out, before);
    out.insert(out.end(), encoded.begin(), encoded.end());
    add(out, "\r\n");
    return out;
}

} // namespace

bool is_sound(const smtp_mail& m) {
    return is_word(m.hello) && is_word(m.from) && is_word(m.to) && has_whole_lines(m.content) &&
           m.user.find('\0') == std::string::npos && m.password.reveal().find('\0') == std::string_view::npos;
}

std::optional<std::string> smtp_offer(std::string_view reply, std::string_view keyword) {
    for (bool first = true; !reply.empty(); first = false) {
        const std::size_t end = std::min(reply.find('\n'), reply.size());
        std::string line(reply.substr(0, end));
        reply.remove_prefix(std::min(end + 1, reply.size()));
        std::ranges::transform(line, line.begin(), upper);
        if (first || line.size() < code_and_blank) {
            continue; // the first has the relay's name
        }
        line.erase(0, code_and_blank);
        if (line == keyword) {
            return std::string();
        }
        // "AUTH=" as old servers write it, too.
        if (line.starts_with(keyword) && (line[keyword.size()] == ' ' || line[keyword.size()] == '=')) {
            return line.substr(keyword.size() + 1);
        }
    }
    return std::nullopt;
}

std::string smtp_data(std::string_view content) {
    std::string out;
    out.reserve(content.size() + 64);
    bool begins = true;
    for (const char c : content) {
        if (begins && c == '.') {
            out += '.';
        }
        out += c;
        begins = c == '\n';
    }
    return out + ".\r\n";
}

smtp_dialog::action smtp_dialog::say(step next, std::string_view words) {
    step_ = next;
    words_.clear();
    add(words_, words);
    add(words_, "\r\n");
    return action::say;
}

smtp_dialog::action smtp_dialog::end(relay_result result, std::string text) {
    answer_ = {result, std::move(text)};
    words_.clear();
    add(words_, "QUIT\r\n");
    return action::end;
}

smtp_dialog::action smtp_dialog::secured() {
    is_secured_ = true;
    return say(step::hello, "EHLO " + mail_.hello);
}

smtp_dialog::action smtp_dialog::hear(const smtp_reply& reply) {
    if (reply.code == closing) {
        return end(relay_result::relay_fault, reply.text);
    }
    switch (step_) {
    case step::greeting:
        return reply.code == ready ? say(step::hello, "EHLO " + mail_.hello)
                                   : end(relay_result::relay_fault, reply.text);
    case step::hello:
        return reply.is_positive() ? hear_hello(reply) : end(relay_result::relay_fault, reply.text);
    case step::starttls:
        return reply.code == ready ? action::use_tls : end(relay_result::relay_fault, reply.text);
    case step::plain:
    case step::login:
    case step::login_user:
    case step::login_password:
        return hear_sign_in(reply);
    default:
        return hear_of_mail(reply);
    }
}

smtp_dialog::action smtp_dialog::hear_hello(const smtp_reply& reply) {
    if (security_ == smtp_security::starttls && !is_secured_) {
        return smtp_offer(reply.text, "STARTTLS") ? say(step::starttls, "STARTTLS")
                                                  : end(relay_result::relay_fault, "the relay offers no STARTTLS");
    }
    if (mail_.user.empty()) {
        return begin_mail();
    }
    const std::optional<std::string> offered = smtp_offer(reply.text, "AUTH");
    return offered ? sign_in(*offered) : end(relay_result::relay_fault, "the relay offers no AUTH");
}

smtp_dialog::action smtp_dialog::sign_in(std::string_view offered) {
    if (has_word(offered, "PLAIN")) {
        secret_bytes both;
        both.push_back(0);
        add(both, mail_.user);
        both.push_back(0);
        add(both, mail_.password.reveal());
        words_ = line_of("AUTH PLAIN ", base64(both));
        step_ = step::plain;
        return action::say;
    }
    if (has_word(offered, "LOGIN")) {
        return say(step::login, "AUTH LOGIN");
    }
    return end(relay_result::relay_fault, "the relay offers neither AUTH PLAIN nor AUTH LOGIN");
}

smtp_dialog::action smtp_dialog::hear_sign_in(const smtp_reply& reply) {
    const bool asks = reply.code == go_on;
    if (asks && (step_ == step::login || step_ == step::login_user)) {
        secret_bytes told;
        add(told, step_ == step::login ? std::string_view(mail_.user) : mail_.password.reveal());
        words_ = line_of({}, base64(told));
        step_ = step_ == step::login ? step::login_user : step::login_password;
        return action::say;
    }
    if (reply.code == signed_in && (step_ == step::plain || step_ == step::login_password)) {
        return begin_mail();
    }
    return end(relay_result::relay_fault, reply.text);
}

smtp_dialog::action smtp_dialog::begin_mail() {
    return say(step::from, "MAIL FROM:<" + mail_.from + ">");
}

smtp_dialog::action smtp_dialog::hear_of_mail(const smtp_reply& reply) {
    if ((step_ == step::from || step_ == step::to) && reply.code == sign_in_required) {
        return end(relay_result::relay_fault, reply.text); // it would refuse every mail
    }
    const bool good = step_ == step::data ? reply.code == start_content : reply.is_positive();
    if (!good) {
        return end(reply.is_for_now()  ? relay_result::later
                   : reply.code >= 500 ? relay_result::refused
                                       : relay_result::relay_fault,
                   reply.text);
    }
    switch (step_) {
    case step::from:
        return say(step::to, "RCPT TO:<" + mail_.to + ">");
    case step::to:
        return say(step::data, "DATA");
    case step::data:
        step_ = step::content;
        words_.clear();
        add(words_, smtp_data(mail_.content));
        return action::say;
    default:
        return end(relay_result::sent, reply.text);
    }
}

} // namespace pawl::app
