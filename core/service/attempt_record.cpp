#include "core/service/attempt_record.hpp"

#include "core/service/durable_answer.hpp"

#include <string>

namespace pawl {

std::string unrecorded_text(const unrecorded_attempts& before, std::string_view what) {
    if (before.of_account == 0 && before.of_others == 0) {
        return {};
    }
    return "unrecorded before: " + std::to_string(before.of_account) + " of this " + std::string(what) + ", " +
           std::to_string(before.of_others) + " of others";
}

void record_attempt(const service_context& context, event_kind kind, std::string_view account, const user_ptr& holder,
                    const caller& from) {
    const std::optional<unrecorded_attempts> before = context.limiter.worth_recording(kind, account);
    if (!before) {
        return;
    }
    security_event event;
    event.kind = kind;
    event.user = holder ? holder->id : user_id{};
    event.presented = use_of(from, context.time.now());
    event.about = unrecorded_text(*before, "account");
    static_cast<void>(context.data.append_event(event));
}

} // namespace pawl
