// How a client proves who it is at /token and its kin (RFC 6749 2.3, RFC 7521 4.2): what a request shows, what it
// claims by that, and whether the claim holds. Pure, but for the keys' arithmetic; time is passed in.
#pragma once

#include "core/capsule/capsule.hpp"
#include "core/clock.hpp"
#include "core/jwt/client_assertion.hpp"
#include "core/provider/client.hpp"
#include "core/secret.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pawl {

// "none", "client_secret_basic" ...: the names of RFC 7591 2, token_endpoint_auth_method. In the order of the numbers.
std::span<const std::string_view> client_auth_method_names();

// What a request shows. Views into it. A parameter without a value is as good as absent (RFC 6749 3.2).
struct shown_credentials {
    std::string_view authorization; // the header field; empty: none
    std::string_view client_id, client_secret, client_assertion, assertion_type;
};

// What the request says of its client, not checked yet.
struct client_claim {
    client_auth_method method = client_auth_method::none;
    std::string client_id;    // empty: of no client. With an assertion that can't be read, too
    secret_string proof;      // the secret or the assertion
    bool by_header = false;   // it used the Authorization header
    std::string_view problem; // not empty: invalid_request, and why; a sentence, static
    bool is_supported = true; // false: a client_assertion_type that is not taken (invalid_client)
    bool is_made() const { return !client_id.empty() || method != client_auth_method::none; }
};

// Basic credentials (RFC 7617) are form-decoded (RFC 6749 2.3.1). Empty ones, as pages send that know no client
// (`Authorization: Basic Og==`), are none; so is every other scheme. An id with an empty secret is a `client_id`.
// `problem`: two methods at once, Basic that can't be read, a client_id that differs from the one that the proof is of,
// a secret without a client_id, an assertion without its type or a type without one.
client_claim read_client_claim(const shown_credentials& shown);

// Why a claim does not hold: for the log and --dev. All of them are one invalid_client to the caller.
enum class claim_check : std::uint8_t {
    proven = 0,
    unknown_client, // or a removed one
    disabled,
    other_method, // not the one that the client is registered with
    wrong_secret,
    bad_keys,      // the record's jwks can't be read
    bad_assertion, // claim_result::assertion says why
};
std::string_view to_text(claim_check c);

struct claim_result {
    claim_check check = claim_check::unknown_client;
    assertion_check assertion = assertion_check::good; // where it is bad_assertion
    assertion_claims taken{};                          // of a proven assertion: what must be taken once
};

struct proof_rules {
    const capsule_ring& capsules;
    std::string_view issuer, token_endpoint; // what an assertion's aud may be
    timestamp now{};
    std::optional<timestamp_ms> serving_since{}; // assertion_expectations
};

// `record`: the client of that id; null if there is none. A secret is looked at also where there is none, or another
// method: what that takes tells nothing of the client. A signature is checked for clients with keys only.
claim_result check_client_claim(const client_claim& claim, const client* record, const proof_rules& rules);

// Whether a request without a proof may be the first party's with this grant_type: all but those that are for
// registered clients alone.
bool is_first_party_grant(std::string_view grant_type);

} // namespace pawl
