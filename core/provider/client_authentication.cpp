#include "core/provider/client_authentication.hpp"

#include "core/jwt/client_keys.hpp"
#include "core/provider/client_secret.hpp"
#include "core/text/ascii.hpp"
#include "core/text/header_text.hpp"

#include <sodium/utils.h>

#include <algorithm>
#include <array>
#include <utility>

namespace pawl {

namespace {

constexpr std::array<std::string_view, 4> method_names{"none", "client_secret_basic", "client_secret_post",
                                                       "private_key_jwt"};
constexpr std::array<std::string_view, 2> client_grants{"client_credentials", "authorization_code"};

using secret_chars = std::vector<char, wiping_allocator<char>>;

// RFC 7235 2.1: the scheme in any case, then at least one space. std::nullopt for another scheme.
std::optional<std::string_view> basic_credentials(std::string_view authorization) {
    const std::string_view field = trim(authorization);
    const std::size_t end = std::min(field.find(' '), field.size());
    if (!equals_ignoring_case(field.substr(0, end), "basic")) {
        return std::nullopt;
    }
    return trim(field.substr(end));
}

// RFC 4648 4 with its padding, nothing else between and behind, spare bits zero.
std::optional<secret_chars> base64_decode(std::string_view text) {
    secret_chars bytes(text.size());
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(),
                          nullptr, &size, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != text.data() + text.size()) {
        return std::nullopt;
    }
    bytes.resize(size);
    return bytes;
}

// application/x-www-form-urlencoded: `+` is a space, %XX is a byte. std::nullopt for a bad %XX.
std::optional<secret_chars> form_decode(std::string_view text) {
    secret_chars out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i] == '+' ? ' ' : text[i]);
            continue;
        }
        if (text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
            return std::nullopt;
        }
        out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
        i += 2;
    }
    return out;
}

std::string_view view_of(const secret_chars& text) {
    return {text.data(), text.size()};
}

client_claim refused(std::string_view problem) {
    client_claim claim;
    claim.problem = problem;
    return claim;
}

client_claim claim_by_header(std::string_view credentials) {
    const std::optional<secret_chars> pair = base64_decode(credentials);
    const std::size_t colon = pair ? view_of(*pair).find(':') : std::string_view::npos;
    if (colon == std::string_view::npos) {
        return refused("The Basic credentials are not base64 of a client id, a colon and a secret.");
    }
    const std::optional<secret_chars> id = form_decode(view_of(*pair).substr(0, colon)),
                                      secret = form_decode(view_of(*pair).substr(colon + 1));
    if (!id || !secret) {
        return refused("In the Basic credentials a percent sign is not followed by two hex digits: client id and "
                       "secret are each form-encoded.");
    }
    if (id->empty()) {
        return secret->empty() ? client_claim{} : refused("The Basic credentials name no client.");
    }
    client_claim claim;
    claim.client_id = view_of(*id);
    if (secret->empty()) { // a name without a proof, as clients send it that have no secret: no more than a client_id
        return claim;
    }
    claim.method = client_auth_method::client_secret_basic;
    claim.proof = secret_string(view_of(*secret));
    claim.by_header = true;
    return claim;
}

client_claim claim_by_assertion(const shown_credentials& shown) {
    if (shown.client_assertion.empty() || shown.assertion_type.empty()) {
        return refused("client_assertion and client_assertion_type go together.");
    }
    client_claim claim;
    claim.method = client_auth_method::private_key_jwt;
    claim.is_supported = shown.assertion_type == client_assertion_type;
    claim.client_id = claimed_subject(shown.client_assertion).value_or("");
    claim.proof = secret_string(shown.client_assertion);
    return claim;
}

claim_check check_secret(const client_claim& claim, const client* record, const proof_rules& rules) {
    static const client stand_in; // of no number, without a secret
    const bool fits =
        is_secret_of(rules.capsules, record != nullptr ? *record : stand_in, claim.proof.reveal(), rules.now);
    return fits ? claim_check::proven : claim_check::wrong_secret;
}

claim_result check_assertion(const client_claim& claim, const client& record, const proof_rules& rules) {
    const client_keys known = read_client_keys(record.jwks);
    if (known.keys.empty()) {
        return {claim_check::bad_keys};
    }
    const assertion_expectations expected{record.client_id, rules.issuer, rules.token_endpoint, rules.now,
                                          rules.serving_since};
    claim_result result{claim_check::proven};
    result.assertion = check_client_assertion(known.keys, claim.proof.reveal(), expected, result.taken);
    if (result.assertion != assertion_check::good) {
        result.check = claim_check::bad_assertion;
    }
    return result;
}

bool shows_secret(client_auth_method method) {
    return method == client_auth_method::client_secret_basic || method == client_auth_method::client_secret_post;
}

} // namespace

std::span<const std::string_view> client_auth_method_names() {
    return method_names;
}

client_claim read_client_claim(const shown_credentials& shown) {
    const bool asserts = !shown.client_assertion.empty() || !shown.assertion_type.empty();
    const bool posts = !shown.client_secret.empty();
    const std::optional<std::string_view> basic = basic_credentials(shown.authorization);
    client_claim claim;
    if (basic && !basic->empty()) {
        claim = claim_by_header(*basic);
        if (!claim.problem.empty()) {
            return claim;
        }
    }
    if ((claim.is_made() ? 1 : 0) + (asserts ? 1 : 0) + (posts ? 1 : 0) > 1) {
        return refused("The client authenticates in more than one way.");
    }
    if (asserts) {
        claim = claim_by_assertion(shown);
    } else if (posts) {
        claim.method = client_auth_method::client_secret_post;
        claim.proof = secret_string(shown.client_secret);
        claim.client_id = shown.client_id;
        if (claim.client_id.empty()) {
            return refused("There is a client_secret, but no client_id.");
        }
    } else if (!claim.is_made()) {
        claim.client_id = shown.client_id;
    }
    if (claim.problem.empty() && !shown.client_id.empty() && !claim.client_id.empty() &&
        claim.client_id != shown.client_id) {
        return refused("The client_id is not the client that authenticates.");
    }
    return claim;
}

std::string_view to_text(claim_check c) {
    constexpr std::array<std::string_view, 7> words{"proven",       "unknown_client", "disabled",     "other_method",
                                                    "wrong_secret", "bad_keys",       "bad_assertion"};
    return words[static_cast<std::size_t>(c)];
}

claim_result check_client_claim(const client_claim& claim, const client* record, const proof_rules& rules) {
    const bool has_secret = shows_secret(claim.method);
    const claim_check secret = has_secret ? check_secret(claim, record, rules) : claim_check::proven;
    if (record == nullptr || record->removed) {
        return {claim_check::unknown_client};
    }
    if (!record->enabled) {
        return {claim_check::disabled};
    }
    if (claim.method != record->auth_method || !claim.is_supported) {
        return {claim_check::other_method};
    }
    return claim.method == client_auth_method::private_key_jwt ? check_assertion(claim, *record, rules)
                                                               : claim_result{secret};
}

bool is_first_party_grant(std::string_view grant_type) {
    return std::ranges::find(client_grants, grant_type) == client_grants.end();
}

} // namespace pawl
