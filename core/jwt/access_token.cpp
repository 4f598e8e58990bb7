#include "core/jwt/access_token.hpp"

#include "core/family/word.hpp"
#include "core/jwt/compact_jws.hpp"
#include "core/text/encoding.hpp"
#include "core/text/plain_text.hpp"
#include "core/text/string_pool.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace pawl {

namespace {

constexpr std::int64_t numeric_date_max = (std::int64_t{1} << 53) - 1; // what every JSON reader holds exactly
constexpr std::size_t id_text_size_max = 128;                          // of jti and client_id

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits;
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

void append_date(std::string& out, timestamp when) {
    append_number(out, static_cast<std::uint64_t>(std::max<std::int64_t>(when.time_since_epoch().count(), 0)));
}

void append_text(std::string& out, std::string_view text) {
    base64url_append(out, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

void append_claims(std::string& out, const access_claims_view& claims) {
    out += R"({"iss":)";
    append_claim_text(out, claims.issuer);
    out += R"(,"sub":)";
    if (claims.subject_name.empty()) {
        out += '"';
        append_number(out, claims.subject.value);
        out += '"';
    } else {
        append_claim_text(out, claims.subject_name);
    }
    if (!claims.audience.empty()) {
        out += R"(,"aud":)";
        append_claim_text(out, claims.audience);
    }
    out += R"(,"exp":)";
    append_date(out, claims.expires_at);
    out += R"(,"iat":)";
    append_date(out, claims.issued_at);
    out += R"(,"jti":)";
    append_claim_text(out, claims.jwt_id);
    out += R"(,"client_id":)";
    append_claim_text(out, claims.client_id);
    out += R"(,"sid":")";
    append_hex(out, claims.session);
    out += R"(","gen":)";
    append_number(out, claims.generation);
    out += claims.members;
    out += '}';
}

bool equal_folding_case(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

// RFC 9068 4: "at+jwt" or "application/at+jwt"; media types know no case (RFC 7515 4.1.9). `plain`: "JWT" too.
bool is_access_token_type(std::optional<std::string_view> type, bool plain) {
    return type && (equal_folding_case(*type, "at+jwt") || equal_folding_case(*type, "application/at+jwt") ||
                    (plain && equal_folding_case(*type, "jwt")));
}

// The one decimal text of a positive number.
std::optional<user_id> subject_from(std::string_view text) {
    user_id subject;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), subject.value);
    if (error != std::errc{} || end != text.data() + text.size() || text.front() == '0') {
        return std::nullopt;
    }
    return subject;
}

bool read_subject(std::string_view text, const access_token_expectations& expected, access_claims& claims) {
    if (!expected.subject_is_id) {
        claims.subject_name = text;
        return !text.empty() && text.size() <= subject_name_size_max;
    }
    const std::optional<user_id> user = subject_from(text);
    claims.subject = user.value_or(user_id{});
    return user.has_value();
}

bool is_id_text(std::optional<std::string_view> text) {
    return text && !text->empty() && text->size() <= id_text_size_max;
}

timestamp to_timestamp(std::int64_t date) {
    return timestamp(seconds(date));
}

// Types and ranges, nothing that depends on the moment.
bool read_claims(const json_part& payload, const access_token_expectations& expected, access_claims& claims) {
    const auto issuer = payload.text("iss"), audience = payload.text("aud"), subject = payload.text("sub"),
               jwt_id = payload.text("jti"), client = payload.text("client_id"), session = payload.text("sid");
    const auto expires = payload.integer("exp", numeric_date_max), issued = payload.integer("iat", numeric_date_max),
               generation = payload.integer("gen", family_word::generation_max);
    if (!issuer || (!audience && !expected.audience.empty()) || !subject || !session || !expires || !issued ||
        !generation || !is_id_text(jwt_id) || !is_id_text(client)) {
        return false;
    }
    if (!read_subject(*subject, expected, claims)) {
        return false;
    }
    const std::optional<family_id> family = family_id_from_hex(*session);
    if (!family || *expires <= *issued || *expires - *issued > expected.lifetime_max.count()) {
        return false;
    }
    claims.issuer = *issuer;
    claims.audience = audience.value_or("");
    claims.issued_at = to_timestamp(*issued);
    claims.expires_at = to_timestamp(*expires);
    claims.jwt_id = *jwt_id;
    claims.client_id = *client;
    claims.session = *family;
    claims.generation = static_cast<std::uint32_t>(*generation);
    return true;
}

access_token_check check_payload(std::string_view part, const access_token_expectations& expected,
                                 access_claims& claims) {
    json_part payload;
    if (!payload.read(part)) {
        return access_token_check::malformed;
    }
    access_claims read;
    if (!read_claims(payload, expected, read)) {
        return access_token_check::bad_claims;
    }
    const std::optional<std::int64_t> not_before = payload.integer("nbf", numeric_date_max);
    if (!not_before && payload.find("nbf") != nullptr) {
        return access_token_check::bad_claims;
    }
    if (read.issuer != expected.issuer) {
        return access_token_check::wrong_issuer;
    }
    const bool has_audience = payload.find("aud") != nullptr;
    if (read.audience != expected.audience || has_audience == expected.audience.empty()) {
        return access_token_check::wrong_audience;
    }
    read.not_before = std::max(read.issued_at, to_timestamp(not_before.value_or(0)));
    if (read.not_before > expected.now + expected.leeway) {
        return access_token_check::issued_in_future;
    }
    claims = std::move(read);
    return expected.now < claims.expires_at ? access_token_check::good : access_token_check::expired;
}

} // namespace

// RFC 8259 7: quotes, backslashes and control characters escaped; everything else as it is (it is UTF-8).
void append_claim_text(std::string& out, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += '"';
    for (;;) {
        const std::size_t run = plain_json_size(text);
        out.append(text.substr(0, run)); // nearly always all of it
        text.remove_prefix(run);
        if (text.empty()) {
            break;
        }
        const auto byte = static_cast<unsigned char>(text.front());
        text.remove_prefix(1);
        if (byte < 0x20) {
            out += "\\u00";
            out += hex[byte >> 4U];
            out += hex[byte & 0xFU];
            continue;
        }
        if (byte == '"' || byte == '\\') {
            out += '\\';
        }
        out += static_cast<char>(byte);
    }
    out += '"';
}

std::string mint_access_token(const jws_key& key, const access_claims_view& claims) {
    std::string json = take_pooled_string();
    json.reserve(256 + claims.issuer.size() + claims.audience.size() + claims.jwt_id.size() + claims.client_id.size() +
                 claims.subject_name.size() + claims.members.size());
    append_claims(json, claims);
    std::string token = take_pooled_string();
    const std::string& header = key.access_header(claims.type);
    token.reserve(header.size() + 2 * json.size() + 128); // claims a third longer, most signatures
    token += header;
    token += '.';
    append_text(token, json);
    const signature_bytes signature = key.sign(token);
    token += '.';
    base64url_append(token, signature);
    give_pooled_string(std::move(json));
    return token;
}

std::string mint_access_token(const jws_key& key, const access_claims& c) {
    access_claims_view view{c.issuer, c.audience,  c.subject, c.issued_at, c.expires_at,
                            c.jwt_id, c.client_id, c.session, c.generation};
    view.subject_name = c.subject_name;
    return mint_access_token(key, view);
}

std::string_view to_text(access_token_check c) {
    constexpr std::array<std::string_view, 12> words = {
        "good",          "malformed",  "wrong_type",   "unknown_key",    "wrong_algorithm",  "forbidden_header",
        "bad_signature", "bad_claims", "wrong_issuer", "wrong_audience", "issued_in_future", "expired"};
    return words[static_cast<std::size_t>(c)];
}

access_token_check check_access_token(const key_ring& keys, std::string_view token,
                                      const access_token_expectations& expected, access_claims& claims) {
    const std::optional<compact_parts> parts = split_compact(token);
    json_part header;
    if (!parts || !header.read(parts->header)) {
        return access_token_check::malformed;
    }
    if (has_forbidden_member(header)) {
        return access_token_check::forbidden_header;
    }
    if (!is_access_token_type(header.text("typ"), expected.takes_plain_type)) {
        return access_token_check::wrong_type;
    }
    const std::optional<std::string_view> kid = header.text("kid");
    const jws_key* key = kid ? keys.find_verifying(*kid) : nullptr;
    if (key == nullptr) {
        return access_token_check::unknown_key;
    }
    if (header.text("alg") != to_text(key->algorithm())) {
        return access_token_check::wrong_algorithm;
    }
    if (!signature_is_good(*key, *parts)) {
        return access_token_check::bad_signature;
    }
    return check_payload(parts->payload, expected, claims);
}

} // namespace pawl
