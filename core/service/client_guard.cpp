#include "core/service/client_guard.hpp"

#include "core/service/durable_answer.hpp"
#include "core/service/settled.hpp"

#include <string>
#include <utility>

namespace pawl {

namespace {

constexpr seconds full_table_wait{60};
constexpr std::string_view attempts_label = "client "; // no login name has a space

failure refusal_of(const claim_result& found) {
    if (found.assertion == assertion_check::before_start) { // its signature was good: the client may know
        return {errc::invalid_client, {{"client_assertion", "was made before the server started: make a new one."}}};
    }
    return errc::invalid_client;
}

failure used_before() {
    return {errc::invalid_client, {{"client_assertion", "was used before: make a new one for each request."}}};
}

// What a stranger can do again and again: guess a secret, which fails alike whatever is wrong, and have signatures
// checked. A client whose clock is wrong guesses nothing.
bool is_guess(client_auth_method method, const claim_result& found) {
    return method != client_auth_method::private_key_jwt || found.check == claim_check::unknown_client ||
           found.assertion == assertion_check::bad_signature;
}

// Since when this process serves a store that was served before (docs/decisions/0034-client-authentication.md).
std::optional<timestamp_ms> serving_since(const store& data) {
    const std::span<const outage> all = data.outages().all();
    return all.empty() ? std::nullopt : std::optional(all.back().ready_at);
}

} // namespace

client_guard::client_guard(service_context context, attempt_limiter& attempts)
    : context_(std::move(context)), entities_(*context_.entities), attempts_(attempts), taken_(context_.random) {}

claim_result client_guard::check(const client_claim& claim, const client* record,
                                 std::string_view token_endpoint) const {
    const key_ring_ptr keys = context_.keys();
    const proof_rules rules{*keys->capsules, context_.settings.issuer, token_endpoint, context_.time.now(),
                            serving_since(context_.data)};
    return check_client_claim(claim, record, rules);
}

client_answer client_guard::decide(const client_claim& claim, client_ptr record, std::string_view token_endpoint,
                                   const caller& from) {
    client_answer answer;
    const bool is_counted = claim.method != client_auth_method::none;
    const std::string account = std::string(attempts_label) + claim.client_id.substr(0, client_id_size_max);
    if (is_counted) {
        if (const std::optional<seconds> wait = attempts_.reserve(account, from.address)) {
            answer.record = std::move(record);
            answer.refused = failure(errc::too_many_attempts, *wait);
            return answer;
        }
    }
    answer.found = check(claim, record.get(), token_endpoint);
    const bool is_good = answer.found.check == claim_check::proven;
    if (is_counted && is_good) {
        attempts_.succeeded(account, from.address);
    } else if (is_counted && !is_guess(claim.method, answer.found)) {
        attempts_.give_back(account, from.address);
    }
    const assertion_claims& proof = answer.found.taken;
    if (!is_good) {
        answer.refused = refusal_of(answer.found);
    } else if (!proof.id.empty() && taken_.is_used(record->number, proof.id, proof.ends_at)) {
        answer.refused = used_before();
    }
    answer.record = std::move(record);
    return answer;
}

task<client_answer> client_guard::authenticate(const client_claim& claim, std::string_view grant_type,
                                               std::string_view token_endpoint, const caller& from) {
    client_answer answer;
    if (!claim.problem.empty()) {
        answer.refused = failure(errc::validation_failed, {{"", std::string(claim.problem)}});
        co_return answer;
    }
    const bool is_first_party_way = claim.method == client_auth_method::none && is_first_party_grant(grant_type);
    if (is_first_party_way && claim.client_id.empty()) {
        co_return answer;
    }
    const auto look = [&] { return entities_.find_client(claim.client_id); };
    auto looking = settled(context_.data, entities_, look);
    std::optional<client_ptr> record = co_await std::move(looking);
    if (!record) {
        answer.refused = storage_failure();
        co_return answer;
    }
    if (is_first_party_way && *record == nullptr) {
        co_return answer;
    }
    co_return decide(claim, *std::move(record), token_endpoint, from);
}

result<void> client_guard::spend(client_number client, const assertion_claims& proof) {
    if (proof.id.empty()) {
        return {};
    }
    const timestamp now = context_.time.now();
    if (now >= proof.ends_at) {
        return failure(errc::invalid_client);
    }
    switch (taken_.mark(client, proof.id, proof.ends_at, now)) {
    case assertion_table::outcome::first:
        return {};
    case assertion_table::outcome::used:
        return used_before();
    case assertion_table::outcome::full:
    case assertion_table::outcome::too_many:
        break;
    }
    return failure(errc::too_many_assertions, full_table_wait);
}

} // namespace pawl
