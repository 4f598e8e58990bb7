// The rows of the route table, as the files of handlers end with them. A new file of handlers is named here, twice.
#pragma once

#include "app/http/context.hpp"
#include "app/http/route.hpp"

#include <span>

namespace pawl::app {

using row_list = std::span<const route>;

extern const row_list root_rows;
extern const row_list account_rows;
extern const row_list account_told_rows;
extern const row_list token_rows;
extern const row_list authorize_rows;
extern const row_list links_rows;
extern const row_list link_pages_rows;
extern const row_list account_pages_rows;
extern const row_list account_security_rows;
extern const row_list account_apps_rows;
extern const row_list sign_in_rows;
extern const row_list end_session_rows;
extern const row_list forward_auth_rows;
extern const row_list forward_pages_rows;
extern const row_list userinfo_rows;
extern const row_list introspect_rows;
extern const row_list revoke_rows;
extern const row_list session_rows;
extern const row_list consents_rows;
extern const row_list jwks_rows;
extern const row_list metadata_rows;
extern const row_list health_rows;
extern const row_list docs_rows;
extern const row_list admin_info_rows;
extern const row_list admin_users_rows;
extern const row_list admin_sessions_rows;
extern const row_list admin_keys_rows;
extern const row_list admin_storage_rows;
extern const row_list admin_import_rows;
extern const row_list admin_events_rows;
extern const row_list admin_clients_rows;
extern const row_list admin_apis_rows;
extern const row_list admin_scopes_rows;
extern const row_list admin_consents_rows;
extern const row_list admin_links_rows;
extern const row_list sign_up_rows;
extern const row_list admin_mail_rows;
extern const row_list factors_rows;
extern const row_list admin_factors_rows;
extern const row_list dev_totp_rows;
extern const row_list dev_rows;
extern const row_list dev_instances_rows;
extern const row_list dev_faults_rows;
extern const row_list dev_tokens_rows;
extern const row_list dev_users_rows;
extern const row_list dev_code_rows;
extern const row_list dev_mail_rows;

// In the order in which the OpenAPI document shows them.
inline constexpr const row_list* served_always[] = {
    &root_rows,          &account_rows,       &token_rows,          &authorize_rows,
    &sign_in_rows,       &end_session_rows,   &forward_auth_rows,   &forward_pages_rows,
    &userinfo_rows,      &introspect_rows,    &revoke_rows,         &session_rows,
    &jwks_rows,          &metadata_rows,      &health_rows,         &docs_rows,
    &admin_info_rows,    &admin_users_rows,   &admin_sessions_rows, &admin_keys_rows,
    &admin_storage_rows, &admin_import_rows,  &admin_events_rows,   &admin_clients_rows,
    &admin_apis_rows,    &admin_scopes_rows,  &consents_rows,       &admin_consents_rows,
    &factors_rows,       &admin_factors_rows, &admin_mail_rows,     &links_rows,
    &link_pages_rows,    &admin_links_rows,   &account_pages_rows,  &account_security_rows,
    &account_apps_rows,  &sign_up_rows,       &account_told_rows,
};
inline constexpr const row_list* served_under_dev[] = {
    &dev_rows,       &dev_instances_rows, &dev_faults_rows, &dev_tokens_rows,
    &dev_users_rows, &dev_code_rows,      &dev_mail_rows,   &dev_totp_rows,
};

} // namespace pawl::app
