// What the owner of an account is told of it: what happened, and a copy of all. Of the pages and of the API alike.
#pragma once

#include "app/handler/support.hpp"
#include "core/service/factor_service.hpp"
#include "core/service/happening.hpp"

#include <string>
#include <vector>

namespace pawl::app {

// The facts that what happened is told from. storage_unavailable, invalid_access_token where the account is gone. Each
// awaited directly.
struct told_account {
    told_factors factors;
    std::vector<family_details> sessions, ended; // that live; and that ended, as far as they are kept
};
task<result<told_account>> tell_account(app_context& context, principal who);
std::vector<happening> happened_to(const user& u, const told_account& told); // newest first

// The JSON that /users/me/data and the page /account/data give. reauthentication_required, too_many_attempts (10 a day
// of one user), operations_busy (4 at once of all); a refused one does not count.
task<result<std::string>> copy_account(app_context& context, account_owner owner);

} // namespace pawl::app
