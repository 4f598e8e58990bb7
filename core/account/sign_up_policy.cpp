#include "core/account/sign_up_policy.hpp"

#include "core/user/names.hpp"

#include <algorithm>
#include <array>

namespace pawl {

namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(last_sign_up_mode) + 1> words{
    "open", "confirm", "approve", "invite", "closed"};

std::string_view domain_of(std::string_view email) {
    return email.substr(email.rfind('@') + 1);
}

bool allows(const sign_up_domain& rule, std::string_view domain) {
    if (!rule.below) {
        return domain == rule.name;
    }
    return domain.size() > rule.name.size() + 1 && domain.ends_with(rule.name) &&
           domain[domain.size() - rule.name.size() - 1] == '.';
}

} // namespace

std::string_view to_text(sign_up_mode mode) noexcept {
    return words[static_cast<std::size_t>(mode)];
}

std::optional<sign_up_mode> sign_up_mode_from_text(std::string_view word) noexcept {
    const auto* const found = std::ranges::find(words, word);
    return found == words.end() ? std::nullopt : std::optional(static_cast<sign_up_mode>(found - words.begin()));
}

std::optional<sign_up_domain> sign_up_domain_from_text(std::string_view text) {
    constexpr std::string_view any_label = "*.";
    sign_up_domain out;
    out.below = text.starts_with(any_label);
    text.remove_prefix(out.below ? any_label.size() : 0);
    std::string why;
    if (!check_email("a@" + std::string(text), why)) { // what no address has allows none
        return std::nullopt;
    }
    out.name = fold_login_name(text);
    return out;
}

bool is_of_allowed_domain(const sign_up_policy& policy, std::string_view email) {
    const std::string folded = fold_login_name(email);
    const std::string_view domain = domain_of(folded);
    return policy.domains.empty() ||
           std::ranges::any_of(policy.domains, [&](const sign_up_domain& rule) { return allows(rule, domain); });
}

sign_up_decision decide_sign_up(const sign_up_policy& policy, sign_up_way way, std::string_view email) {
    if (policy.mode == sign_up_mode::invite || policy.mode == sign_up_mode::closed) {
        return sign_up_decision::sign_up_closed; // a link of the time before, too
    }
    const bool mails_links = policy.mode == sign_up_mode::confirm;
    if (way != sign_up_way::link && mails_links != (way == sign_up_way::address)) {
        return mails_links ? sign_up_decision::address_alone : sign_up_decision::password_too;
    }
    if (!is_of_allowed_domain(policy, email)) {
        return sign_up_decision::domain_not_allowed;
    }
    if (way == sign_up_way::address) {
        return sign_up_decision::send_link;
    }
    return policy.mode == sign_up_mode::approve ? sign_up_decision::make_pending : sign_up_decision::make;
}

bool awaits_approval(const user& u) {
    return u.pending_approval && !u.gate.enabled && !u.password_hash.empty() && !u.deleted;
}

admission admission_of(const user& u, const sign_up_policy& policy) {
    if (awaits_approval(u)) {
        return admission::approval_pending;
    }
    return policy.wants_verified_email && !u.email_verified ? admission::email_not_verified : admission::granted;
}

} // namespace pawl
