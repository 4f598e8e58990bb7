#include "core/service/link_service.hpp"

#include "core/service/durable_answer.hpp"
#include "core/service/link_parts.hpp"
#include "core/service/mail_cause.hpp"
#include "core/service/user_change.hpp"
#include "core/service/validation.hpp"
#include "core/throttle/network.hpp"
#include "core/user/names.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace pawl {

namespace {

constexpr std::optional<link_purpose> purpose_of(mail_kind kind) {
    switch (kind) {
    case mail_kind::verify_email:
        return link_purpose::verify_email;
    case mail_kind::reset_password:
        return link_purpose::reset_password;
    case mail_kind::change_email:
        return link_purpose::change_email;
    case mail_kind::undo_email:
        return link_purpose::undo_email;
    case mail_kind::sign_up:
        return link_purpose::sign_up;
    case mail_kind::invite:
        return link_purpose::invite;
    default:
        return std::nullopt;
    }
}
constexpr bool is_about_an_address(link_purpose purpose) {
    return purpose == link_purpose::change_email || purpose == link_purpose::undo_email ||
           purpose == link_purpose::sign_up;
}

// What an account had before its address was proven may be a stranger's.
void drop_what_was_before(user& u) {
    u.attributes.clear();
    u.factors.clear();
    u.former_addresses.clear();
    u.must_change_password = false;
}

void give_password(user& u, const mail_link& link, const std::string& hashed, timestamp now) {
    if (link.mailed && !u.email_verified) {
        drop_what_was_before(u);
        u.email_verified = true;
        u.email_verified_at = now;
    }
    u.password_hash = hashed;
    u.password_changed_at = now;
    u.must_change_password = false;
    ++u.factor_epoch;
    close_gate(u, gate_reason::password_change, family_id{}, now);
}

// The mailbox is one factor, so an account that has a second one is not taken over by the mailbox alone. Until its
// address is proven the factors may be a stranger's: they go with the reset.
bool wants_factor_for_reset(const service_context& context, const mail_link& link, const user& u) {
    const bool is_first_proof = link.mailed && !u.email_verified;
    return !is_first_proof && has_second_factor(u) && context.settings.require_factor != factor_policy::none;
}

} // namespace

mail_wish wish_for(mail_kind kind, const user& u, const caller& from) {
    mail_wish wish;
    wish.kind = kind;
    wish.user = u.id;
    wish.address = u.email;
    wish.lang = u.locale;
    const std::optional<link_purpose> purpose = purpose_of(kind);
    if (purpose) {
        wish.life = life_of(*purpose);
        if (*purpose != link_purpose::undo_email && *purpose != link_purpose::sign_up) {
            wish.state_tag = state_tag(*purpose, u);
        }
    }
    const bool names_address = kind == mail_kind::verify_email;
    wish.body = cause_of(from, names_address ? u.email : std::string());
    return wish;
}

std::string link_service::url_of(const secret_string& capsule) const {
    return context_.settings.issuer + "/l/" + std::string(capsule.reveal());
}

std::optional<std::string> link_service::link_for(const mail& m, const user_ptr& u) const {
    const std::optional<link_purpose> purpose = purpose_of(m.kind);
    if (!purpose) {
        return std::string();
    }
    const std::uint64_t mark = context_.entities->history_mark();
    const key_ring_ptr keys = context_.keys();
    const capsule_ring& ring = *keys->capsules;
    mail_link link;
    link.purpose = *purpose;
    link.issued = m.wanted_at;
    link.life = m.expires_at - m.wanted_at;
    link.address = is_about_an_address(*purpose) ? m.address : std::string();
    std::optional<secret_string> capsule;
    if (*purpose == link_purpose::sign_up) {
        capsule = seal_link(ring, link, mark, context_.random);
    } else {
        const bool may_have_it = u && (u->gate.enabled || *purpose == link_purpose::invite);
        const bool moved = u && (*purpose == link_purpose::undo_email ? m.wanted_at <= u->undo_floor
                                                                      : state_tag(*purpose, *u) != m.state_tag);
        if (!may_have_it || moved) {
            return std::nullopt;
        }
        capsule = seal_link(ring, std::move(link), *u, mark, context_.random);
    }
    return capsule ? std::optional(url_of(*capsule)) : std::nullopt;
}

// --- Links that come back.

std::optional<opened_link> link_service::open(const secret_string& capsule) const {
    return open_link(*context_.keys()->capsules, capsule.reveal(), context_.entities->history_mark());
}

link_decision link_service::decide(const opened_link& shown, link_purpose wanted, const user& u) const {
    const bool in_use = u.gate.enabled || wanted == link_purpose::invite;
    const link_decision decision = decide_link(*context_.keys()->capsules, shown, wanted, &u, context_.time.now());
    return in_use || decision == link_decision::link_invalid ? decision : link_decision::link_used;
}

link_service::looked link_service::look(std::string_view capsule) const {
    looked out;
    const std::optional<opened_link> shown = open(secret_string(capsule));
    if (!shown) {
        return out;
    }
    out.purpose = shown->link.purpose;
    const user_ptr u = context_.data.find_user(shown->link.user);
    if (u) {
        out.decision = decide(*shown, out.purpose, *u);
    } else if (out.purpose == link_purpose::sign_up) {
        out.decision = decide_address(*shown);
    } else {
        out.decision = decide_link(*context_.keys()->capsules, *shown, out.purpose, nullptr, context_.time.now());
    }
    out.address = u && shown->link.address.empty() ? u->email : shown->link.address;
    out.wants_factor =
        u && out.purpose == link_purpose::reset_password && wants_factor_for_reset(context_, shown->link, *u);
    return out;
}

task<failure> link_service::refused(link_decision why, const user_ptr& u) {
    const failure said = failure_of(why);
    if (!u) {
        co_return said;
    }
    task<failure> refusing = refusal(context_.data, said, context_.data.observe_user(u->id, u->version));
    co_return co_await std::move(refusing);
}

task<result<link_service::held_link>> link_service::hold(const secret_string& capsule, link_purpose wanted) {
    std::optional<opened_link> shown = open(capsule);
    if (!shown || shown->link.purpose != wanted) {
        count_link(context_, wanted, link_decision::link_invalid);
        co_return errc::link_invalid;
    }
    held_link out;
    out.user = context_.data.find_user(shown->link.user);
    out.shown = *std::move(shown);
    const link_decision decision = out.user ? decide(out.shown, wanted, *out.user) : link_decision::link_used;
    out.done = decision == link_decision::already_done;
    count_link(context_, wanted, decision);
    if (decision != link_decision::good && !out.done) {
        task<failure> refusing = refused(decision, out.user);
        co_return co_await std::move(refusing);
    }
    co_return out;
}

// --- Reset.

// Whether a mail may go to that address, which counts it. `u`: whose it is, or null.
bool link_service::may_be_sent(const user* u, std::string_view folded, const caller& from) {
    std::optional<peer_address> familiar;
    if (u != nullptr && from.address != peer_address{}) {
        const peer_address network = network_of(from.address);
        const std::vector<family_details> sessions = context_.data.living_families_of(u->id, context_.time.now());
        if (std::ranges::any_of(sessions, [&](const family_details& f) {
                return network_of(f.last_use.address) == network && alive(f.state, context_.time.now());
            })) {
            familiar = from.address;
        }
    }
    return limiter_.take_of_address(folded, familiar);
}

task<result<void>> link_service::forgot(std::string email, caller from) {
    if (std::optional<failure> no_mail = mails_.why_not()) {
        co_return *std::move(no_mail);
    }
    std::string why;
    if (!check_email(email, why)) {
        validation checks;
        checks.refuse("email", why);
        co_return checks.take();
    }
    if (const std::optional<seconds> wait = limiter_.take_of_network(from.address)) {
        co_return failure(errc::too_many_attempts, *wait);
    }
    const std::string folded = fold_login_name(email);
    const user_ptr u = context_.data.find_user_by_login(folded);
    const bool allowed = may_be_sent(u.get(), folded, from);
    // One record either way, and one wait: the time tells nothing.
    result<ticket> rests = ticket::none;
    if (u && u->gate.enabled && allowed) {
        rests = mails_.send(wish_for(mail_kind::reset_password, *u, from));
    } else {
        rests = record_by_link(context_, event_kind::reset_refused, u ? u->id : user_id{}, from, {});
    }
    task<result<void>> accepted = acceptance(context_.data, rests);
    co_return co_await std::move(accepted);
}

task<result<void>> link_service::withdraw_consents(user_id id, const caller& from) {
    for (const consent_ptr& c : consents_.of_user(id)) {
        task<result<void>> withdrawing = consents_.withdraw(id, c->client, from, std::nullopt);
        const result<void> done = co_await std::move(withdrawing);
        if (!done && done.error().code != errc::consent_not_found) {
            co_return done.error();
        }
    }
    co_return result<void>();
}

task<result<ticket>> link_service::prove_for_reset(const user_ptr& owner, shown_codes codes, const caller& from) {
    if (codes.empty()) {
        task<failure> refusing =
            refusal(context_.data, errc::second_factor_required, context_.data.observe_user(owner->id, owner->version));
        co_return co_await std::move(refusing);
    }
    task<result<accepted_factor>> proving = prove_factor(context_, owner, std::move(codes), from);
    const result<accepted_factor> proven = co_await std::move(proving);
    co_return proven ? result<ticket>(proven->wait_for) : result<ticket>(proven.error());
}

task<result<void>> link_service::reset(secret_string capsule, secret_string desired, shown_codes codes, caller from) {
    task<result<held_link>> holding = hold(capsule, link_purpose::reset_password);
    result<held_link> held = co_await std::move(holding);
    if (!held) {
        co_return held.error();
    }
    const user& now_there = *held->user;
    if (const std::optional<std::string> weak =
            check_new_password(desired.reveal(), context_.settings.passwords, now_there.email, now_there.username)) {
        validation checks;
        checks.refuse("new_password", *weak);
        co_return checks.take();
    }
    const bool is_factor_wanted = wants_factor_for_reset(context_, held->shown.link, now_there);
    ticket code_used = ticket::none;
    if (is_factor_wanted) {
        task<result<ticket>> proving = prove_for_reset(held->user, std::move(codes), from);
        const result<ticket> proven = co_await std::move(proving);
        if (!proven) {
            co_return proven.error();
        }
        code_used = *proven;
    }
    secret_string normalized = normalize_password(desired.reveal());
    task<result<std::string>> hashing = context_.hasher.hash(std::move(normalized));
    const result<std::string> hashed = co_await std::move(hashing);
    if (!hashed) {
        co_return hashed.error();
    }
    const bool first_proof = held->shown.link.mailed && !now_there.email_verified;
    if (first_proof) { // first, so that no crash leaves them behind
        task<result<void>> withdrawing = withdraw_consents(now_there.id, from);
        const result<void> withdrawn = co_await std::move(withdrawing);
        if (!withdrawn) {
            co_return withdrawn.error();
        }
    }
    const opened_link& shown = held->shown;
    const mailing_edit_function edit = [&](user& u, std::vector<mail>& mails) -> result<user_edit> {
        if (const link_decision d = decide(shown, link_purpose::reset_password, u); d != link_decision::good) {
            return failure_of(d);
        }
        if (!is_factor_wanted && wants_factor_for_reset(context_, shown.link, u)) { // added meanwhile
            return errc::second_factor_required;
        }
        give_password(u, shown.link, *hashed, context_.time.now());
        add_notice(context_, mail_kind::password_changed, u, from, mails);
        return user_edit::replace;
    };
    user_change change = change_user(context_.data, now_there.id, edit);
    change.wait_for = later(change.wait_for, code_used);
    if (change.replaced) {
        change.wait_for =
            later(change.wait_for, record_by_link(context_, event_kind::password_reset, now_there.id, from, {}));
        change.wait_for = later(change.wait_for, record_revocation(context_, now_there.id, from));
    }
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    const result<user_ptr> settled = co_await std::move(settling);
    if (!settled) {
        co_return settled.error().code == errc::user_not_found ? failure(errc::link_used) : settled.error();
    }
    co_return result<void>();
}

} // namespace pawl
