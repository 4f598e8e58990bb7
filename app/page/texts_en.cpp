#include "app/page/texts.hpp"

namespace pawl::app {

constexpr page_texts english_texts{
    .code = "en",
    .some_client = "an application",
    .some_user = "a user without a name",
    .sign_in_title = "Sign in",
    .sign_in_lead = "to continue to {client}",
    .login_label = "User name or email address",
    .password_label = "Password",
    .sign_in_button = "Sign in",
    .login_failed = "The user name or the password is wrong.",
    .too_many_attempts = "There were too many attempts. Please try again in {wait} s.",
    .too_many_attempts_minutes = "There were too many attempts. Please try again in {wait} min.",
    .busy = "The server is busy. Please try again in a moment.",
    .start_over = "This page is too old. Please go back to the application and start again.",
    .consent_title = "Allow access",
    .consent_lead = "Do you allow {client} the following?",
    .signed_in_as = "You are signed in as {user}.",
    .allow_button = "Allow",
    .deny_button = "Do not allow",
    .select_title = "Choose an account",
    .select_lead = "to continue to {client}",
    .continue_button = "Continue as {user}",
    .other_button = "Use another account",
    .sign_out_title = "Sign out",
    .sign_out_lead = "Do you want to sign out?",
    .sign_out_lead_client = "{client} asks whether you want to sign out.",
    .sign_out_button = "Sign out",
    .stay_button = "Stay signed in",
    .signed_out_title = "You are signed out",
    .signed_out_lead = "You can close this page now.",
    .back_link = "Back to {client}",
    .error_title = "This did not work",
    .error_lead =
        "Please go back to the application and try again. If it happens again, tell its operators what is below.",
    .error_code = "Error: {error}",
    .request_number = "Request: {request}",
    .form_post_title = "One moment",
    .form_post_lead = "You are taken back to the application.",
    .form_post_button = "Continue",
};

} // namespace pawl::app
