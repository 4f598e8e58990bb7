#include "core/service/link_parts.hpp"

#include "core/service/durable_answer.hpp"
#include "core/user/names.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

failure failure_of(link_decision why) {
    switch (why) {
    case link_decision::link_expired:
        return {errc::link_expired};
    case link_decision::link_used:
        return {errc::link_used};
    default:
        return {errc::link_invalid};
    }
}

ticket record_by_link(const service_context& context, event_kind kind, user_id id, const caller& from,
                      std::string about) {
    security_event event;
    event.kind = kind;
    event.user = id;
    event.by = id;
    event.presented = use_of(from, context.time.now());
    event.about = std::move(about);
    return context.data.append_event(event);
}

void move_address(user& u, const std::string& to, timestamp now) {
    const bool username_follows = fold_login_name(u.username) == fold_login_name(u.email);
    u.email = to;
    u.username = username_follows ? to : u.username;
    u.email_verified = true;
    u.email_verified_at = now;
}

std::optional<failure> keep_as_former(user& u, timestamp now) {
    forget_former(u, u.email, now);
    if (u.former_addresses.size() >= former_addresses_max) {
        const auto first = std::ranges::min_element(u.former_addresses, {}, &former_address::until);
        return failure(errc::too_many_attempts, first->until - now);
    }
    u.former_addresses.push_back({u.email, now + former_address_life});
    return std::nullopt;
}

void forget_former(user& u, const std::string& address, timestamp now) {
    const std::string folded = fold_login_name(address);
    std::erase_if(u.former_addresses,
                  [&](const former_address& a) { return a.until <= now || fold_login_name(a.email) == folded; });
}

} // namespace pawl
