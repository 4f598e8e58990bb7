// A mail as bytes: header fields that nothing can break out of, text and HTML as quoted-printable (RFC 2045), one
// multipart/alternative (RFC 2046), words of other scripts as RFC 2047 has them. Pure; any thread.
#pragma once

#include "core/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pawl {

// The value of one header field, checked: ASCII, printable and blanks, folded where it is long. There is no other way
// to a value, so neither CR nor LF nor another control character of anybody's can begin a new field.
class header_value {
public:
    // `text` as it is: printable ASCII and blanks, no fold. std::nullopt for anything else.
    static std::optional<header_value> plain(std::string_view text);
    // Any UTF-8. Control characters become blanks; what is not ASCII becomes encoded words.
    static header_value words(std::string_view text);
    // "Name <address>", or "<address>" where the name is empty. The name may be any UTF-8; std::nullopt where the
    // address is no printable ASCII or has an angle bracket or a blank in it.
    static std::optional<header_value> mailbox(std::string_view name, std::string_view address);

    const std::string& text() const { return text_; }

private:
    explicit header_value(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

// Lines that end with LF become lines that end with CR LF, of at most 76 characters. Any bytes.
std::string quoted_printable(std::string_view text);

// "Mon, 30 Nov 2026 12:00:00 +0000" (RFC 5322 3.3).
std::string mail_date(timestamp t);

struct mail_content {
    header_value from, to, subject;
    std::optional<header_value> reply_to{};
    header_value message_id; // with its angle brackets
    header_value language;
    timestamp date{};
    std::string boundary;   // letters and digits; begins with what no quoted-printable line has
    std::string text, html; // UTF-8
};
std::string build_message(const mail_content& content);

} // namespace pawl
