#include "core/service/password_login.hpp"

#include "core/service/attempt_record.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/password_try.hpp"
#include "core/service/user_change.hpp"
#include "core/user/names.hpp"

#include <optional>
#include <utility>

namespace pawl {

namespace {

void count(std::atomic<std::uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
}

// Stores a hash of today's cost in place of `verified`'s, but only while the stored one is byte for byte the one that
// was verified: a password changed meanwhile stays changed. Gives the record to go on with: the new one, or `verified`.
// Awaited directly: `context` outlives the call.
task<user_ptr> rehash(const service_context& context, user_ptr verified, secret_string password) {
    task<result<std::string>> hashing = context.hasher.hash(std::move(password));
    const result<std::string> fresh_hash = co_await std::move(hashing);
    if (!fresh_hash) {
        co_return verified; // the pool is full: another login will do it
    }
    const user_edit_function swap_hash = [&](user& u) -> result<user_edit> {
        if (!u.gate.enabled || u.password_hash != verified->password_hash) {
            return user_edit::keep;
        }
        u.password_hash = *fresh_hash;
        return user_edit::replace;
    };
    const user_change change = change_user(context.data, verified->id, swap_hash);
    if (!change.replaced) {
        co_return verified;
    }
    count(context.counters.rehashes);
    co_return change.record; // its version is waited for by who rests on it
}

} // namespace

task<result<user_ptr>> verify_login(const service_context& context, std::string name, secret_string password,
                                    caller from) {
    const std::string folded = fold_login_name(name);
    user_ptr holder = context.data.find_user_by_login(folded);
    const std::string account = holder ? account_name(*holder) : folded;
    if (const std::optional<seconds> wait = context.limiter.reserve(account, from.address)) {
        count(context.counters.logins_throttled);
        record_attempt(context, event_kind::login_throttled, account, holder, from);
        co_return failure(errc::too_many_attempts, *wait);
    }
    task<result<password_try>> trying = try_password(context, holder, folded, std::move(password));
    result<password_try> tried = co_await std::move(trying);
    if (!tried) {
        context.limiter.give_back(account, from.address); // nothing was decided
        co_return tried.error();
    }
    if (!tried->matches) {
        count(context.counters.logins_failed);
        record_attempt(context, event_kind::login_failed, account, holder, from);
        const result<ticket> rests =
            holder ? context.data.observe_user(holder->id, holder->version) : context.data.observe_absence(folded);
        task<failure> refused = refusal(context.data, errc::login_failed, rests);
        co_return co_await std::move(refused);
    }
    context.limiter.succeeded(account, from.address);
    if (tried->replaces_hash) {
        task<user_ptr> rehashing = rehash(context, std::move(holder), std::move(tried->normal));
        holder = co_await std::move(rehashing);
    }
    co_return holder;
}

task<result<user_ptr>> verify_sign_in(const service_context& context, std::string name, secret_string password,
                                      caller from) {
    task<result<user_ptr>> verifying = verify_login(context, std::move(name), std::move(password), std::move(from));
    result<user_ptr> holder = co_await std::move(verifying);
    if (!holder) {
        co_return holder;
    }
    const admission admitted = admission_of(**holder, context.settings.sign_up);
    if (admitted == admission::granted) {
        co_return holder;
    }
    const errc why = admitted == admission::approval_pending ? errc::approval_pending : errc::email_not_verified;
    task<failure> refused = refusal(context.data, why, context.data.observe_user((*holder)->id, (*holder)->version));
    co_return co_await std::move(refused);
}

void count_login(const service_context& context, std::optional<errc> why) {
    if (!why) {
        count(context.counters.logins_ok);
    } else if (*why == errc::login_failed) {
        count(context.counters.logins_failed);
    }
}

} // namespace pawl
