// The table of all routes. Paths and methods are those of the OpenAPI document; a test compares them.
#include "app/handler/admin_support.hpp"
#include "app/handler/dev_support.hpp"
#include "app/handler/handlers.hpp"

#include <array>

namespace pawl::app {

namespace {

using enum http_method;

// /dev/* comes last, so that the table without it is a prefix.
constexpr std::array table{
    route{get, "/", handle_root, "root"},
    route{post, "/signup", handle_sign_up, "signup"},
    route{post, "/login", handle_login, "login"},
    route{post, "/token", handle_token, "token"},
    route{post, "/refresh", handle_refresh, "refresh"},
    route{post, "/logout", handle_logout, "logout"},
    route{post, "/logout/all", handle_logout_all, "logout_all"},
    route{get, "/users/me", handle_get_me, "get_me"},
    route{patch, "/users/me", handle_change_me, "change_me"},
    route{delete_, "/users/me", handle_delete_me, "delete_me"},
    route{post, "/users/me/password", handle_change_password, "change_password"},
    route{get, "/sessions", handle_list_sessions, "list_sessions"},
    route{delete_, "/sessions", handle_end_other_sessions, "end_other_sessions"},
    route{delete_, "/sessions/{id}", handle_end_session, "end_session"},
    route{get, "/.well-known/jwks.json", handle_jwks, "jwks"},
    route{get, "/.well-known/oauth-authorization-server", handle_metadata, "metadata"},
    route{get, "/.well-known/openid-configuration", handle_metadata, "discovery"},
    route{get, "/healthz", handle_health, "healthz"},
    route{get, "/readyz", handle_ready, "readyz"},
    route{get, "/metrics", handle_metrics, "metrics"},
    route{get, "/openapi.json", handle_openapi, "openapi"},
    route{get, "/docs", handle_docs, "docs"},
    route{get, "/docs/{id}", handle_docs_asset, "docs_asset"},
    route{get, "/admin/info", to_operators<handle_admin_info>, "admin_info"},
    route{get, "/admin/users", to_operators<handle_admin_list_users>, "admin_list_users"},
    route{post, "/admin/users", to_operators<handle_admin_create_user>, "admin_create_user"},
    route{get, "/admin/users/{id}", to_operators<handle_admin_get_user>, "admin_get_user"},
    route{patch, "/admin/users/{id}", to_operators<handle_admin_change_user>, "admin_change_user"},
    route{delete_, "/admin/users/{id}", to_operators<handle_admin_remove_user>, "admin_remove_user"},
    route{get, "/admin/sessions", to_operators<handle_admin_list_sessions>, "admin_list_sessions"},
    route{delete_, "/admin/sessions/{id}", to_operators<handle_admin_end_session>, "admin_end_session"},
    route{post, "/admin/logout", to_operators<handle_admin_logout>, "admin_logout"},
    route{get, "/admin/families/{id}", to_operators<handle_admin_get_family>, "admin_get_family"},
    route{get, "/admin/timeline/{id}", to_operators<handle_admin_timeline>, "admin_timeline"},
    route{get, "/admin/keys", to_operators<handle_admin_list_keys>, "admin_list_keys"},
    route{post, "/admin/keys/rotate", to_operators<handle_admin_rotate_key>, "admin_rotate_key"},
    route{post, "/admin/keys/retire", to_operators<handle_admin_retire_key>, "admin_retire_key"},
    route{post, "/admin/tokens", to_operators<handle_admin_mint_session>, "admin_mint_session"},
    route{post, "/admin/tokens/verify", to_operators<handle_admin_verify_token>, "admin_verify_token"},
    route{get, "/admin/stats", to_operators<handle_admin_stats>, "admin_stats"},
    route{post, "/admin/snapshot", to_operators<handle_admin_take_snapshot>, "admin_take_snapshot"},
    route{get, "/admin/snapshots", to_operators<handle_admin_list_snapshots>, "admin_list_snapshots"},
    route{post, "/admin/import", to_operators<handle_admin_import>, "admin_import"},
    route{get, "/admin/events", to_operators<handle_admin_events>, "admin_events"},
    // Where the FastAPI tutorials put them.
    route{post, "/api/v1/auth/signup", handle_sign_up, "signup"},
    route{post, "/api/v1/auth/login", handle_login, "login"},
    route{post, "/api/v1/auth/refresh", handle_refresh, "refresh"},
    route{post, "/api/v1/auth/logout", handle_logout, "logout"},
    route{get, "/api/v1/auth/me", handle_get_me, "get_me"},
    route{patch, "/api/v1/auth/me", handle_change_me, "change_me"},
    route{delete_, "/api/v1/auth/me", handle_delete_me, "delete_me"},
    route{get, "/dev/clock", to_developers<handle_get_clock>, "dev_get_clock"},
    route{post, "/dev/clock", to_developers<handle_change_clock>, "dev_change_clock"},
    route{post, "/dev/reset", to_developers<handle_dev_reset>, "dev_reset"},
    route{post, "/dev/snapshot", to_developers<handle_dev_snapshot>, "dev_snapshot"},
    route{post, "/dev/restore", to_developers<handle_dev_restore>, "dev_restore"},
    route{get, "/dev/snapshots", to_developers<handle_dev_snapshots>, "dev_list_snapshots"},
    route{delete_, "/dev/snapshots/{id}", to_developers<handle_dev_forget_snapshot>, "dev_remove_snapshot"},
    route{get, "/dev/realms", to_developers<handle_dev_realms>, "dev_list_realms"},
    route{delete_, "/dev/realms/{id}", to_developers<handle_dev_remove_realm>, "dev_remove_realm"},
    route{get, "/dev/faults", to_developers<handle_dev_faults>, "dev_list_faults"},
    route{post, "/dev/faults", to_developers<handle_dev_add_fault>, "dev_add_fault"},
    route{delete_, "/dev/faults", to_developers<handle_dev_clear_faults>, "dev_clear_faults"},
    route{delete_, "/dev/faults/{id}", to_developers<handle_dev_remove_fault>, "dev_remove_fault"},
    route{get, "/dev/requests", to_developers<handle_dev_requests>, "dev_list_requests"},
    route{delete_, "/dev/requests", to_developers<handle_dev_clear_requests>, "dev_clear_requests"},
    route{post, "/dev/tokens", to_developers<handle_dev_make_token>, "dev_make_token"},
    route{get, "/dev/families/{id}", to_developers<handle_dev_get_family>, "dev_get_family"},
    route{post, "/dev/users", to_developers<handle_dev_make_user>, "dev_make_user"},
};
// The first of them is the first under /dev/.
constexpr std::size_t development_routes = 18;
static_assert(table[table.size() - development_routes].path == "/dev/clock");

} // namespace

std::span<const route> all_routes(bool development) {
    const std::span<const route> all(table);
    return development ? all : all.first(all.size() - development_routes);
}

} // namespace pawl::app
