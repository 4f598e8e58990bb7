// Browser sessions at the server's own pages: families of web_client whose refresh token is a cookie. A session keeps
// its id through every sign-in of its user, so that the families that hang on it, and the `sid` of ID tokens, stay.
#pragma once

#include "core/provider/web_cookie.hpp"
#include "core/service/second_factor.hpp"
#include "core/service/services.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
    std::optional<wanted_factor> wanted{};   // of a sign-in: the password is right, and a second factor is wanted
};

class web_session_service {
public:
    explicit web_session_service(service_context context) : context_(std::move(context)) {}

    // Who is signed in, by the cookie (empty: none). Only where `rotates` is one set: in place of one that is older
    // than --web-rotation, which is a write, or of one whose successor was lost (docs/decisions/0037). Replays are not
    // counted out. A cookie older than the one before, or one that was confirmed away, ends the session (status reuse,
    // event). storage_unavailable. Each awaited directly: `cookie` outlives the call.
    task<result<web_visit>> visit(std::string_view cookie, caller from, bool rotates);

    // The same where a second factor was just set up in this session, which was proven lately: a
    // code was shown beside the password, so the cookie says two factors from now on, as of the time of the password.
    task<result<web_visit>> visit_with_factor(std::string_view cookie, caller from);

    // Tries name and password as session_service::login does. The same user's session goes on with a new cookie;
    // another user's ends (signed_out) and a new one begins. login_failed, too_many_attempts, password_queue_full,
    // hash_memory_unavailable, storage_unavailable. Where a second factor is wanted no session begins (`wanted`);
    // enrolment_required where the user has to have one, and has none. approval_pending, email_not_verified.
    task<result<web_visit>> sign_in(std::string name, secret_string password, std::string_view cookie, caller from);

    // The second step of such a sign-in. step_expired, second_factor_failed, and as sign_in().
    task<result<web_visit>> sign_in_step(secret_string step, shown_codes codes, std::string_view cookie, caller from);

    // --- What the pages of an account tell and change beside (docs/accounts.md).
    // The sessions of the user that have ended or expired, as far as they are still kept, most recently used first: at
    // most `limit`. storage_unavailable.
    task<result<std::vector<family_details>>> list_ended(user_id user, std::size_t limit);
    // The language of pages and mails, BCP 47; empty: as the browser says. validation_failed, invalid_access_token,
    // storage_unavailable.
    task<result<user_ptr>> set_language(principal who, std::string locale);

    // Ends the session of the cookie, and with it all that hangs on it (signed_out). Success, too, where there is none.
    task<result<void>> sign_out(std::string_view cookie, caller from);

private:
    enum class rotation : std::uint8_t { none, when_due, now };
    task<result<web_visit>> visit(web_cookie shown, web_cookie next, caller from, rotation wanted);
    task<result<web_visit>> begin(user_ptr holder, login_decision proven, std::string_view cookie, caller from);
    task<result<void>> end_session(family_id session, caller from);

    service_context context_;
};

} // namespace pawl
