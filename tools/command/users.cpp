#include "tools/command/users.hpp"

#include "tools/json_view.hpp"

#include <boost/json/serialize.hpp>

namespace pawl::tools {

namespace {

constexpr unsigned status_not_found = 404;
constexpr std::string_view name_prefix = "name:"; // no email address has a colon

[[noreturn]] void refuse_unknown(const named_user& user) {
    boost::json::object problem;
    problem["type"] = "about:blank";
    problem["title"] = "Not Found";
    problem["status"] = status_not_found;
    problem["detail"] = user.by_id ? "There is no user with this id." : "There is no user with this email or username.";
    problem["code"] = "user_not_found";
    const std::string shown = clean(user.text);
    throw tool_error(exit_refused,
                     user.by_id ? "there is no user of the id " + shown +
                                      "; a name of digits is written name:" + shown + " (user_not_found)"
                                : "there is no user \"" + shown + "\" (user_not_found)",
                     boost::json::serialize(problem));
}

} // namespace

named_user read_user_name(const std::string& given) {
    if (given.starts_with(name_prefix)) {
        return {false, given.substr(name_prefix.size())};
    }
    return {!given.empty() && given.find_first_not_of("0123456789") == std::string::npos, given};
}

boost::json::value find_user(admin_client& server, const std::string& name) {
    using enum app::http_method;
    const named_user wanted = read_user_name(name);
    if (wanted.by_id) {
        const std::string target = "/admin/users/" + wanted.text;
        if (server.call(get, target, {}).status == status_not_found) {
            refuse_unknown(wanted);
        }
        return ask(server, get, target);
    }
    const boost::json::value found = ask(server, get, "/admin/users?login=" + encoded(wanted.text));
    const boost::json::array& users = list_of(found, "users");
    if (users.empty()) {
        refuse_unknown(wanted);
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
