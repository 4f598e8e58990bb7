#include "core/service/factor_service.hpp"

#include "core/capsule/capsule.hpp"
#include "core/factor/new_factor.hpp"
#include "core/factor/totp.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/factor_change.hpp"
#include "core/service/mail_cause.hpp"
#include "core/service/second_factor.hpp"
#include "core/service/user_change.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

namespace pawl {

namespace {

user_factor* find_factor(user& u, std::uint32_t number) {
    const auto at = std::ranges::find(u.factors, number, &user_factor::number);
    return at == u.factors.end() ? nullptr : &*at;
}

// Takes it away, and the recovery codes with the last of the others; devices that were remembered are forgotten.
void take_away(user& u, std::uint32_t number) {
    std::erase_if(u.factors, [&](const user_factor& f) { return f.number == number; });
    if (!has_second_factor(u)) {
        u.factors.clear();
    }
    ++u.factor_epoch;
}

struct read_factors {
    told_factors told;
    result<ticket> rests = ticket::none;
};
read_factors read(const service_context& context, const user& u) {
    read_factors out;
    out.rests = context.data.observe_user(u.id, u.version);
    for (const user_factor& f : u.factors) {
        const factor_state state = context.data.find_factor(u.id, f.number);
        if (out.rests) {
            out.rests = later(*out.rests, context.data.observe_factor(u.id, f.number));
        }
        if (f.kind == factor_kind::recovery) {
            const int used = std::popcount(recovery_word::of(state.word).used);
            out.told.recovery_left += static_cast<std::uint32_t>(std::max(0, f.count - used));
        }
        out.told.factors.push_back({f, state});
    }
    return out;
}

task<result<void>> without_value(task<result<user_ptr>> settling) {
    const result<user_ptr> settled = co_await std::move(settling);
    if (!settled) {
        co_return settled.error();
    }
    co_return result<void>();
}

task<result<told_factors>> told(const service_context& context, user_ptr owner) {
    read_factors out = read(context, *owner);
    task<result<void>> accepted = acceptance(context.data, out.rests);
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    co_return std::move(out.told);
}

} // namespace

task<result<told_factors>> factor_service::list(principal who) {
    task<result<told_factors>> telling = list(who.user->id);
    result<told_factors> out = co_await std::move(telling);
    if (!out && out.error().code == errc::user_not_found) {
        const result<ticket> gone = rests_on_session(context_, who);
        task<failure> refused = refusal(context_.data, errc::invalid_access_token, gone);
        co_return co_await std::move(refused);
    }
    co_return out;
}

task<result<told_factors>> factor_service::list(user_id id) {
    user_ptr owner = context_.data.find_user(id);
    if (!owner) {
        co_return errc::user_not_found;
    }
    task<result<told_factors>> telling = told(context_, std::move(owner));
    co_return co_await std::move(telling);
}

task<result<new_recovery>> factor_service::make_recovery(account_owner asker, caller from) {
    const principal& who = asker.who;
    task<result<user_ptr>> asking = recent_owner(context_, asker);
    const result<user_ptr> owner = co_await std::move(asking);
    if (!owner) {
        co_return owner.error();
    }
    const key_ring_ptr keys = context_.keys();
    new_recovery out;
    out.facts = new_recovery_set(keys->capsules->sealing_id(), context_.random);
    out.facts.created_at = context_.time.now();
    const mailing_edit_function edit = [&](user& u, std::vector<mail>& mails) -> result<user_edit> {
        std::erase_if(u.factors, [](const user_factor& f) { return f.kind == factor_kind::recovery; });
        if (!has_room_for_factor(u)) {
            return errc::too_many_factors;
        }
        out.facts.number = ++u.next_factor;
        u.factors.push_back(out.facts);
        add_notice(context_, mail_kind::factor_added, u, from, mails, notice_about(out.facts));
        return user_edit::replace;
    };
    user_change change = change_own_user(context_, who, edit);
    task<result<user_ptr>> settling =
        settle_factor_change(context_, std::move(change), event_kind::factor_added, about_factor(out.facts), from);
    const result<user_ptr> settled = co_await std::move(settling);
    if (!settled) {
        co_return settled.error();
    }
    for (std::uint8_t i = 0; i < out.facts.count; ++i) {
        out.codes.push_back(recovery_code(*keys->capsules, who.user->id, out.facts, i).value_or(secret_string()));
    }
    co_return out;
}

task<result<void>> factor_service::rename(principal who, std::uint32_t factor, std::string name, caller from) {
    const result<std::string> checked = checked_factor_name(name);
    if (!checked) {
        co_return checked.error();
    }
    task<result<user_ptr>> asking = recent_owner(context_, who);
    const result<user_ptr> owner = co_await std::move(asking);
    if (!owner) {
        co_return owner.error();
    }
    std::string about;
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        user_factor* const f = find_factor(u, factor);
        if (f == nullptr) {
            return errc::factor_not_found;
        }
        about = about_factor(*f);
        const bool same = f->name == *checked;
        f->name = *checked;
        return same ? user_edit::keep : user_edit::replace;
    };
    user_change change = change_own_user(context_, who, edit);
    task<result<user_ptr>> settling =
        settle_factor_change(context_, std::move(change), event_kind::factor_renamed, about, from);
    task<result<void>> ending = without_value(std::move(settling));
    co_return co_await std::move(ending);
}

task<result<void>> factor_service::remove(account_owner asker, std::uint32_t factor, bool keeps_sessions, caller from) {
    const principal& who = asker.who;
    task<result<user_ptr>> asking = recent_owner(context_, asker);
    const result<user_ptr> owner = co_await std::move(asking);
    if (!owner) {
        co_return owner.error();
    }
    std::string about;
    const mailing_edit_function edit = [&](user& u, std::vector<mail>& mails) -> result<user_edit> {
        const user_factor* const f = find_factor(u, factor);
        if (f == nullptr) {
            return errc::factor_not_found;
        }
        about = about_factor(*f);
        add_notice(context_, mail_kind::factor_removed, u, from, mails, notice_about(*f));
        take_away(u, factor);
        if (!keeps_sessions) {
            close_gate(u, gate_reason::logout_all, who.session, context_.time.now());
        }
        return user_edit::replace;
    };
    user_change change = change_own_user(context_, who, edit);
    if (change.replaced && !keeps_sessions) {
        change.wait_for = later(change.wait_for, record_revocation(context_, who.user->id, from));
    }
    task<result<user_ptr>> settling =
        settle_factor_change(context_, std::move(change), event_kind::factor_removed, about, from);
    task<result<void>> ending = without_value(std::move(settling));
    co_return co_await std::move(ending);
}

task<result<void>> factor_service::forget_devices(principal who, caller from) {
    const user_edit_function edit = [](user& u) -> result<user_edit> {
        if (u.next_factor == 0) { // no device was ever remembered
            return user_edit::keep;
        }
        ++u.factor_epoch;
        return user_edit::replace;
    };
    user_change change = change_own_user(context_, who, edit);
    task<result<user_ptr>> settling =
        settle_factor_change(context_, std::move(change), event_kind::devices_forgotten, {}, from);
    task<result<void>> ending = without_value(std::move(settling));
    co_return co_await std::move(ending);
}

task<result<void>> factor_service::check_recent(account_owner who) {
    task<result<user_ptr>> asking = recent_owner(context_, std::move(who));
    task<result<void>> ending = without_value(std::move(asking));
    co_return co_await std::move(ending);
}

task<result<void>> factor_service::remove(operator_caller by, user_id id, std::uint32_t factor) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    std::string about = "all"; // notices don't tell of the operator's device
    const mailing_edit_function edit = [&](user& u, std::vector<mail>& mails) -> result<user_edit> {
        if (factor == 0) {
            if (u.factors.empty()) {
                return user_edit::keep;
            }
            add_notice(context_, mail_kind::factor_removed, u, caller{}, mails, notice_about(u.factors.front()));
            u.factors.clear();
            ++u.factor_epoch;
            return user_edit::replace;
        }
        const user_factor* const f = find_factor(u, factor);
        if (f == nullptr) {
            return errc::factor_not_found;
        }
        about = about_factor(*f);
        add_notice(context_, mail_kind::factor_removed, u, caller{}, mails, notice_about(*f));
        take_away(u, factor);
        return user_edit::replace;
    };
    user_change change = change_user(context_.data, id, edit);
    if (change.replaced) {
        change.wait_for =
            later(change.wait_for, record_act(context_, by, event_kind::factor_removed, id, family_id{}, about));
    }
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    task<result<void>> ending = without_value(std::move(settling));
    co_return co_await std::move(ending);
}

} // namespace pawl
