#include "core/service/second_factor.hpp"

#include "core/capsule/capsule.hpp"
#include "core/factor/decide_factor.hpp"
#include "core/factor/factor_capsules.hpp"
#include "core/factor/word.hpp"
#include "core/service/attempt_record.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/mail_cause.hpp"
#include "core/service/password_try.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace pawl {

namespace {

// Failures are counted of the account alone, from wherever they come: the limiters count pairs, so this stands for all.
constexpr peer_address any_address{{0xFF}};
// The owner is told when so many codes of a set are left.
constexpr int recovery_left_low = 2;

std::string about_factor(const user_factor& f) {
    return (f.kind == factor_kind::totp ? "totp " : "recovery ") + std::to_string(f.number);
}

// The try of one code against one factor.
struct tried_code {
    factor_verdict what = factor_verdict::wrong;
    ticket wait_for = ticket::none;
    std::optional<failure> failed; // storage
    std::uint64_t word = 0;        // where accepted
};

tried_code try_code(const service_context& context, user_id user, const user_factor& facts, const secret_string& code,
                    const caller& from) {
    tried_code out;
    const key_ring_ptr keys = context.keys();
    for (unsigned pass = 0; pass < conflicts_max; ++pass) {
        const timestamp now = context.time.now();
        const factor_shown shown = matches_of(*keys->capsules, user, facts, code, now);
        const factor_state seen = context.data.find_factor(user, facts.number);
        const factor_decision decided = decide_factor(seen.word, facts, shown, now);
        out.what = decided.what;
        if (decided.what != factor_verdict::accepted) {
            out.wait_for =
                decided.what == factor_verdict::used ? context.data.observe_factor(user, facts.number) : ticket::none;
            return out;
        }
        const factor_state next{.user = user,
                                .factor = facts.number,
                                .kind = facts.kind,
                                .word = decided.next,
                                .used_at = now,
                                .used_from = from.address};
        const result<exchange_result> done = context.data.exchange_factor(next, seen.word);
        if (!done) {
            out.failed = done.error();
            return out;
        }
        if (done->outcome == exchange_outcome::exchanged) {
            out.wait_for = done->wait_for;
            out.word = decided.next;
            return out;
        }
        if (done->outcome == exchange_outcome::gone) { // removed meanwhile
            out.what = factor_verdict::wrong;
            return out;
        }
    }
    out.failed = storage_failure();
    return out;
}

// The event of it, and what its owner is told.
ticket record_recovery_use(const service_context& context, const user& holder, const user_factor& facts, int left,
                           const caller& from) {
    security_event event;
    event.kind = event_kind::recovery_used;
    event.user = holder.id;
    event.by = holder.id;
    event.presented = use_of(from, context.time.now());
    event.about = about_factor(facts);
    static_cast<void>(context.data.append_event(event));
    const ticket told = send_notice(context, mail_kind::recovery_used, holder, from);
    return left == recovery_left_low ? later(told, send_notice(context, mail_kind::recovery_low, holder, from)) : told;
}

// Tells the owner where this failure was the last one that the limit allows: the password is known to somebody else.
ticket tell_of_failures(const service_context& context, const user& holder, const std::string& account,
                        const caller& from) {
    if (context.factor_limits == nullptr) {
        return ticket::none;
    }
    if (!reserve_factor_try(context, account)) {
        give_back_factor_try(context, account);
        return ticket::none;
    }
    return send_notice(context, mail_kind::factor_failures, holder, from);
}

void count_step(const service_context& context, capsule_outcome outcome) {
    context.counters.checks.capsules.count(checked_capsule::login_step, outcome);
}

} // namespace

std::optional<seconds> reserve_factor_try(const service_context& context, const std::string& account) {
    if (context.factor_limits == nullptr || context.factor_day_limits == nullptr) {
        return std::nullopt;
    }
    if (const auto wait = context.factor_limits->reserve(account, any_address)) {
        return wait;
    }
    const auto wait = context.factor_day_limits->reserve(account, any_address);
    if (wait) {
        context.factor_limits->give_back(account, any_address);
    }
    return wait;
}

void give_back_factor_try(const service_context& context, const std::string& account) {
    if (context.factor_limits != nullptr && context.factor_day_limits != nullptr) {
        context.factor_limits->give_back(account, any_address);
        context.factor_day_limits->give_back(account, any_address);
    }
}

task<result<accepted_factor>> prove_factor(const service_context& context, user_ptr holder, shown_codes shown,
                                           caller from) {
    const std::string account = "factor " + std::to_string(holder->id.value);
    const bool is_totp = !shown.totp.empty();
    const checked_code counted = is_totp ? checked_code::totp : checked_code::recovery;
    if (const std::optional<seconds> wait = reserve_factor_try(context, account)) {
        context.counters.checks.codes.count(counted, code_outcome::throttled);
        co_return failure(errc::too_many_attempts, *wait);
    }
    code_outcome outcome = code_outcome::wrong;
    const factor_kind kind = is_totp ? factor_kind::totp : factor_kind::recovery;
    const secret_string code =
        is_totp ? normal_totp(shown.totp.reveal()) : normal_recovery_code(shown.recovery_code.reveal());
    result<ticket> rests = context.data.observe_user(holder->id, holder->version);
    for (const user_factor& facts : holder->factors) {
        if (facts.kind != kind) {
            continue;
        }
        const tried_code tried = try_code(context, holder->id, facts, code, from);
        if (tried.failed) {
            give_back_factor_try(context, account);
            co_return *tried.failed;
        }
        if (rests) {
            rests = later(*rests, tried.wait_for);
        }
        if (tried.what != factor_verdict::accepted) {
            outcome = tried.what == factor_verdict::used ? code_outcome::used : outcome;
            continue;
        }
        context.counters.checks.codes.count(counted, code_outcome::accepted);
        give_back_factor_try(context, account);
        accepted_factor out{is_totp ? second_shown::totp : second_shown::recovery_code, facts.number, tried.wait_for};
        if (!is_totp) {
            const int left =
                facts.count - std::min<int>(std::popcount(recovery_word::of(tried.word).used), facts.count);
            out.recovery_left = static_cast<std::uint8_t>(left);
            out.wait_for = later(out.wait_for, record_recovery_use(context, *holder, facts, left, from));
        }
        co_return out;
    }
    context.counters.checks.codes.count(counted, outcome);
    record_attempt(context, event_kind::second_factor_failed, account_name(*holder), holder, from);
    if (rests) {
        rests = later(*rests, tell_of_failures(context, *holder, account, from));
    }
    task<failure> refused = refusal(context.data, errc::second_factor_failed, rests);
    co_return co_await std::move(refused);
}

std::uint64_t mark_of(const service_context& context) {
    return context.entities == nullptr ? 0 : context.entities->history_mark();
}

wanted_factor ask_for_factor(const service_context& context, const user& holder, std::string name,
                             std::optional<std::string> scope, bool is_enrolment) {
    wanted_factor out;
    out.is_enrolment = is_enrolment;
    for (const user_factor& f : holder.factors) {
        out.totp = out.totp || f.kind == factor_kind::totp;
        out.recovery_code = out.recovery_code || f.kind == factor_kind::recovery;
    }
    const login_step step{context.time.now(), holder.id, is_enrolment, std::move(name), std::move(scope)};
    out.step = seal_login_step(*context.keys()->capsules, step, holder, mark_of(context), context.random);
    return out;
}

task<result<continued_login>> continue_login(const service_context& context, const secret_string& step) {
    const key_ring_ptr keys = context.keys();
    const std::uint64_t mark = mark_of(context);
    const std::optional<login_step> shown = peek_login_step(*keys->capsules, step.reveal(), mark);
    if (!shown) {
        count_step(context, capsule_outcome::invalid);
        co_return errc::step_expired;
    }
    user_ptr holder = context.data.find_user(shown->user);
    if (!holder) {
        count_step(context, capsule_outcome::used);
        co_return errc::step_expired; // a tombstone: it will not come back
    }
    opened_step opened = open_login_step(*keys->capsules, step.reveal(), *holder, mark, context.time.now());
    const bool good = opened.is == step_state::good && holder->gate.enabled;
    count_step(context, good                               ? capsule_outcome::good
                        : opened.is == step_state::expired ? capsule_outcome::expired
                                                           : capsule_outcome::used);
    if (!good) {
        const result<ticket> rests = context.data.observe_user(holder->id, holder->version);
        task<failure> refused = refusal(context.data, errc::step_expired, rests);
        co_return co_await std::move(refused);
    }
    co_return continued_login{std::move(holder), std::move(opened.step.name), std::move(opened.step.scope),
                              opened.step.is_enrolment};
}

bool is_remembered(const service_context& context, const user& holder, const secret_string& device) {
    const bool good = is_remembered_device(*context.keys()->capsules, device.reveal(), holder, mark_of(context),
                                           context.settings.device_ttl, context.time.now());
    if (!device.empty()) {
        context.counters.checks.capsules.count(checked_capsule::device,
                                               good ? capsule_outcome::good : capsule_outcome::invalid);
    }
    return good;
}

secret_string remember_device(const service_context& context, user_id holder) {
    const user_ptr current = context.data.find_user(holder);
    if (!current || context.settings.device_ttl <= seconds(0)) {
        return {};
    }
    return seal_device(*context.keys()->capsules, *current, context.time.now(), mark_of(context), context.random);
}

std::optional<failure> not_recent(const service_context& context, const principal& who, const user& current) {
    const std::optional<family_state> seen = context.data.find_family(who.session);
    const timestamp now = context.time.now();
    const family_origin origin = seen ? seen->facts.origin : family_origin{};
    const timestamp proven = !seen                             ? timestamp{}
                             : origin.auth_time != timestamp{} ? origin.auth_time
                                                               : seen->facts.created_at;
    const bool is_strong = !has_second_factor(current) || context.settings.require_factor == factor_policy::none ||
                           origin.acr >= acr_two_factors;
    if (is_strong && now - proven < context.settings.reauth_window) {
        return std::nullopt;
    }
    return failure(errc::reauthentication_required, context.settings.reauth_window);
}

} // namespace pawl
