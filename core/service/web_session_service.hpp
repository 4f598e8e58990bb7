// Browser sessions at the server's own pages: families of web_client whose refresh token is a cookie. A session keeps
// its id through every sign-in of its user, so that the families that hang on it, and the `sid` of ID tokens, stay.
#pragma once

#include "core/provider/web_cookie.hpp"
#include "core/service/services.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pawl {

struct web_session {
    family_id id;
    user_ptr user; // as it was at the look
    timestamp auth_time{};
    std::uint8_t acr = 0;
    std::uint16_t amr = 0;
};
// What a page is answered with: who is signed in, and the cookie to set, if it is to change.
struct web_visit {
    std::optional<web_session> session;
    std::optional<secret_string> set_cookie; // the new value
    bool clear_cookie = false;               // the one shown is of no session that lives
};

class web_session_service {
public:
    explicit web_session_service(service_context context) : context_(std::move(context)) {}

    // Who is signed in, by the cookie (empty: none). Rotates one that is older than --web-rotation where `rotates`: a
    // write, so only pages ask for it. A generation counts as confirmed once its cookie is shown 60 s after it was set
    // (docs/decisions/0037); replays are not counted out. An old cookie ends the session
    // (status reuse, event). storage_unavailable.
    task<result<web_visit>> visit(std::string_view cookie, caller from, bool rotates);

    // Tries name and password as session_service::login does. The same user's session goes on with a new cookie;
    // another user's ends (signed_out) and a new one begins. login_failed, too_many_attempts, password_queue_full,
    // hash_memory_unavailable, storage_unavailable.
    task<result<web_visit>> sign_in(std::string name, secret_string password, std::string_view cookie, caller from);

    // Ends the session of the cookie, and with it all that hangs on it (signed_out). Success, too, where there is none.
    task<result<void>> sign_out(std::string_view cookie, caller from);

private:
    task<result<void>> end_session(family_id session, caller from);

    service_context context_;
};

} // namespace pawl
