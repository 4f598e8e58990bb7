// What mails say, in each language. A key is declared once, here; a language that lacks it does not compile. {name} in
// a text stands for a value of the mail: {name}, {link}, {issuer}, {about}, {agent}, {network}, {time}, {until}.
#pragma once

#include "app/page/texts.hpp" // said
#include "core/mail/mail.hpp"

#include <string_view>

namespace pawl::app {

// clang-format off
#define PAWL_MAIL_TEXTS(X) \
    X(code) X(greeting) X(greeting_without_name) X(link_until) X(asked_from) X(happened) X(happened_from) \
    X(not_you_link) X(not_you_notice) X(footer) \
    X(verify_email_subject) X(verify_email_lead) X(verify_email_button) \
    X(reset_password_subject) X(reset_password_lead) X(reset_password_button) \
    X(change_email_subject) X(change_email_lead) X(change_email_button) \
    X(undo_email_subject) X(undo_email_lead) X(undo_email_button) \
    X(sign_up_subject) X(sign_up_lead) X(sign_up_button) \
    X(sign_up_taken_subject) X(sign_up_taken_lead) \
    X(invite_subject) X(invite_lead) X(invite_button) \
    X(password_changed_subject) X(password_changed_lead) \
    X(email_changed_subject) X(email_changed_lead) \
    X(factor_added_subject) X(factor_added_lead) \
    X(factor_removed_subject) X(factor_removed_lead) \
    X(recovery_used_subject) X(recovery_used_lead) \
    X(factor_failures_subject) X(factor_failures_lead) \
    X(recovery_low_subject) X(recovery_low_lead) \
    X(new_device_subject) X(new_device_lead) \
    X(account_removed_subject) X(account_removed_lead) \
    X(test_subject) X(test_lead) \
    X(approved_subject) X(approved_lead)
// clang-format on

struct mail_texts {
#define PAWL_MEMBER(key) said key;
    PAWL_MAIL_TEXTS(PAWL_MEMBER)
#undef PAWL_MEMBER
};

struct mail_text_key {
    std::string_view name;
    said mail_texts::* member;
};
inline constexpr mail_text_key mail_text_keys[] = {
#define PAWL_KEY(key) {#key, &mail_texts::key},
    PAWL_MAIL_TEXTS(PAWL_KEY)
#undef PAWL_KEY
};

// What a kind says. A null button: it has no link.
struct mail_kind_texts {
    mail_kind kind{};
    said mail_texts::* subject;
    said mail_texts::* lead;
    said mail_texts::* button = nullptr;
};
const mail_kind_texts& texts_of(mail_kind kind);

extern const mail_texts english_mail_texts; // texts_en.cpp
extern const mail_texts german_mail_texts;  // texts_de.cpp

} // namespace pawl::app
