#include "app/http/cookies.hpp"

#include <cstddef>
#include <optional>

namespace pawl::app {

namespace {

std::string_view without_blanks(std::string_view text) {
    const std::size_t from = text.find_first_not_of(" \t");
    if (from == std::string_view::npos) {
        return {};
    }
    return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

std::string written(const session_cookie& cookie, std::string_view value, std::string_view more) {
    std::string out = cookie.name;
    out.append("=").append(value).append("; Path=/; HttpOnly; SameSite=Lax");
    if (cookie.secure) {
        out += "; Secure";
    }
    return out.append(more);
}

} // namespace

std::string_view find_cookie(std::string_view header, std::string_view name) {
    std::optional<std::string_view> found;
    for (std::size_t pairs = 0; pairs < cookie_pairs_max; ++pairs) {
        const std::size_t end = header.find(';');
        const std::string_view pair = header.substr(0, end);
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && without_blanks(pair.substr(0, equals)) == name) {
            if (found) {
                return {};
            }
            found = without_blanks(pair.substr(equals + 1));
        }
        if (end == std::string_view::npos) {
            return found.value_or(std::string_view());
        }
        header.remove_prefix(end + 1);
    }
    // Too many to look at: a second one of the name may stand in the rest.
    return {};
}

session_cookie session_cookie_of(std::string_view issuer, bool development, std::string_view realm) {
    session_cookie out;
    out.secure = !(development && issuer.starts_with("http://"));
    out.name = out.secure ? "__Host-pawl" : "pawl";
    if (!realm.empty()) {
        out.name.append("-").append(realm);
    }
    return out;
}

session_cookie forward_cookie_of(forward_cookie which, std::string_view issuer, bool development) {
    return session_cookie_of(issuer, development, which == forward_cookie::session ? "app" : "flow");
}

std::string set_cookie(const session_cookie& cookie, std::string_view value) {
    return written(cookie, value, {});
}

std::string clear_cookie(const session_cookie& cookie) {
    return written(cookie, {}, "; Max-Age=0");
}

} // namespace pawl::app
