// Where the answer to a request goes (RFC 6749 4.1.2; OAuth 2.0 Multiple Response Type Encoding Practices 2.1).
#include "core/provider/authorization_request.hpp"
#include "core/text/ascii.hpp"

namespace pawl {

namespace {

// application/x-www-form-urlencoded, as RFC 6749 appendix B has it.
void append_encoded(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
        } else if (c == ' ') {
            out += '+';
        } else {
            out += '%';
            out += digits[byte >> 4U];
            out += digits[byte & 0x0FU];
        }
    }
}

} // namespace

std::string redirect_with(const redirect_target& to, const std::vector<std::pair<std::string, std::string>>& answer) {
    std::string out = to.uri;
    char before = '#';
    if (to.mode != response_mode::fragment) {
        const std::size_t query = out.find('?');
        // Nothing stands between an open query and its first parameter.
        const bool open = query != std::string::npos && (out.back() == '?' || out.back() == '&');
        before = query == std::string::npos ? '?' : open ? '\0' : '&';
    }
    for (const auto& [name, value] : answer) {
        if (before != '\0') {
            out += before;
        }
        append_encoded(out, name);
        out += '=';
        append_encoded(out, value);
        before = '&';
    }
    return out;
}

redirect_target target_of(const authorization_request& asked) {
    return {asked.redirect_uri, asked.state, asked.mode};
}

} // namespace pawl
