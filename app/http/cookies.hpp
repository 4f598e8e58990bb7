// Cookies as they come (RFC 6265 4.2) and as they are set (4.1).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::app {

inline constexpr std::size_t cookie_pairs_max =
    128; // of one header; what comes after them makes the header say nothing

// The value of the cookie with exactly that name. Empty where there is none, and where there are two: one of them was
// planted, and it can't be told which. `header` is the Cookie field's value; the view is into it.
std::string_view find_cookie(std::string_view header, std::string_view name);

// How the cookie of a browser session is called and set: `__Host-pawl` with Secure, or `pawl` without where people come
// by http (--dev). `realm`: of a world of --dev; empty: none.
struct session_cookie {
    std::string name;
    bool secure = true;
};
session_cookie session_cookie_of(std::string_view issuer, bool development, std::string_view realm);

// The same for a host behind forward auth: its session (`__Host-pawl-app`), and a sign-in under way
// (`__Host-pawl-flow`).
enum class forward_cookie { session, flow };
session_cookie forward_cookie_of(forward_cookie which, std::string_view issuer, bool development);

// Values of Set-Cookie, for the browser's session: Path=/, HttpOnly, SameSite=Lax. `value` holds no character that a
// cookie must not have (a capsule).
std::string set_cookie(const session_cookie& cookie, std::string_view value);
std::string clear_cookie(const session_cookie& cookie);

} // namespace pawl::app
