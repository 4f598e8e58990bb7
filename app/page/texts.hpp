// What the pages say, in each language. A key is declared once, here; a language that lacks it does not compile.
// {name} in a text stands for a value of the page.
#pragma once

#include "app/page/account_texts.hpp"

#include <string_view>

namespace pawl::app {

// Has no default: a member left out of an aggregate is an error of the compiler.
struct said {
    std::string_view text;
    // NOLINTNEXTLINE(google-explicit-constructor): a text is written as it is
    consteval said(const char* t) : text(t) {}
};

// clang-format off
#define PAWL_PAGE_TEXTS(X) \
    X(code) X(some_client) X(some_user) \
    X(sign_in_title) X(sign_in_lead) X(login_label) X(password_label) X(sign_in_button) \
    X(login_failed) X(too_many_attempts) X(too_many_attempts_minutes) X(busy) X(start_over) \
    X(factor_title) X(factor_lead) X(totp_label) X(recovery_label) X(factor_button) X(factor_failed) X(enrolment_wanted) \
    X(consent_title) X(consent_lead) X(signed_in_as) X(allow_button) X(deny_button) \
    X(select_title) X(select_lead) X(continue_button) X(other_button) \
    X(sign_out_title) X(sign_out_lead) X(sign_out_lead_client) X(sign_out_button) X(stay_button) \
    X(signed_out_title) X(signed_out_lead) X(stayed_title) X(stayed_lead) X(back_link) \
    X(error_title) X(error_lead) X(error_code) X(request_number) \
    X(scope_openid) X(scope_profile) X(scope_email) X(scope_address) X(scope_phone) X(scope_offline_access) \
    X(scope_roles) X(scope_account) X(scope_admin) \
    X(form_post_title) X(form_post_lead) X(form_post_button) \
    X(new_password_label) X(weak_password) X(wrong_password) X(not_sure) X(address_taken) \
    X(reset_title) X(reset_lead) X(reset_button) X(reset_done) \
    X(verify_title) X(verify_lead) X(verify_button) X(verify_done) \
    X(change_title) X(change_lead) X(change_sure) X(change_button) X(change_done) \
    X(undo_title) X(undo_lead) X(undo_sure) X(undo_button) X(undo_done) \
    X(invite_title) X(invite_lead) X(invite_button) X(invite_done) \
    X(link_done_title) X(link_dead_title) X(link_invalid) X(link_expired) X(link_used) \
    X(sign_up_title) X(email_label) X(sign_up_button) X(sign_up_button_confirm) X(sign_up_back) X(sign_up_link) \
    X(sign_up_lead_open) X(sign_up_lead_confirm) X(sign_up_lead_approve) X(sign_up_lead_invite) \
    X(sign_up_lead_closed) X(sign_up_done_open) X(sign_up_done_confirm) X(sign_up_done_approve) \
    X(sign_up_bad_address) X(sign_up_taken) X(sign_up_domain) \
    X(join_title) X(join_lead) X(join_button) X(join_done) X(join_done_pending) \
    X(approval_pending) X(email_not_verified) \
    PAWL_ACCOUNT_TEXTS(X)
// clang-format on

struct page_texts {
#define PAWL_MEMBER(key) said key;
    PAWL_PAGE_TEXTS(PAWL_MEMBER)
#undef PAWL_MEMBER
};

struct text_key {
    std::string_view name;
    said page_texts::* member;
};
inline constexpr text_key text_keys[] = {
#define PAWL_KEY(key) {#key, &page_texts::key},
    PAWL_PAGE_TEXTS(PAWL_KEY)
#undef PAWL_KEY
};

extern const page_texts english_texts; // texts_en.cpp
extern const page_texts german_texts;  // texts_de.cpp

} // namespace pawl::app
