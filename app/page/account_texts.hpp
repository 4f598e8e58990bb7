// The keys of what the pages of an account say. Part of texts.hpp, which makes the table of them.
#pragma once

// clang-format off
#define PAWL_ACCOUNT_TEXTS(X) \
    X(own_account) X(account_nav) X(place_profile) X(place_security) X(place_sessions) X(place_apps) X(place_data) \
    X(account_title) X(security_title) X(sessions_title) X(apps_title) X(data_title) X(offer_title) X(codes_title) \
    X(gone_title) X(gone_lead) X(again_lead) \
    X(note_saved) X(note_link_sent) X(note_verification_sent) X(note_password) X(note_factor_added) \
    X(note_factor_removed) X(note_devices) X(note_session) X(note_others) X(note_withdrawn) \
    X(unreadable_form) X(bad_username) X(bad_name) X(username_taken) X(bad_email) X(no_mail) X(thing_gone) \
    X(factors_full) X(offer_expired) X(queue_full) X(consents_gone) \
    X(page_number) X(page_newer) X(page_older) \
    X(names_heading) X(username_label) X(first_name_label) X(surname_label) X(save_button) \
    X(address_heading) X(address_lead) X(address_proven) X(address_unproven) X(verify_send_button) \
    X(new_email_label) X(current_password_label) X(address_button) X(address_no_mail) \
    X(language_heading) X(language_label) X(language_any) \
    X(password_heading) X(password_hint) X(password_button) \
    X(factors_heading) X(factors_none) X(factor_totp) X(factor_codes) X(factor_since) X(factor_used) X(factor_unused) \
    X(factor_hint) X(offer_link) X(remove_button) \
    X(codes_heading) X(codes_left) X(codes_none) X(codes_button) X(codes_hint) \
    X(devices_heading) X(devices_lead) X(devices_button) \
    X(happened_heading) X(happened_made) X(happened_password) X(happened_address) X(happened_factor) \
    X(happened_factor_used) X(happened_signed_in) X(happened_all_ended) X(happened_disabled) X(happened_restored) \
    X(offer_lead) X(offer_picture) X(offer_secret) X(offer_name_label) X(offer_button) \
    X(codes_lead) X(codes_print) X(back_to_security) \
    X(alive_heading) X(session_count) X(session_this) X(session_browser) X(session_app) \
    X(session_program) X(session_used) X(session_place) X(session_nowhere) X(unknown_device) X(device_on) X(end_button) \
    X(others_button) X(ended_heading) X(ended_none) \
    X(end_signed_out) X(end_came_back) X(end_operator) X(end_gave_way) X(end_replaced) X(end_expired) X(end_all) \
    X(end_password) X(end_disabled) X(end_restored) X(end_client) X(end_withdrawn) X(end_browser) \
    X(apps_none) X(apps_lead) X(app_since) X(withdraw_button) \
    X(export_heading) X(export_lead) X(export_button) \
    X(delete_heading) X(delete_lead) X(delete_sure) X(delete_button)
// clang-format on
