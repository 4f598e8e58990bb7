// A line of the log for each refused login, for fail2ban and its like (docs/operations.md).
#pragma once

#include "app/http/context.hpp"
#include "app/http/message.hpp"
#include "core/failure.hpp"

#include <atomic>
#include <cstdint>
#include <string_view>

namespace pawl::app {

// Attempts refused by a limit cost no password hash, so a flood of them is bounded here: lines a second.
inline constexpr unsigned throttled_lines_max = 10;

// "login.refused" with address, code, and the account where there is one of that name. What was typed is not logged
// where there is none: people type passwords there. Other refusals than login_failed and too_many_attempts are no
// attempts, and leave no line. Any thread.
void log_refused_login(const app_context& context, const http_request& request, std::string_view typed_name,
                       const failure& why);

// At most `per_second` in each second of the steady clock. Any thread.
class line_budget {
public:
    explicit line_budget(unsigned per_second) : per_second_(per_second) {}
    bool take(std::int64_t second) noexcept;

private:
    const unsigned per_second_;
    std::atomic<std::int64_t> second_{0};
    std::atomic<unsigned> taken_{0};
};

} // namespace pawl::app
