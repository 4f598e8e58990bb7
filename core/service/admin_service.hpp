// What an operator may do: users, their sessions, tokens on their behalf. Who is one was decided before (the handler's
// work); what an operator did by bearer is refused where the operator has ceased to be one meanwhile. Every change is
// an event in the log, with who did it.
#pragma once

#include "core/service/machine_principal.hpp"
#include "core/service/services.hpp"
#include "core/service/token_report.hpp"
#include "core/service/validation.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace pawl {

// Who asks: a superuser, or a client whose token has the scope admin. Without either: a user who may use the data
// directory (the admin socket, pawlctl).
struct operator_caller {
    std::optional<principal> who;
    std::optional<machine_principal> machine; // not both
    caller from;

    user_id id() const { return who ? who->user->id : user_id{}; }
};

inline constexpr std::size_t roles_max = 64, role_size_max = 128; // bytes of one, UTF-8
inline constexpr std::size_t users_page_max = 1000;

// Exactly one of `password` and `password_hash` is given.
struct new_user {
    std::string email;
    std::optional<std::string> username; // absent: the email
    std::optional<secret_string> password;
    std::optional<secret_string> password_hash; // PHC or crypt form (core/password/stored_hash.hpp)
    std::string first_name, surname;
    std::vector<std::string> roles;
    std::string attributes; // JSON; empty: none
    bool is_superuser = false;
    bool email_verified = false;
    bool enabled = true;
};

// Absent members stay as they are.
struct user_changes {
    std::optional<std::string> email, username, first_name, surname;
    std::optional<std::vector<std::string>> roles;
    std::optional<std::string> attributes; // JSON, in place of all that is there; empty: none any more
    std::optional<bool> is_superuser, email_verified, enabled;
    std::optional<secret_string> password, password_hash; // not both
};

struct user_page {
    std::vector<user_ptr> users;
    std::optional<user_id> next; // the last one shown, where there are more
};

class admin_service {
public:
    explicit admin_service(service_context context) : context_(std::move(context)) {}

    // Whether `by` may still do what operators do: still one, in a living session, with a token that is
    // good.
    bool is_still_operator(const operator_caller& by) const;

    // --- Users. validation_failed, email_taken, username_taken, user_not_found, password_queue_full,
    // hash_memory_unavailable, storage_unavailable; not_admin and invalid_access_token where `by` is no operator any
    // more.
    task<result<user_ptr>> create_user(operator_caller by, new_user wanted);
    // A new password, hash or `enabled` false ends every session of the user. A new email is not verified unless the
    // same change says so, and a username that was the email follows it.
    task<result<user_ptr>> change_user(operator_caller by, user_id id, user_changes wanted);
    // A user who waits for that may sign in, and is told by mail. Success, too, for a user who may already.
    // user_not_found: or it is disabled, and does not wait.
    task<result<user_ptr>> approve_user(operator_caller by, user_id id);
    // As the user would: a tombstone, names free once that is durable, every session ended.
    task<result<void>> remove_user(operator_caller by, user_id id);

    // `limit` is 1 to users_page_max.
    task<result<user_page>> list_users(user_id after, std::size_t limit);
    task<result<user_ptr>> find_user(user_id id);
    // By email or username; null where there is none.
    task<result<user_ptr>> find_user_by_login(std::string name);

    // --- Sessions. session_not_found, user_not_found ...
    // Dead ones, too, as long as they are remembered; most recently used first.
    task<result<std::vector<family_details>>> sessions_of(user_id id);
    task<result<family_details>> find_session(family_id id);
    // Ends it with status admin, expired or not. session_not_found where it is unknown; one that has ended stays as it
    // is.
    task<result<void>> end_session(operator_caller by, family_id id);
    // Closes the user's gate on every session.
    task<result<void>> logout(operator_caller by, user_id id);
    // A new session of the user, as a login without a password would open it. `client` becomes its agent where not
    // empty. user_not_found also where the user is disabled.
    task<result<issued_tokens>> mint_session(operator_caller by, user_id id, std::string client);

    // What a token is; waits for what the answer rests on. storage_unavailable.
    task<result<token_report>> inspect(secret_string token);

    // The event of an act that is not about users (keys), awaited: storage_unavailable.
    task<result<void>> record(operator_caller by, event_kind what, std::string about);

    // How many sessions of the user are alive now.
    std::size_t count_sessions(user_id id) const { return context_.data.count_alive(id, context_.time.now()); }

private:
    service_context context_;
};

// Refuses `roles` where one is not acceptable, is there twice, or there are more than roles_max.
void check_roles(validation& checks, const std::vector<std::string>& roles);

// Whether `by` may still act: nothing, or not_admin, invalid_access_token, insufficient_scope. To be asked right before
// a change, since operators are revoked, too.
std::optional<failure> no_operator(const service_context& context, const operator_caller& by);

// The event of an operator's act. What it returns is to be waited for with the change.
ticket record_act(const service_context& context, const operator_caller& by, event_kind what, user_id about_user,
                  const family_id& about_family, std::string about);

} // namespace pawl
