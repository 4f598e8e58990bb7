#include "core/jwt/client_assertion.hpp"

#include "core/jwt/compact_jws.hpp"
#include "core/jwt/jws_keys.hpp"
#include "core/text/header_text.hpp"

#include <algorithm>
#include <array>

namespace pawl {

namespace {

constexpr std::int64_t numeric_date_max = (std::int64_t{1} << 53) - 1; // what every JSON reader holds exactly

// RFC 8725 3.11: a JWT of another kind, an access token say, is no assertion. Without typ it is taken, as RFC 7523 has
// none; media types know no case, and "application/" may stand before (RFC 7515 4.1.9).
bool is_assertion_type(const json_part& header) {
    if (header.find("typ") == nullptr) {
        return true;
    }
    constexpr std::string_view prefix = "application/";
    std::string_view type = header.text("typ").value_or("");
    if (equals_ignoring_case(type.substr(0, prefix.size()), prefix)) {
        type.remove_prefix(prefix.size());
    }
    return equals_ignoring_case(type, "jwt") || equals_ignoring_case(type, "client-authentication+jwt");
}

bool is_for(const jws_key& key, std::optional<std::string_view> alg) {
    return alg == to_text(key.algorithm()) || (key.algorithm() == jws_algorithm::eddsa && alg == ed25519_name);
}

assertion_check check_signature(std::span<const std::shared_ptr<const jws_key>> keys, const json_part& header,
                                const compact_parts& parts) {
    const std::optional<std::string_view> alg = header.text("alg"), kid = header.text("kid");
    if (!kid && header.find("kid") != nullptr) {
        return assertion_check::unknown_key;
    }
    bool found = false;
    for (const auto& key : keys) {
        if (is_for(*key, alg) && (!kid || *kid == key->kid())) {
            if (signature_is_good(*key, parts)) {
                return assertion_check::good;
            }
            found = true;
        }
    }
    return found ? assertion_check::bad_signature : assertion_check::unknown_key;
}

// One audience, and it is us. An assertion for two could be used by the one at the other (CVE-2025-27370). A list of
// one is the same statement (RFC 7519 4.1.3), and some libraries know no other form.
bool is_for_us(const json_part& payload, const assertion_expectations& expected) {
    const json_item* aud = payload.find("aud");
    if (aud != nullptr && aud->what == json_item::kind::array) {
        const json_item* const first = payload.first(*aud);
        aud = first != nullptr && payload.next(*aud, *first) == nullptr ? first : nullptr;
    }
    if (aud == nullptr || aud->what != json_item::kind::string || aud->text.empty()) {
        return false;
    }
    return aud->text == expected.issuer || aud->text == expected.token_endpoint;
}

struct dates {
    std::int64_t expires = 0;
    std::optional<std::int64_t> issued, not_before;

    std::optional<std::int64_t> made() const { return issued ? issued : not_before; }
};

std::optional<dates> read_dates(const json_part& payload) {
    const auto expires = payload.integer("exp", numeric_date_max);
    const dates read{expires.value_or(0), payload.integer("iat", numeric_date_max),
                     payload.integer("nbf", numeric_date_max)};
    const bool fits = expires && (read.issued || payload.find("iat") == nullptr) &&
                      (read.not_before || payload.find("nbf") == nullptr);
    return fits ? std::optional(read) : std::nullopt;
}

// When it is not taken any more, where its dates are good now.
assertion_check check_dates(const dates& when, const assertion_expectations& expected, timestamp& ends_at) {
    const std::int64_t now = expected.now.time_since_epoch().count();
    if (std::max(when.issued.value_or(0), when.not_before.value_or(0)) > now + assertion_skew.count()) {
        return assertion_check::not_yet;
    }
    const std::optional<std::int64_t> made = when.made();
    const std::int64_t end = made ? std::min(when.expires, *made + assertion_life_max.count()) : when.expires;
    if (now >= end) {
        return assertion_check::expired;
    }
    const seconds ahead_max = made ? assertion_exp_max + assertion_skew : undated_life_max;
    if (when.expires > now + ahead_max.count()) {
        return assertion_check::ends_too_late;
    }
    if (expected.serving_since) {
        // What was made a moment before the start may have been taken then. One without a date was taken then only if
        // it has ended by now, once the longest of these has.
        const timestamp_ms since = *expected.serving_since;
        const bool may_be_known = made ? timestamp_ms(timestamp(seconds(*made))) < since
                                       : timestamp_ms(expected.now) < since + undated_life_max;
        if (may_be_known) {
            return assertion_check::before_start;
        }
    }
    ends_at = timestamp(seconds(end));
    return assertion_check::good;
}

assertion_check check_claims(const json_part& payload, const assertion_expectations& expected,
                             assertion_claims& claims) {
    const auto issuer = payload.text("iss"), subject = payload.text("sub"), id = payload.text("jti");
    const std::optional<dates> when = read_dates(payload);
    if (!issuer || !subject || !when || !id || id->empty() || id->size() > assertion_id_size_max) {
        return assertion_check::bad_claims;
    }
    if (*issuer != expected.client_id || *subject != expected.client_id) {
        return assertion_check::wrong_client;
    }
    if (!is_for_us(payload, expected)) {
        return assertion_check::wrong_audience;
    }
    timestamp ends_at{};
    const assertion_check dated = check_dates(*when, expected, ends_at);
    if (dated == assertion_check::good) {
        claims.id = *id;
        claims.ends_at = ends_at;
    }
    return dated;
}

} // namespace

std::string_view to_text(assertion_check c) {
    constexpr std::array<std::string_view, 13> words = {
        "good",          "malformed",     "forbidden_header", "wrong_type",     "unknown_key",
        "bad_signature", "bad_claims",    "wrong_client",     "wrong_audience", "not_yet",
        "expired",       "ends_too_late", "before_start"};
    return words[static_cast<std::size_t>(c)];
}

assertion_check check_client_assertion(std::span<const std::shared_ptr<const jws_key>> keys, std::string_view assertion,
                                       const assertion_expectations& expected, assertion_claims& claims) {
    const std::optional<compact_parts> parts = split_compact(assertion);
    json_part header;
    if (!parts || !header.read(parts->header)) {
        return assertion_check::malformed;
    }
    if (has_forbidden_member(header)) {
        return assertion_check::forbidden_header;
    }
    if (!is_assertion_type(header)) {
        return assertion_check::wrong_type;
    }
    const assertion_check signature = check_signature(keys, header, *parts);
    if (signature != assertion_check::good) {
        return signature;
    }
    json_part payload;
    if (!payload.read(parts->payload)) {
        return assertion_check::malformed;
    }
    return check_claims(payload, expected, claims);
}

std::optional<std::string> claimed_subject(std::string_view assertion) {
    const std::optional<compact_parts> parts = split_compact(assertion);
    json_part payload;
    if (!parts || !payload.read(parts->payload)) {
        return std::nullopt;
    }
    const std::optional<std::string_view> subject = payload.text("sub");
    return subject ? std::optional<std::string>(*subject) : std::nullopt;
}

} // namespace pawl
