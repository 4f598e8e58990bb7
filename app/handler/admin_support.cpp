#include "app/handler/admin_support.hpp"

#include "app/handler/support.hpp"

#include <charconv>
#include <utility>

namespace pawl::app {

task<result<operator_caller>> authorise_operator(app_context& context, const http_request& request) {
    operator_caller by;
    by.from = request.from;
    if (request.from_admin_socket) {
        co_return by;
    }
    auto asking = authenticate(context, request);
    auto who = co_await std::move(asking);
    if (!who) {
        co_return who.error();
    }
    if (!who->user->is_superuser) {
        co_return errc::not_admin;
    }
    by.who = *std::move(who);
    co_return by;
}

http_response refuse_operator(const app_context& context, const http_request& request, const failure& why) {
    if (why.code == errc::session_not_found) {
        return problem_response(why, "There is no such session.");
    }
    return refuse(context, request, why);
}

std::optional<user_id> user_id_from_text(std::string_view text) {
    user_id id;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
    if (text.empty() || text.front() == '0' || error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return id;
}

} // namespace pawl::app
