// Users: sign-up, profile, password, gate.
#pragma once

#include "core/service/services.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pawl {

struct sign_up_request {
    std::string email;
    std::optional<std::string> username; // absent: the email
    secret_string password;
    std::string first_name;
    std::string surname;
};

struct profile_change { // absent members stay as they are
    std::optional<std::string> username;
    std::optional<std::string> first_name;
    std::optional<std::string> surname;
};

class account_service {
public:
    explicit account_service(service_context context) : context_(std::move(context)) {}

    // By the policy (core/account/sign_up_policy.hpp): a user, or one who waits for an operator. sign_up_closed,
    // domain_not_allowed, validation_failed with fields (also where a password is chosen by link alone), email_taken,
    // username_taken, too_many_attempts, password_queue_full, hash_memory_unavailable, mail_queue_full,
    // storage_unavailable.
    task<result<user_ptr>> sign_up(sign_up_request request, caller from);
    task<result<user_ptr>> change_profile(principal who, profile_change change, caller from);
    // Every other family of the user ends with the same record. wrong_password, validation_failed, too_many_attempts
    // ...
    task<result<void>> change_password(principal who, secret_string current, secret_string desired, caller from);
    // The account and its families are gone. wrong_password, too_many_attempts ...
    task<result<void>> remove(principal who, secret_string current, caller from);

    // Of an operator, one fact at a time (admin_service does more, and says who did it): user_not_found,
    // storage_unavailable. Disabling ends every family; enabling revives none.
    task<result<user_ptr>> set_enabled(user_id id, bool enabled);
    task<result<user_ptr>> set_superuser(user_id id, bool is_superuser);
    task<result<user_ptr>> set_roles(user_id id, std::vector<std::string> roles);

private:
    service_context context_;
};

} // namespace pawl
