#include "core/service/factor_change.hpp"

#include "core/service/durable_answer.hpp"
#include "core/service/second_factor.hpp"
#include "core/service/validation.hpp"
#include "core/user/names.hpp"

#include <utility>

namespace pawl {

namespace {

ticket record_factor(const service_context& context, event_kind kind, user_id id, const std::string& about,
                     const caller& from) {
    security_event event;
    event.kind = kind;
    event.user = id;
    event.by = id;
    event.presented = use_of(from, context.time.now());
    event.about = about;
    return context.data.append_event(event);
}

// As not_recent() of second_factor.hpp, by what the cookie says.
std::optional<failure> not_recent(const service_context& context, const last_proof& shown, const user& current) {
    const service_settings& settings = context.settings;
    const bool is_strong =
        !has_second_factor(current) || settings.require_factor == factor_policy::none || shown.acr >= acr_two_factors;
    if (is_strong && context.time.now() - shown.at < settings.reauth_window) {
        return std::nullopt;
    }
    return failure(errc::reauthentication_required, settings.reauth_window);
}

} // namespace

std::string about_factor(const user_factor& f) {
    return (f.kind == factor_kind::totp ? "totp " : "recovery ") + std::to_string(f.number);
}

std::string notice_about(const user_factor& f) {
    if (!f.name.empty()) {
        return f.name;
    }
    return f.kind == factor_kind::totp ? "TOTP" : "recovery codes";
}

result<std::string> checked_factor_name(const std::string& typed) {
    validation checks;
    std::string why;
    std::string name = checks.accept("name", check_personal_name(typed, why), why);
    if (!checks.failed() && name.size() > factor_name_size_max) {
        checks.refuse("name", "must be at most " + std::to_string(factor_name_size_max) + " bytes long");
    }
    return checks.failed() ? result<std::string>(checks.take()) : result<std::string>(std::move(name));
}

bool has_room_for_factor(const user& u) {
    return u.factors.size() < factors_max && u.next_factor < UINT32_MAX;
}

task<result<user_ptr>> settle_factor_change(const service_context& context, user_change change, event_kind kind,
                                            std::string about, caller from) {
    if (change.replaced) {
        change.wait_for = later(change.wait_for, record_factor(context, kind, change.record->id, about, from));
    }
    task<result<user_ptr>> settling = settle(context.data, std::move(change));
    co_return co_await std::move(settling);
}

task<result<user_ptr>> recent_owner(const service_context& context, account_owner owner) {
    const principal& who = owner.who;
    user_ptr current = context.data.find_user(who.user->id);
    if (!current) {
        const result<ticket> gone = rests_on_session(context, who);
        task<failure> refused = refusal(context.data, errc::invalid_access_token, gone);
        co_return co_await std::move(refused);
    }
    std::optional<failure> stale =
        owner.proven ? not_recent(context, *owner.proven, *current) : not_recent(context, who, *current);
    if (stale) {
        const result<ticket> rests = context.data.observe_user(current->id, current->version);
        task<failure> refused = refusal(context.data, *std::move(stale), rests);
        co_return co_await std::move(refused);
    }
    co_return current;
}

} // namespace pawl
