#include "core/service/link_parts.hpp"

#include "core/service/durable_answer.hpp"
#include "core/user/names.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

capsule_outcome outcome_of(link_decision decision) {
    switch (decision) {
    case link_decision::good:
        return capsule_outcome::good;
    case link_decision::link_expired:
        return capsule_outcome::expired;
    case link_decision::link_used:
    case link_decision::already_done:
        return capsule_outcome::used;
    case link_decision::link_invalid:
        break;
    }
    return capsule_outcome::invalid;
}

} // namespace

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

void make_pending(user& u) {
    u.pending_approval = true;
    u.gate.enabled = false;
    u.gate.reason = gate_reason::disabled;
    u.gate.changed_at = u.created_at;
}

std::optional<failure> ask_for_proof(const service_context& context, const user& u, const caller& from,
                                     std::vector<mail>& mails) {
    if (!context.settings.sign_up.wants_verified_email || u.email_verified || context.mails == nullptr) {
        return std::nullopt;
    }
    result<mail> made = context.mails->make(wish_for(mail_kind::verify_email, u, from));
    if (!made) {
        return made.error();
    }
    mails.push_back(*std::move(made));
    return std::nullopt;
}

void count_link(const service_context& context, link_purpose wanted, link_decision decision) {
    static_assert(static_cast<std::uint8_t>(checked_capsule::invite) + 1 == link_purpose_max);
    const auto what = static_cast<checked_capsule>(static_cast<std::uint8_t>(wanted) - 1);
    context.counters.checks.capsules.count(what, outcome_of(decision));
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
