// What operators do with links: invitations, and mails to users.
#include "core/service/durable_answer.hpp"
#include "core/service/link_parts.hpp"
#include "core/service/link_service.hpp"
#include "core/service/mail_cause.hpp"
#include "core/service/user_change.hpp"
#include "core/service/validation.hpp"
#include "core/user/names.hpp"

#include <utility>

namespace pawl {

namespace {

result<user> invited_user(const invitation& wanted, timestamp now) {
    validation checks;
    std::string why;
    user u;
    u.email = checks.accept("email", check_email(wanted.email, why), why);
    u.username = u.email;
    check_roles(checks, wanted.roles);
    u.roles = wanted.roles;
    if (checks.failed()) {
        return checks.take();
    }
    u.pending_approval = true;
    u.created_at = now;
    u.gate.enabled = false;
    u.gate.reason = gate_reason::disabled;
    u.gate.changed_at = now;
    return u;
}

} // namespace

// The link itself, for the operator who passes it on: it proves no mailbox.
result<operators_link> link_service::shown_link(mail_kind kind, const user_ptr& u, seconds life) {
    mail_link link;
    link.purpose = kind == mail_kind::invite ? link_purpose::invite : link_purpose::reset_password;
    link.issued = context_.time.now();
    link.life = life;
    link.mailed = false;
    operators_link out;
    out.user = u;
    out.expires_at = link.issued + life;
    const std::optional<secret_string> capsule =
        seal_link(*context_.keys()->capsules, std::move(link), *u, context_.entities->history_mark(), context_.random);
    if (!capsule) {
        return errc::link_invalid;
    }
    out.url = url_of(*capsule);
    return out;
}

task<result<operators_link>> link_service::invite(operator_caller by, invitation wanted) {
    result<user> checked = invited_user(wanted, context_.time.now());
    if (!checked) {
        co_return checked.error();
    }
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    auto created = std::make_shared<user>(*std::move(checked));
    const seconds life = wanted.life > seconds(0) ? wanted.life : life_of(link_purpose::invite);
    std::vector<mail> mails;
    if (!context_.settings.shows_links) {
        mail_wish wish = wish_for(mail_kind::invite, *created, by.from);
        wish.life = life;
        wish.body = {}; // the operator's place is not the user's business
        result<mail> made = mails_.make(wish);
        if (!made) {
            co_return made.error();
        }
        mails.push_back(*std::move(made));
    }
    const result<store::insert_user_result> inserted = context_.data.insert_user(*created, mails);
    if (!inserted) {
        co_return inserted.error();
    }
    if (inserted->email_taken || inserted->username_taken) {
        task<failure> refused = refusal(context_.data, errc::email_taken, inserted->wait_for);
        co_return co_await std::move(refused);
    }
    created->id = inserted->id;
    const ticket noted = record_act(context_, by, event_kind::invited, created->id, family_id{}, {});
    task<result<void>> accepted = acceptance(context_.data, later(inserted->wait_for, noted));
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    if (context_.settings.shows_links) {
        co_return shown_link(mail_kind::invite, created, life);
    }
    operators_link out;
    out.user = std::move(created);
    out.expires_at = out.user->created_at + life;
    co_return out;
}

task<result<void>> link_service::withdraw_invitation(operator_caller by, user_id id) {
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        if (std::optional<failure> refused = no_operator(context_, by)) {
            return *std::move(refused);
        }
        if (!is_invited(u)) {
            return errc::user_not_found;
        }
        make_tombstone(u, context_.time.now());
        return user_edit::replace;
    };
    user_change change = change_user(context_.data, id, edit);
    if (change.replaced) {
        change.wait_for =
            later(change.wait_for, record_act(context_, by, event_kind::user_removed, id, family_id{}, {}));
    }
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    const result<user_ptr> settled = co_await std::move(settling);
    if (!settled) {
        co_return settled.error();
    }
    co_return result<void>();
}

task<result<operators_link>> link_service::send_reset(operator_caller by, user_id id) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const user_ptr u = context_.data.find_user(id);
    if (!u) {
        co_return errc::user_not_found;
    }
    result<ticket> rests = context_.data.observe_user(u->id, u->version);
    if (!u->gate.enabled) {
        task<failure> refusing = refusal(context_.data, errc::user_not_found, rests);
        co_return co_await std::move(refusing);
    }
    operators_link out;
    out.user = u;
    if (context_.settings.shows_links) {
        result<operators_link> shown = shown_link(mail_kind::reset_password, u, life_of(link_purpose::reset_password));
        if (!shown) {
            co_return shown.error();
        }
        out = *std::move(shown);
    } else if (rests) {
        const ticket seen = *rests;
        mail_wish wish = wish_for(mail_kind::reset_password, *u, caller{});
        out.expires_at = context_.time.now() + wish.life;
        rests = mails_.send(wish);
        rests = rests ? result<ticket>(later(seen, *rests)) : rests;
    }
    if (rests) {
        rests = later(*rests, record_act(context_, by, event_kind::user_changed, id, family_id{}, "reset link"));
    }
    task<result<void>> accepted = acceptance(context_.data, rests);
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    co_return out;
}

task<result<void>> link_service::send_verification(operator_caller by, user_id id) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const user_ptr u = context_.data.find_user(id);
    if (!u) {
        co_return errc::user_not_found;
    }
    result<ticket> rests = context_.data.observe_user(u->id, u->version);
    if (!u->gate.enabled || u->email_verified) {
        const errc why = u->gate.enabled ? errc::already_verified : errc::user_not_found;
        task<failure> refusing = refusal(context_.data, why, rests);
        co_return co_await std::move(refusing);
    }
    if (rests) {
        const ticket seen = *rests;
        rests = mails_.send(wish_for(mail_kind::verify_email, *u, caller{}));
        rests = rests ? result<ticket>(later(seen, *rests)) : rests;
    }
    task<result<void>> accepted = acceptance(context_.data, rests);
    co_return co_await std::move(accepted);
}

} // namespace pawl
