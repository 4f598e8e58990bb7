#include "core/jwt/machine_token.hpp"

#include "core/jwt/access_token_parts.hpp"
#include "core/text/encoding.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace pawl {

namespace {

constexpr std::string_view subject_prefix = "client:";
constexpr std::size_t stamp_digits = 16;
static_assert(machine_audiences_max == claim_audiences_max);

void append_stamp(std::string& out, std::uint64_t stamp) {
    for (unsigned shift = 64; shift > 0; shift -= 4) {
        out += "0123456789abcdef"[stamp >> (shift - 4) & 0xFU];
    }
}

std::optional<std::uint64_t> stamp_from(std::string_view text) {
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (text.size() != stamp_digits || !std::ranges::all_of(text, is_digit)) {
        return std::nullopt;
    }
    std::uint64_t stamp = 0;
    std::from_chars(text.data(), text.data() + text.size(), stamp, 16);
    return stamp;
}

// sub, client_id and client_epoch: whose it is, and since when.
bool read_client(const json_part& payload, machine_claims& claims) {
    const auto subject = payload.text("sub"), client = payload.text("client_id"), stamp = payload.text("client_epoch");
    if (!subject || !client || !stamp || client->empty() || client->size() > id_text_size_max) {
        return false;
    }
    const std::optional<std::uint64_t> number = stamp_from(*stamp);
    if (!number || !subject->starts_with(subject_prefix) || subject->substr(subject_prefix.size()) != *client) {
        return false;
    }
    claims.client_id = *client;
    claims.stamp = *number;
    return true;
}

// Types and ranges, nothing that depends on the moment.
bool read_claims(const json_part& payload, const machine_token_expectations& expected, machine_claims& claims) {
    if (payload.find("sid") != nullptr || payload.find("gen") != nullptr) {
        return false; // a user's
    }
    const auto issuer = payload.text("iss"), jwt_id = payload.text("jti"), scope = payload.text("scope");
    const auto expires = payload.integer("exp", numeric_date_max), issued = payload.integer("iat", numeric_date_max);
    if (!issuer || !jwt_id || !expires || !issued || (!scope && payload.find("scope") != nullptr)) {
        return false;
    }
    if (!base64url_decode_into(*jwt_id, claims.jwt_id) || !read_claim_audiences(payload, claims.audiences) ||
        !read_client(payload, claims)) {
        return false;
    }
    claims.issuer = *issuer;
    claims.scope = scope.value_or("");
    claims.issued_at = date_of(*issued);
    claims.expires_at = date_of(*expires);
    return *expires > *issued && *expires - *issued <= expected.lifetime_max.count();
}

access_token_check check_payload(std::string_view part, const machine_token_expectations& expected,
                                 machine_claims& claims) {
    json_part payload;
    if (!payload.read(part)) {
        return access_token_check::malformed;
    }
    machine_claims read;
    if (!read_claims(payload, expected, read)) {
        return access_token_check::bad_claims;
    }
    const std::optional<timestamp> not_before = read_not_before(payload, read.issued_at);
    if (!not_before) {
        return access_token_check::bad_claims;
    }
    if (read.issuer != expected.issuer) {
        return access_token_check::wrong_issuer;
    }
    read.not_before = *not_before;
    const access_token_check moment = check_moment(read.not_before, read.expires_at, expected.now, expected.leeway);
    if (moment != access_token_check::issued_in_future) {
        claims = std::move(read);
    }
    return moment;
}

} // namespace

std::string machine_claims_json(const machine_claims& claims) {
    std::string out;
    out.reserve(512);
    out += R"({"iss":)";
    append_claim_text(out, claims.issuer);
    out += R"(,"sub":)";
    append_claim_text(out, std::string(subject_prefix) + claims.client_id);
    out += R"(,"aud":)";
    append_claim_audiences(out, claims.audiences);
    out += R"(,"exp":)";
    append_claim_date(out, claims.expires_at);
    out += R"(,"iat":)";
    append_claim_date(out, claims.issued_at);
    out += R"(,"jti":")";
    base64url_append(out, claims.jwt_id);
    out += R"(","client_id":)";
    append_claim_text(out, claims.client_id);
    if (!claims.scope.empty()) {
        out += R"(,"scope":)";
        append_claim_text(out, claims.scope);
    }
    out += R"(,"client_epoch":")";
    append_stamp(out, claims.stamp);
    out += "\"}";
    return out;
}

std::string mint_machine_token(const jws_key& key, std::string_view json) {
    return sign_access_token(key, token_type::at_jwt, json);
}

access_token_check check_machine_token(const key_ring& keys, std::string_view token,
                                       const machine_token_expectations& expected, machine_claims& claims,
                                       signature_state signature) {
    std::string_view payload;
    const access_token_check outer = open_access_token(keys, token, false, signature, payload);
    return outer == access_token_check::good ? check_payload(payload, expected, claims) : outer;
}

bool names_session(std::string_view token) {
    const std::optional<compact_parts> parts = split_compact(token);
    json_part payload;
    return parts && payload.read(parts->payload) && payload.find("sid") != nullptr;
}

} // namespace pawl
