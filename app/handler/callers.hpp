// Who may ask a handler. The wrappers stand in the rows of the route table: route{get, "/users/me", as_user<get_me>,
// ..}. A handler behind one never sees a request of others, and is told who asks. A wrapper to come (as_client, of a
// client that authenticates itself) is one more of these, an `audience`, and its causes in all_refusals().
#pragma once

#include "app/handler/support.hpp"
#include "app/http/route.hpp"
#include "core/service/admin_service.hpp"

namespace pawl::app {

// The operator who came over the admin socket, the superuser whose access token came along (of the first party, or of a
// client's session with the scope admin), or the client whose token is its own and has the scope admin.
// missing_access_token, invalid_access_token, not_admin, insufficient_scope, storage_unavailable. Awaited directly.
task<result<operator_caller>> authorise_operator(app_context& context, const http_request& request);

// A refusal as the operator reads it: of any session or user, not of one's own.
http_response refuse_operator(const app_context& context, const http_request& request, const failure& why);

// A page of another site must not play with a server that happens to run on its reader's machine. Pages served from
// loopback are the developer's own.
bool comes_from_elsewhere(const http_request& request);

using user_handler = task<http_response>(app_context& context, const http_request& request, principal who);
// The answer of a handler that waits for nothing and needs only the caller: a plain function, which costs fewer
// instructions than a coroutine on a route that is asked often.
using user_answer = http_response(const principal& who);
using operator_handler = task<http_response>(app_context& context, const http_request& request, operator_caller by);

// Each checks the caller, then asks `handle` or refuses. One coroutine for all handlers. `of_clients`: with this scope
// a client's token of the user is taken, too.
task<http_response> ask_as_user(app_context& context, const http_request& request, user_handler* handle,
                                std::optional<builtin_scope> of_clients);
task<http_response> answer_user(app_context& context, const http_request& request, user_answer* answer,
                                std::optional<builtin_scope> of_clients);
task<http_response> ask_as_operator(app_context& context, const http_request& request, operator_handler* handle);
task<http_response> ask_as_developer(app_context& context, const http_request& request, handler* handle);

namespace detail {

template <user_handler* Handle>
task<http_response> user_only(app_context& context, const http_request& request) {
    return ask_as_user(context, request, Handle, std::nullopt);
}
template <user_handler* Handle>
task<http_response> users_and_clients(app_context& context, const http_request& request) {
    return ask_as_user(context, request, Handle, builtin_scope::account);
}
template <user_answer* Answer>
task<http_response> users_and_clients_at_once(app_context& context, const http_request& request) {
    return answer_user(context, request, Answer, builtin_scope::account);
}
template <operator_handler* Handle>
task<http_response> operators_only(app_context& context, const http_request& request) {
    return ask_as_operator(context, request, Handle);
}
template <handler* Handle>
task<http_response> developers_only(app_context& context, const http_request& request) {
    return ask_as_developer(context, request, Handle);
}

} // namespace detail

// Asked with an access token of the first party. The handler is told of whom.
template <user_handler* Handle>
inline constexpr endpoint as_user{&detail::user_only<Handle>, audience::user};

// The same, or with a token that a client was given for the user with the scope account: what reads the account and
// changes the profile, and nothing that could take the account from its owner (docs/provider.md).
template <user_handler* Handle>
inline constexpr endpoint as_account{&detail::users_and_clients<Handle>, audience::account};
template <user_answer* Answer>
inline constexpr endpoint as_account_at_once{&detail::users_and_clients_at_once<Answer>, audience::account};

// Asked by operators: superusers, clients with the scope admin, and the peers of the admin socket. The handler is told
// by whom.
template <operator_handler* Handle>
inline constexpr endpoint as_operator{&detail::operators_only<Handle>, audience::superuser};

// Asked under --dev (the rows are in no other table), not by pages of other sites.
template <handler* Handle>
inline constexpr endpoint as_developer{&detail::developers_only<Handle>, audience::developer};

} // namespace pawl::app
