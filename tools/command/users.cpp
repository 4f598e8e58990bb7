#include "tools/command/users.hpp"

#include "tools/json_view.hpp"

#include <boost/json/serialize.hpp>

namespace pawl::tools {

namespace {

constexpr unsigned status_not_found = 404;
constexpr std::size_t id_digits_max = 19;

bool is_id(const std::string& name) {
    return !name.empty() && name.size() <= id_digits_max && name.find_first_not_of("0123456789") == std::string::npos;
}

} // namespace

boost::json::value find_user(admin_client& server, const std::string& name) {
    using enum app::http_method;
    if (is_id(name)) {
        const std::string target = "/admin/users/" + name;
        if (server.call(get, target, {}).status != status_not_found) {
            return ask(server, get, target);
        }
    }
    const boost::json::value found = ask(server, get, "/admin/users?login=" + encoded(name));
    const boost::json::array& users = list_of(found, "users");
    if (users.empty()) {
        boost::json::object problem;
        problem["type"] = "about:blank";
        problem["title"] = "Not Found";
        problem["status"] = status_not_found;
        problem["detail"] = "There is no user with this id, email or username.";
        problem["code"] = "user_not_found";
        throw tool_error(exit_refused, "there is no user \"" + clean(name) + "\" (user_not_found)",
                         boost::json::serialize(problem));
    }
    return users.front();
}

std::string call_by_name(const boost::json::value& user) {
    return text_of(user, "id") + " (" + text_of(user, "email") + ")";
}

std::string path_of_user(const boost::json::value& user) {
    return "/admin/users/" + encoded(text_of(user, "id"));
}

} // namespace pawl::tools
