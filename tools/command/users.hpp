// What commands about a user share.
#pragma once

#include "tools/admin_client.hpp"

#include <string>

namespace pawl::tools {

// The admin-user that `name` means: an id where it is all digits and there is such a user, else an email or username.
// Throws tool_error (1) where there is none.
boost::json::value find_user(admin_client& server, const std::string& name);

// "7 (ann@example.com)", for questions and notes.
std::string call_by_name(const boost::json::value& user);

// "/admin/users/7".
std::string path_of_user(const boost::json::value& user);

} // namespace pawl::tools
