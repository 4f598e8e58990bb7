// The pages of sign-in, consent and sign-out: HTML of one template (app/page/*.html) and one file of texts a language
// (app/page/texts.*). Pure: what a page says is its model. Every value is escaped. No script but the one hashed line of
// form_post. The stylesheet is `/pages.css`. All references are relative: pages stand beside each other, and hold
// behind a proxy that serves Pawl under a prefix.
#pragma once

#include "app/http/message.hpp"
#include "core/account/link.hpp"
#include "core/clock.hpp"
#include "core/failure.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::app {

enum class language : std::uint8_t { english, german };
// ui_locales (OIDC Core 3.1.2.1) first, then Accept-Language (RFC 9110 12.5.4); else English. Either may be empty.
language language_of(std::string_view ui_locales, std::string_view accept_language);

struct page_look {
    language tongue = language::english;
    std::string redirect_uri; // where the answer to the form may redirect to; empty: nowhere
    std::string_view base;    // what leads from the page to where the others stand: "../"; empty: it is there. Static
};

enum class sign_in_problem : std::uint8_t {
    none,
    login_failed,
    too_many_attempts,
    busy,
    start_over,
    factor_failed,
    enrolment_wanted,
    approval_pending,
    email_not_verified,
};
struct sign_in_model {
    std::string flow;        // the capsule, in a hidden field `flow`
    std::string client_name; // where the user is going
    std::string login;       // filled in: login_hint, or what was typed
    sign_in_problem problem = sign_in_problem::none;
    seconds wait{};     // too_many_attempts
    std::string step{}; // the page asks for a second factor, with this in a hidden field `step`; empty: for a password
    std::string to{};   // in place of `flow`: the page of an account that the user goes on to (account_pages.hpp)
    bool again = false; // who is signed in is asked once more
    bool offers_sign_up = false; // a link to /sign-up
};
struct consent_model {
    std::string flow, client_name, user_name;                // user_name: who is signed in
    std::vector<std::pair<std::string, std::string>> scopes; // name, and its text in the page's language (may be empty)
};
// What a built-in scope lets an application do; empty where it has no text.
std::string_view text_of_builtin_scope(std::string_view name, language tongue);

struct select_model { // continue as the one who is signed in, or sign in as another
    std::string flow, client_name, user_name;
};
struct sign_out_model {
    std::string flow;                   // hidden field `flow`; may be empty
    std::string client_name, user_name; // either may be empty
};
struct signed_out_model {
    std::string client_name, back_to; // back_to: a link; empty: none
    bool stays_in = false;            // the user said no
};
struct error_model {
    unsigned status = 400;
    std::string error, sentence, request_id;
};
struct form_post_model { // OAuth 2.0 Form Post Response Mode: posts itself; a button does without scripts
    std::string action;
    std::vector<std::pair<std::string, std::string>> fields;
};

// What a link of a mail opens.
enum class link_problem : std::uint8_t {
    none,
    weak_password,
    wrong_password,
    factor_failed,
    not_sure,
    address_taken,
    too_many_attempts,
    sign_up_closed,
    domain_not_allowed,
    busy
};
struct link_model {
    link_purpose purpose{};
    std::string address;       // that it is about
    bool wants_factor = false; // beside a new password
    std::size_t password_length_min = 0;
    link_problem problem = link_problem::none;
    seconds wait{}; // too_many_attempts
};
struct link_done_model {
    link_purpose purpose{};
    std::string address;
    bool is_pending = false; // sign_up: the account waits for an operator
};
struct dead_link_model {
    errc why{}; // link_invalid, link_expired, link_used
};
// Whether its page asks for a tick: a program that follows links and sends what it finds there ticks nothing.
constexpr bool asks_if_sure(link_purpose purpose) {
    return purpose == link_purpose::change_email || purpose == link_purpose::undo_email;
}

// Whole answers: 200 but for errors, text/html, no-store, the Content-Security-Policy of its page. Buttons have the ids
// signin-submit, factor-submit, link-submit, consent-allow, consent-deny, signout-yes, signout-no, select-continue,
// select-other; fields the names login, password, new_password, totp, recovery_code, step, sure, flow, and `choice`
// (allow|deny, yes|no, continue|other). Forms post to /sign-in, /consent, /select, /sign-out.
http_response page_of(const page_look& look, const sign_in_model& m);
http_response page_of(const page_look& look, const consent_model& m);
http_response page_of(const page_look& look, const select_model& m);
http_response page_of(const page_look& look, const sign_out_model& m);
http_response page_of(const page_look& look, const signed_out_model& m);
http_response page_of(const page_look& look, const error_model& m);
http_response page_of(const page_look& look, const form_post_model& m);
http_response page_of(const page_look& look, const link_model& m);
http_response page_of(const page_look& look, const link_done_model& m);
http_response page_of(const page_look& look, const dead_link_model& m);

} // namespace pawl::app
