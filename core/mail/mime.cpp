#include "core/mail/mime.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace pawl {

namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";
constexpr std::string_view fold = "\r\n ";
constexpr std::size_t quoted_line_max = 76;
// An encoded word has at most 75 characters (RFC 2047 2); this leaves room for the name of the field before it.
constexpr std::string_view word_begin = "=?UTF-8?Q?", word_end = "?=";
constexpr std::size_t word_text_max = 45;

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}
bool is_ascii(char c) {
    return static_cast<unsigned char>(c) < 0x80;
}
bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

void put_hex(std::string& out, char c) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('=');
    out.push_back(hex_digits[byte >> 4U]);
    out.push_back(hex_digits[byte & 0xFU]);
}

// Stands for itself in an encoded word wherever that stands (RFC 2047 5, rule 3).
bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '!' || c == '*' ||
           c == '+' || c == '-' || c == '/';
}

// Words that each hold whole characters, one a line.
std::string encoded_words(std::string_view text) {
    std::string out, word;
    const auto flush = [&] {
        out += out.empty() ? std::string_view() : fold;
        out += word_begin;
        out += word;
        out += word_end;
        word.clear();
    };
    for (std::size_t at = 0; at < text.size();) {
        std::string character;
        do {
            const char c = text[at++];
            if (c == ' ') {
                character.push_back('_');
            } else if (is_word_character(c)) {
                character.push_back(c);
            } else {
                put_hex(character, c);
            }
        } while (at < text.size() && is_continuation(text[at]) && character.size() < word_text_max - 3);
        if (word.size() + character.size() > word_text_max) {
            flush();
        }
        word += character;
    }
    flush();
    return out;
}

std::string without_controls(std::string_view text) {
    std::string out(text);
    std::replace_if(out.begin(), out.end(), is_control, ' ');
    return out;
}

// In a quoted string (RFC 5322 3.2.4).
bool needs_no_quotes(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == '-' ||
           c == '_';
}

constexpr std::size_t plain_line_max = 66; // with the name of its field below 78

bool is_encoded_word_like(std::string_view text) {
    return text.find("=?") != std::string_view::npos;
}

} // namespace

std::optional<header_value> header_value::plain(std::string_view text) {
    const bool good = !text.empty() && std::ranges::all_of(text, [](char c) { return is_ascii(c) && !is_control(c); });
    return good ? std::optional(header_value(std::string(text))) : std::nullopt;
}

header_value header_value::words(std::string_view text) {
    const std::string clean = without_controls(text);
    const bool as_it_is = std::ranges::all_of(clean, is_ascii) && clean.size() <= plain_line_max &&
                          !is_encoded_word_like(clean) && clean.find_first_not_of(' ') != std::string::npos;
    return header_value(as_it_is ? clean : encoded_words(clean));
}

std::optional<header_value> header_value::mailbox(std::string_view name, std::string_view address) {
    const bool good = !address.empty() &&
                      std::ranges::all_of(address, [](char c) { return c > 0x20 && c < 0x7F && c != '<' && c != '>'; });
    if (!good) {
        return std::nullopt;
    }
    std::string out;
    if (!name.empty()) {
        const bool as_it_is = name.size() <= plain_line_max && std::ranges::all_of(name, needs_no_quotes) &&
                              name.find_first_not_of(' ') != std::string_view::npos;
        out = as_it_is ? std::string(name) : encoded_words(without_controls(name));
        out += fold;
    }
    out += "<" + std::string(address) + ">";
    return header_value(std::move(out));
}

std::string quoted_printable(std::string_view text) {
    std::string out, line;
    const auto end_line = [&](std::string_view how) {
        out += line;
        out += how;
        line.clear();
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') {
            end_line("\r\n");
            continue;
        }
        std::string piece;
        const bool last = i + 1 == text.size() || text[i + 1] == '\n';
        // A blank at the end of a line may be taken off on the way, a dot and "From " at its beginning be changed.
        const bool risky = (c == ' ' && last) || (line.empty() && (c == '.' || c == 'F'));
        if (c == '=' || !is_ascii(c) || is_control(c) || risky) {
            put_hex(piece, c);
        } else {
            piece.push_back(c);
        }
        if (line.size() + piece.size() > quoted_line_max - 1) { // one for the soft break
            end_line("=\r\n");
        }
        line += piece;
    }
    if (!line.empty()) {
        end_line("\r\n");
    }
    return out;
}

std::string mail_date(timestamp t) {
    constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss<seconds> time(t - day);
    std::array<char, 48> out{};
    std::snprintf(out.data(), out.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000",
                  days.at(std::chrono::weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
                  months.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return out.data();
}

std::string build_message(const mail_content& content) {
    std::string out;
    const auto field = [&out](std::string_view name, const header_value& value) {
        out += name;
        out += ": ";
        out += value.text();
        out += "\r\n";
    };
    const auto part = [&](std::string_view type, const std::string& text) {
        out += "--" + content.boundary + "\r\nContent-Type: ";
        out += type;
        out += "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
        out += quoted_printable(text);
    };
    field("From", content.from);
    field("To", content.to);
    if (content.reply_to) {
        field("Reply-To", *content.reply_to);
    }
    field("Subject", content.subject);
    out += "Date: " + mail_date(content.date) + "\r\n";
    field("Message-ID", content.message_id);
    field("Content-Language", content.language);
    out += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
    out += "Content-Type: multipart/alternative;\r\n boundary=\"" + content.boundary + "\"\r\n\r\n";
    part("text/plain", content.text);
    part("text/html", content.html);
    out += "--" + content.boundary + "--\r\n";
    return out;
}

} // namespace pawl
