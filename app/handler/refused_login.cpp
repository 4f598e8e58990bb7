#include "app/handler/refused_login.hpp"

#include "app/http/errors.hpp"
#include "app/process/logging.hpp"
#include "core/user/names.hpp"

#include <chrono>
#include <string>

namespace pawl::app {

bool line_budget::take(std::int64_t second) noexcept {
    if (second_.exchange(second, std::memory_order_relaxed) != second) {
        taken_.store(0, std::memory_order_relaxed); // threads that meet here give a line or two more
    }
    return taken_.fetch_add(1, std::memory_order_relaxed) < per_second_;
}

void log_refused_login(const app_context& context, const http_request& request, std::string_view typed_name,
                       const failure& why) {
    static line_budget throttled(throttled_lines_max);
    if (context.log == nullptr || (why.code != errc::login_failed && why.code != errc::too_many_attempts)) {
        return;
    }
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    if (why.code == errc::too_many_attempts &&
        !throttled.take(std::chrono::duration_cast<std::chrono::seconds>(now).count())) {
        return;
    }
    const std::string address = to_text(request.from.address);
    const std::string_view code = row_of(why.code).code;
    const user_ptr holder = context.data.find_user_by_login(fold_login_name(typed_name));
    if (holder) {
        context.log->warn(
            "login.refused",
            {{"address", address}, {"code", code}, {"user_id", holder->id.value}, {"username", holder->username}});
    } else {
        context.log->warn("login.refused", {{"address", address}, {"code", code}});
    }
}

} // namespace pawl::app
