// Every handler of the route table. Coroutines: awaited directly, `context` and `request` outlive them. They throw
// nothing of their own; what a client sends leads to a 4xx, never to an exception.
#pragma once

#include "app/http/context.hpp"

namespace pawl::app {

// root.cpp
task<http_response> handle_root(app_context& context, const http_request& request);

// account.cpp
task<http_response> handle_sign_up(app_context& context, const http_request& request);
task<http_response> handle_get_me(app_context& context, const http_request& request);
task<http_response> handle_change_me(app_context& context, const http_request& request);
task<http_response> handle_change_password(app_context& context, const http_request& request);
task<http_response> handle_delete_me(app_context& context, const http_request& request);

// token.cpp
task<http_response> handle_login(app_context& context, const http_request& request);
task<http_response> handle_token(app_context& context, const http_request& request);
task<http_response> handle_refresh(app_context& context, const http_request& request);

// session.cpp
task<http_response> handle_logout(app_context& context, const http_request& request);
task<http_response> handle_logout_all(app_context& context, const http_request& request);
task<http_response> handle_list_sessions(app_context& context, const http_request& request);
task<http_response> handle_end_session(app_context& context, const http_request& request);
task<http_response> handle_end_other_sessions(app_context& context, const http_request& request);

// metadata.cpp, jwks.cpp, health.cpp
task<http_response> handle_metadata(app_context& context, const http_request& request);
task<http_response> handle_jwks(app_context& context, const http_request& request);
task<http_response> handle_health(app_context& context, const http_request& request);
task<http_response> handle_ready(app_context& context, const http_request& request);
task<http_response> handle_metrics(app_context& context, const http_request& request);

// docs.cpp
task<http_response> handle_openapi(app_context& context, const http_request& request);
task<http_response> handle_docs(app_context& context, const http_request& request);
task<http_response> handle_docs_asset(app_context& context, const http_request& request);

// admin_import.cpp, admin_info.cpp, admin_users.cpp
task<http_response> handle_admin_import(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_info(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_list_users(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_create_user(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_get_user(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_change_user(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_remove_user(app_context& context, const http_request& request, operator_caller by);

// admin_events.cpp
task<http_response> handle_admin_events(app_context& context, const http_request& request, operator_caller by);

// admin_sessions.cpp
task<http_response> handle_admin_list_sessions(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_end_session(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_logout(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_get_family(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_mint_session(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_verify_token(app_context& context, const http_request& request, operator_caller by);

// admin_keys.cpp, admin_storage.cpp
task<http_response> handle_admin_list_keys(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_rotate_key(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_retire_key(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_stats(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_take_snapshot(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_timeline(app_context& context, const http_request& request, operator_caller by);
task<http_response> handle_admin_list_snapshots(app_context& context, const http_request& request, operator_caller by);

// dev.cpp; only under --dev
task<http_response> handle_get_clock(app_context& context, const http_request& request);
task<http_response> handle_change_clock(app_context& context, const http_request& request);

// dev_worlds.cpp, dev_faults.cpp, dev_tokens.cpp; likewise
task<http_response> handle_dev_reset(app_context& context, const http_request& request);
task<http_response> handle_dev_snapshot(app_context& context, const http_request& request);
task<http_response> handle_dev_restore(app_context& context, const http_request& request);
task<http_response> handle_dev_snapshots(app_context& context, const http_request& request);
task<http_response> handle_dev_forget_snapshot(app_context& context, const http_request& request);
task<http_response> handle_dev_realms(app_context& context, const http_request& request);
task<http_response> handle_dev_remove_realm(app_context& context, const http_request& request);
task<http_response> handle_dev_faults(app_context& context, const http_request& request);
task<http_response> handle_dev_add_fault(app_context& context, const http_request& request);
task<http_response> handle_dev_clear_faults(app_context& context, const http_request& request);
task<http_response> handle_dev_remove_fault(app_context& context, const http_request& request);
task<http_response> handle_dev_requests(app_context& context, const http_request& request);
task<http_response> handle_dev_clear_requests(app_context& context, const http_request& request);
task<http_response> handle_dev_make_token(app_context& context, const http_request& request);
task<http_response> handle_dev_get_family(app_context& context, const http_request& request);
// dev_users.cpp
task<http_response> handle_dev_make_user(app_context& context, const http_request& request);

} // namespace pawl::app
