// What commands about a user share.
#pragma once

#include "tools/client/admin_client.hpp"

#include <string>

namespace pawl::tools {

// How a user was named on the command line: digits are an id and never anything else, "name:5" is the email or username
// "5", all other text is an email or username as it stands.
struct named_user {
    bool by_id = false;
    std::string text; // the id's digits, or the email or username
};
named_user read_user_name(const std::string& given);

// The admin-user that `name` means, as read_user_name() takes it. Throws tool_error (1) if there is none.
boost::json::value find_user(admin_client& server, const std::string& name);

// "7 (ann@example.com)", for questions and notes.
std::string call_by_name(const boost::json::value& user);

// "/admin/users/7".
std::string path_of_user(const boost::json::value& user);

} // namespace pawl::tools
