#include "core/service/owner_proof.hpp"

#include "core/service/attempt_record.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/password_try.hpp"
#include "core/service/user_change.hpp"

#include <utility>

namespace pawl {

namespace {

// Whether it matches; too_many_attempts and what decides nothing. `record` may be null. Awaited directly.
task<result<bool>> try_throttled(const service_context& context, user_ptr record, std::string account,
                                 secret_string typed, const caller& from) {
    if (const std::optional<seconds> wait = context.limiter.reserve(account, from.address)) {
        co_return failure(errc::too_many_attempts, *wait);
    }
    task<result<password_try>> trying = try_password(context, record, account, std::move(typed));
    const result<password_try> tried = co_await std::move(trying);
    if (!tried) {
        context.limiter.give_back(account, from.address); // nothing was decided
        co_return tried.error();
    }
    if (tried->matches) {
        context.limiter.passed(account, from.address);
    } else if (record && record->gate.enabled) {
        record_attempt(context, event_kind::login_failed, account, record, from);
    }
    co_return tried->matches;
}

} // namespace

task<result<void>> prove_password(const service_context& context, user_ptr record, secret_string typed, caller from) {
    task<result<bool>> trying = try_throttled(context, record, account_name(*record), std::move(typed), from);
    const result<bool> matches = co_await std::move(trying);
    if (!matches) {
        co_return matches.error();
    }
    if (*matches) {
        co_return result<void>();
    }
    task<failure> refused =
        refusal(context.data, errc::wrong_password, context.data.observe_user(record->id, record->version));
    co_return co_await std::move(refused);
}

task<result<user_ptr>> prove_owner(const service_context& context, principal who, secret_string typed, caller from) {
    const user_ptr record = context.data.find_user(who.user->id);
    task<result<bool>> trying = try_throttled(context, record, account_name(*who.user), std::move(typed), from);
    const result<bool> matches = co_await std::move(trying);
    if (!matches) {
        co_return matches.error();
    }
    if (*matches) {
        co_return record;
    }
    const bool was_wrong = record && record->gate.enabled; // else its tokens are dead, too
    const result<ticket> rests =
        record ? context.data.observe_user(record->id, record->version) : rests_on_session(context, who);
    const errc why = was_wrong ? errc::wrong_password : errc::invalid_access_token;
    task<failure> refused = refusal(context.data, why, rests);
    co_return co_await std::move(refused);
}

std::optional<failure> proof_is_stale(const user& verified, const user& current) {
    if (current.password_hash == verified.password_hash) {
        return std::nullopt;
    }
    if (current.gate.epoch == verified.gate.epoch) {
        return storage_failure();
    }
    return failure(errc::wrong_password);
}

} // namespace pawl
