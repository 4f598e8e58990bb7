// What the pages of an account share: who is there, forms, and where a form leads.
#pragma once

#include "app/handler/authorizing.hpp"
#include "app/handler/support.hpp"
#include "app/page/account_pages.hpp"
#include "core/service/last_proof.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

// Who is signed in at this browser, on which page.
struct account_visit {
    account_place here{};
    web_visit visit; // has a session
    principal who;
    last_proof proven; // by the cookie
    page_look look;

    account_owner owner() const { return {who, proven}; }
};

// The visitor; or the answer: to the sign-in page and back where no session lives, an error page where storage can't
// say, or where this server has no such pages (tests of other things). `rotates`: as web_session_service::visit().
// Awaited directly.
task<meaning<account_visit>> enter(app_context& context, const http_request& request, account_place here, bool rotates);

// The same for a form of the page: a foreign one is refused first, on a page (403).
struct account_form {
    account_visit at;
    std::optional<parameters> fields;                   // std::nullopt: they could not be read
    std::string_view text(std::string_view name) const; // empty where there is none
    secret_string secret(std::string_view name) const { return secret_string(text(name)); }
};
task<meaning<account_form>> enter_by_form(app_context& context, const http_request& request, account_place here);

// What a row of the route table names: the page of who is signed in, and what becomes of its form. enter() and
// enter_by_form() answer everybody else. Awaited directly: all references outlive the call.
using visit_handler = task<http_response>(app_context& context, const http_request& request, const account_visit& at);
using form_handler = task<http_response>(app_context& context, const http_request& request, account_form& form);
task<http_response> ask_visitor(app_context& context, const http_request& request, account_place here,
                                visit_handler* handle);
task<http_response> ask_sender(app_context& context, const http_request& request, account_place here,
                               form_handler* handle);
template <account_place Here, visit_handler* Handle>
task<http_response> shown_at(app_context& context, const http_request& request) {
    return ask_visitor(context, request, Here, Handle);
}
template <account_place Here, form_handler* Handle>
task<http_response> sent_at(app_context& context, const http_request& request) {
    return ask_sender(context, request, Here, Handle);
}

// An error of the storage, on a page.
http_response account_error_page(const http_request& request, account_place here, const failure& why);

// `to`: the page that the sign-in leads back to. `again`: although a session lives.
http_response to_sign_in(account_place from, account_place to, bool again);

// The page of a sign-in that leads to a page of the account.
http_response account_sign_in_page(const http_request& request, std::string_view locale, sign_in_model model);

// Which page of a list the query asks for: its parameter's number, else 1.
std::uint32_t page_asked(const http_request& request, std::string_view parameter);

// Every page has the visitor's name, what `done` of the query says, and the cookie that is due.
account_frame frame_of(const app_context& context, const http_request& request, const account_visit& at);
http_response with_cookie(const app_context& context, const http_request& request, const account_visit& at,
                          http_response page);

// Where a form leads to that did what it should: 303 to a page, which says what was done.
http_response done(const app_context& context, const http_request& request, const account_visit& at, account_place to,
                   account_note note);

// What became of a form that did not. Where the session is dead, or wants a fresh proof, the answer that leads there;
// else what the page says, and its status and Retry-After.
struct account_refusal {
    std::optional<http_response> elsewhere;
    account_problem problem{};
    unsigned status = 0;
    seconds wait{};
};
account_refusal refusal_of(const account_visit& at, const failure& why);
account_refusal unreadable_form(); // or one that asks for nothing that there is
// Says it in the frame, at the form whose `do` is `form`; empty: above all of them.
void put(account_frame& frame, const account_refusal& why, std::string_view form);
// The page, or the page again: `made` with the problem in its frame.
http_response again(const app_context& context, const http_request& request, const account_visit& at,
                    const account_refusal& why, http_response made);

} // namespace pawl::app
