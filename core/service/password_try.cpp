#include "core/service/password_try.hpp"

#include "core/hmac_sha256.hpp"
#include "core/user/names.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

constexpr std::string_view sign_up_prefix = "sign-up ";              // no email has a space
constexpr std::string_view cost_label = "cost of an unknown name\n"; // of the key, so that no two uses share one

// The key by which unknown names are given a cost: of the key file, so that they keep it over restarts.
hash_costs::key cost_key(const key_ring& keys) {
    const hmac_sha256 derived(keys.log_key);
    const sha256_digest digest =
        derived.compute({reinterpret_cast<const std::uint8_t*>(cost_label.data()), cost_label.size()});
    hash_costs::key key{};
    std::copy_n(digest.begin(), key.size(), key.begin());
    return key;
}

// One who waits for an operator may know that: a right password is told so, and signs in no one (password_login.hpp).
bool can_sign_in(const user_ptr& holder) {
    return holder && (holder->gate.enabled || awaits_approval(*holder)) && !holder->password_hash.empty();
}

} // namespace

task<result<password_try>> try_password(const service_context& context, user_ptr holder, std::string folded,
                                        secret_string typed) {
    password_try out;
    out.normal = normalize_password(typed.reveal());
    // Drawn for every name, needed or not.
    std::string stored = context.data.usual_hash(folded, cost_key(*context.keys()));
    if (can_sign_in(holder)) {
        stored = holder->password_hash; // also for a password that can't match: it costs what a wrong one does
    }
    const bool is_text = !out.normal.empty();
    const bool raw_differs = is_text && out.normal.reveal() != typed.reveal();
    secret_string first = out.normal;
    std::string against = stored;
    task<result<verified_password>> verifying = context.hasher.verify(std::move(first), std::move(against));
    const result<verified_password> by_normal = co_await std::move(verifying);
    if (!by_normal) {
        co_return by_normal.error();
    }
    const bool can_match = can_sign_in(holder) && is_text;
    if (can_match && by_normal->matches) {
        out.matches = true;
        out.replaces_hash = by_normal->needs_rehash && counts_whole(out.normal, stored);
        co_return out;
    }
    if (!raw_differs) {
        co_return out;
    }
    secret_string second = typed;
    against = stored;
    task<result<verified_password>> trying_again = context.hasher.verify(std::move(second), std::move(against));
    const result<verified_password> by_bytes = co_await std::move(trying_again);
    if (!by_bytes) {
        co_return by_bytes.error();
    }
    out.matches = can_match && by_bytes->matches;
    out.replaces_hash = out.matches && counts_whole(typed, stored); // its NFC is what later logins try first
    co_return out;
}

std::string account_name(const user& holder) {
    return fold_login_name(holder.email.empty() ? holder.username : holder.email);
}

std::string sign_up_name(std::string_view email) {
    return std::string(sign_up_prefix) + fold_login_name(email);
}

} // namespace pawl
