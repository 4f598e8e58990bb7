// Bodies and queries of /admin/* into what the services take. As in requests.hpp, all faults are reported at once.
#pragma once

#include "app/parameters.hpp"
#include "core/failure.hpp"
#include "core/ids.hpp"
#include "core/service/admin_service.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace pawl::app {

// email; password or password_hash; optional username, first_name, surname, roles, is_superuser, email_verified,
// enabled.
result<new_user> read_new_user(const parameters& body);
// Any of them.
result<user_changes> read_user_changes(const parameters& body);

// ?after=ID&limit=N, or ?login=NAME.
struct user_query {
    std::optional<std::string> login;
    user_id after;
    std::size_t limit = 100;
};
result<user_query> read_user_query(const parameters& query);

} // namespace pawl::app
