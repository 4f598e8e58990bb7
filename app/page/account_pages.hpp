// The pages of a signed-in user's account: profile, security, sessions, applications, data. As pages.hpp has it: pure,
// every value is escaped, no script. What is long is cut, so that a page stays below account_page_size_max.
#pragma once

#include "app/page/list_page.hpp"
#include "app/page/pages.hpp"
#include "core/clock.hpp"
#include "core/family/family.hpp"
#include "core/secret.hpp"
#include "core/service/happening.hpp"
#include "core/service/session_end.hpp"
#include "core/user/factor.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

inline constexpr std::size_t account_page_size_max = 30 * 1024;
// So many are shown on one page of what there may be more of.
inline constexpr std::size_t sessions_shown_max = 15, ended_shown_max = 10, apps_shown_max = 15, scopes_shown_max = 10,
                             happenings_max = 16;
// In a query: the page of a list. `page` is of the longest of its page.
inline constexpr std::string_view page_parameter = "page", ended_parameter = "ended";
inline constexpr std::size_t value_shown_max = 300; // bytes of a text that was typed, and comes back with its page

// Where a page stands. `offer`: a TOTP being set up.
enum class account_place : std::uint8_t { profile, security, sessions, apps, data, offer };
std::string_view name_of(account_place place);            // "security": in a query, and as an id
std::string_view path_of(account_place place);            // "account/security"
std::string_view way_up(account_place place);             // from there to where the other pages stand: "../"
account_place place_from(std::string_view name) noexcept; // the profile for another text

// What was done: the page that a form leads to says it, by `done` in its query.
enum class account_note : std::uint8_t {
    none,
    saved,
    link_sent,
    verification_sent,
    password,
    factor_added,
    factor_removed,
    devices,
    session,
    others,
    withdrawn,
};
std::string_view code_of(account_note note);
account_note note_from(std::string_view code); // none for another text

enum class account_problem : std::uint8_t {
    none,
    unreadable,
    bad_username,
    bad_first_name,
    bad_surname,
    username_taken,
    bad_email,
    wrong_password,
    weak_password,
    bad_factor_name,
    factor_failed,
    factors_full,
    offer_expired,
    gone,
    not_sure,
    no_mail,
    mail_queue_full,
    too_many_attempts,
    busy,
};

// What every one of them has.
struct account_frame {
    account_place here{};
    std::string user_name;
    account_note note{};
    account_problem problem{};
    std::string form; // `do` of the form that it is about
    seconds wait{};   // too_many_attempts
    std::size_t password_length_min = 0;
};

struct profile_model {
    account_frame frame;
    std::string username, first_name, surname; // as stored, or as typed where that was refused
    std::string email, new_email;
    bool email_verified = false, sends_mail = false;
    std::string locale;
};

struct factor_line {
    std::uint32_t number = 0;
    std::string name;
    timestamp since{}, used{}; // used: 0 where never
};
struct security_model {
    account_frame frame;
    std::vector<factor_line> factors; // without recovery codes
    bool has_codes = false;
    std::uint32_t codes_left = 0;
    std::vector<happening> happened; // newest first, those of the page
    list_page pages;
};
struct offer_model {
    account_frame frame;
    std::string capsule, secret, uri, name;
};
struct codes_model {
    account_frame frame;
    std::vector<secret_string> codes;
};

struct session_line {
    std::string id, agent, network;
    client_number client;
    std::string client_name; // of a registered one
    timestamp begun{}, used{};
    bool is_current = false;
    session_end why{}; // of one that has ended
};
struct sessions_model {
    account_frame frame;
    std::size_t count = 0;                   // of the living
    std::vector<session_line> living, ended; // those of the page
    list_page living_pages, ended_pages;
};

struct app_line {
    std::string client_id, name;
    timestamp since{};
    std::vector<std::pair<std::string, std::string>> scopes; // name, and its text in the page's language (may be empty)
};
struct apps_model {
    account_frame frame;
    std::vector<app_line> apps; // those of the page
    list_page pages;
};
struct data_model {
    account_frame frame;
};
struct gone_model {}; // the account is deleted

// Whole answers, as pages.hpp says. Forms have the hidden field `do`; buttons have the ids profile-save, email-change,
// email-verify, language-save, password-change, factor-remove-N, codes-make, devices-forget, offer-confirm,
// session-end-ID, sessions-end-others, app-withdraw-N, data-export, account-delete, account-sign-out. Links through a
// list have those of its parameter: page-newer, page-older, ended-newer, ended-older.
http_response page_of(const page_look& look, const profile_model& m);
http_response page_of(const page_look& look, const security_model& m);
http_response page_of(const page_look& look, const offer_model& m);
http_response page_of(const page_look& look, const codes_model& m);
http_response page_of(const page_look& look, const sessions_model& m);
http_response page_of(const page_look& look, const apps_model& m);
http_response page_of(const page_look& look, const data_model& m);
http_response page_of(const page_look& look, const gone_model& m);

} // namespace pawl::app
