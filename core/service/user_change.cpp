#include "core/service/user_change.hpp"

#include "core/family/decide.hpp"
#include "core/service/durable_answer.hpp"

#include <memory>
#include <utility>

namespace pawl {

namespace {

user_change refused_change(failure why, ticket wait_for = ticket::none) {
    user_change change;
    change.refused = std::move(why);
    change.wait_for = wait_for;
    return change;
}

// An outcome that changes nothing rests on the record it was decided on.
user_change unchanged(store& data, const user_ptr& current, std::optional<failure> refused) {
    const result<ticket> rests = data.observe_user(current->id, current->version);
    if (!rests) {
        return refused_change(rests.error());
    }
    user_change change;
    change.record = refused ? nullptr : current;
    change.refused = std::move(refused);
    change.wait_for = *rests;
    return change;
}

} // namespace

user_change change_user(store& data, user_id id, const user_edit_function& edit) {
    return change_user(data, id, [&](user& u, std::vector<mail>& /*none*/) { return edit(u); });
}

user_change change_user(store& data, user_id id, const mailing_edit_function& edit) {
    for (unsigned pass = 0; pass < conflicts_max; ++pass) {
        const user_ptr current = data.find_user(id);
        if (!current) {
            return refused_change(errc::user_not_found);
        }
        auto desired = std::make_shared<user>(*current);
        std::vector<mail> mails;
        const result<user_edit> edited = edit(*desired, mails);
        if (!edited) {
            return unchanged(data, current, edited.error());
        }
        if (*edited == user_edit::keep) {
            return unchanged(data, current, std::nullopt);
        }
        desired->version = current->version + 1;
        const result<store::replace_user_result> replaced = data.replace_user(*desired, mails);
        if (!replaced) {
            return refused_change(replaced.error());
        }
        if (replaced->username_taken) {
            return refused_change(errc::username_taken, replaced->wait_for);
        }
        if (replaced->email_taken) {
            return refused_change(errc::email_taken, replaced->wait_for);
        }
        if (replaced->outcome == exchange_outcome::gone) {
            return refused_change(errc::user_not_found, replaced->wait_for);
        }
        if (replaced->outcome == exchange_outcome::exchanged) {
            user_change change;
            change.record = std::move(desired);
            change.replaced = true;
            change.wait_for = replaced->wait_for;
            return change;
        }
    }
    return refused_change(storage_failure());
}

task<result<user_ptr>> settle(store& data, user_change change) {
    task<bool> wait = data.durable(change.wait_for);
    const bool stands = co_await std::move(wait);
    if (!stands) {
        co_return storage_failure();
    }
    if (change.refused) {
        co_return *change.refused;
    }
    co_return change.record;
}

void close_gate(user& u, gate_reason why, const family_id& survivor, timestamp now) {
    u.gate.raise_epoch();
    u.gate.survivor = survivor;
    u.gate.reason = why;
    u.gate.changed_at = now;
}

void make_tombstone(user& u, timestamp now) {
    u.email.clear();
    u.username.clear();
    u.first_name.clear();
    u.surname.clear();
    u.password_hash.clear();
    u.roles.clear();
    u.attributes.clear();
    u.former_addresses.clear();
    u.email_verified = false;
    u.is_superuser = false;
    u.locale.clear();
    u.factors.clear();
    u.next_factor = 0;
    u.factor_epoch = 0;
    u.password_changed_at = u.email_verified_at = u.undo_floor = timestamp{};
    u.must_change_password = u.pending_approval = u.no_notices = false;
    u.deleted = true;
    u.gate.enabled = false;
    close_gate(u, gate_reason::deleted, family_id{}, now);
}

std::optional<failure> not_admitted(const service_context& context, const principal& who, const user& current) {
    const std::optional<family_state> seen = context.data.find_family(who.session);
    if (seen && seen->facts.user == current.id &&
        alive(seen->word, seen->facts, current.gate, seen->bonds, context.time.now())) {
        return std::nullopt;
    }
    return failure(errc::invalid_access_token);
}

result<ticket> rests_on_session(const service_context& context, const principal& who) {
    const std::optional<family_state> seen = context.data.find_family(who.session);
    return seen ? rests_on(context, *seen) : result<ticket>(ticket::none);
}

ticket record_own_act(const service_context& context, event_kind kind, user_id id, const caller& from) {
    security_event event;
    event.kind = kind;
    event.user = id;
    event.by = id;
    event.presented = use_of(from, context.time.now());
    return context.data.append_event(event);
}

ticket record_revocation(const service_context& context, user_id id, const caller& from) {
    security_event event;
    event.kind = event_kind::sessions_revoked;
    event.user = id;
    event.presented = use_of(from, context.time.now());
    return context.data.append_event(event);
}

user_change change_own_user(const service_context& context, const principal& who, const user_edit_function& edit) {
    return change_own_user(context, who, [&](user& u, std::vector<mail>& /*none*/) { return edit(u); });
}

user_change change_own_user(const service_context& context, const principal& who, const mailing_edit_function& edit) {
    const mailing_edit_function admitted_edit = [&](user& u, std::vector<mail>& mails) -> result<user_edit> {
        if (std::optional<failure> refused = not_admitted(context, who, u)) {
            return *std::move(refused);
        }
        return edit(u, mails);
    };
    user_change change = change_user(context.data, who.user->id, admitted_edit);
    const bool gone = change.refused && change.refused->code == errc::user_not_found;
    const bool dead = change.refused && change.refused->code == errc::invalid_access_token;
    if (!gone && !dead) {
        return change;
    }
    change.refused = failure(errc::invalid_access_token);
    const result<ticket> rests = rests_on_session(context, who);
    if (!rests) {
        return refused_change(rests.error());
    }
    change.wait_for = later(change.wait_for, *rests);
    return change;
}

} // namespace pawl
