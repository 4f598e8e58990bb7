// Who a client is (RFC 6749 2.3): from what a request claims to the client's record, proven in the way that the record
// wants, or to the first party.
#pragma once

#include "core/port/attempt_limiter.hpp"
#include "core/provider/assertion_table.hpp"
#include "core/provider/client_authentication.hpp"
#include "core/service/services.hpp"

#include <optional>
#include <string_view>

namespace pawl {

struct client_answer {
    client_ptr record;              // who was claimed, where there is one of that id. Proven, if not `refused`
    claim_result found{};           // for the log
    std::optional<failure> refused; // std::nullopt: it is this client; without a record: the first party
};

class client_guard {
public:
    // `context.entities` is not null. `attempts` counts what fails, by client id and address: one of its own, so that
    // a client and a user lock each other out of nothing.
    client_guard(service_context context, attempt_limiter& attempts);

    // Which client asks with this grant_type (empty: none). Without a proof, an id that no client has is the first
    // party's, as is none, where the grant is not for registered clients alone. invalid_client, validation_failed
    // (RFC 6749's invalid_request), too_many_attempts, storage_unavailable. `token_endpoint`: its URL, which the `aud`
    // of an assertion may be beside the issuer. Awaited directly: the views outlive the call.
    task<client_answer> authenticate(const client_claim& claim, std::string_view grant_type,
                                     std::string_view token_endpoint, const caller& from);

    // Takes the assertion that proved the client, if it was one, so that it proves nothing any more. Asked when all
    // else of the request is good, and before the answer. invalid_client, too_many_assertions.
    result<void> spend(client_number client, const assertion_claims& proof);

private:
    client_answer decide(const client_claim& claim, client_ptr record, std::string_view token_endpoint,
                         const caller& from);
    claim_result check(const client_claim& claim, const client* record, std::string_view token_endpoint) const;

    service_context context_;
    const registry& entities_;
    attempt_limiter& attempts_;
    assertion_table taken_;
};

} // namespace pawl
