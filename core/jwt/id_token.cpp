#include "core/jwt/id_token.hpp"

#include "core/capsule/capsule.hpp"
#include "core/family/family.hpp"
#include "core/hmac_sha256.hpp"
#include "core/jwt/access_token_parts.hpp"
#include "core/jwt/compact_jws.hpp"
#include "core/text/encoding.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace pawl {

namespace {

constexpr std::string_view session_label = "pawl id token sid";

// OIDC Core 3.1.3.6: the left half of the hash that the algorithm of the header uses. Ed25519 uses SHA-512.
std::string left_half_hash(jws_algorithm algorithm, std::string_view text) {
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    if (algorithm == jws_algorithm::eddsa) {
        std::array<std::uint8_t, crypto_hash_sha512_BYTES> hash{};
        crypto_hash_sha512(hash.data(), bytes.data(), bytes.size());
        return base64url_encode(std::span(hash).first(hash.size() / 2));
    }
    const sha256_digest hash = sha256(bytes);
    return base64url_encode(std::span(hash).first(hash.size() / 2));
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
    if (!value.empty()) {
        out.append(",\"").append(name).append("\":");
        append_claim_text(out, value);
    }
}

} // namespace

std::string id_token_signing_input(const jws_key& key, const id_token_claims& claims) {
    std::string json = R"({"iss":)";
    append_claim_text(json, claims.issuer);
    json += R"(,"sub":")";
    append_claim_number(json, claims.subject.value);
    json += '"';
    append_member(json, "aud", claims.client_id);
    append_member(json, "azp", claims.client_id);
    json += R"(,"exp":)";
    append_claim_date(json, claims.expires_at);
    json += R"(,"iat":)";
    append_claim_date(json, claims.issued_at);
    if (claims.auth_time != timestamp{}) {
        json += R"(,"auth_time":)";
        append_claim_date(json, claims.auth_time);
    }
    append_member(json, "nonce", claims.nonce);
    append_member(json, "acr", claims.acr);
    if (claims.amr != 0) {
        json += R"(,"amr":)" + amr_json(claims.amr);
    }
    append_member(json, "sid", claims.session);
    if (!claims.access_token.empty()) {
        append_member(json, "at_hash", left_half_hash(key.algorithm(), claims.access_token));
    }
    json += claims.members;
    json += '}';
    std::string input = key.access_header(token_type::jwt);
    input += '.';
    base64url_append(input, {reinterpret_cast<const std::uint8_t*>(json.data()), json.size()});
    return input;
}

std::string session_name(const key_ring& keys, const family_id& session, client_number client) {
    std::array<std::uint8_t, 20> of{};
    std::ranges::copy(session.bytes, of.begin());
    for (std::size_t i = 0; i < 4; ++i) {
        of.at(16 + i) = static_cast<std::uint8_t>(client.value >> (24 - 8 * i));
    }
    // Under the derived key, which is in every ring: a rotated capsule key changes no `sid`.
    const auto digest = keys.capsules->digest(derived_capsule_key_id, session_label,
                                              {reinterpret_cast<const char*>(of.data()), of.size()});
    constexpr std::size_t name_size = 16;
    return digest ? base64url_encode(std::span(*digest).first(name_size)) : std::string();
}

std::optional<id_token_hint> read_id_token_hint(const key_ring& keys, std::string_view token, std::string_view issuer) {
    const std::optional<compact_parts> parts = split_compact(token);
    json_part header;
    if (!parts || !header.read(parts->header) || has_forbidden_member(header)) {
        return std::nullopt;
    }
    const auto kid = header.text("kid"), algorithm = header.text("alg"), type = header.text("typ");
    const jws_key* const key = kid ? keys.find_verifying(*kid) : nullptr;
    if (key == nullptr || key->algorithm() == jws_algorithm::hs256 || algorithm != to_text(key->algorithm()) ||
        (type && *type != "JWT") || !signature_is_good(*key, *parts)) {
        return std::nullopt;
    }
    json_part payload;
    if (!payload.read(parts->payload) || payload.find("gen") != nullptr || payload.find("client_id") != nullptr) {
        return std::nullopt; // an access token that has the plain type
    }
    const auto subject = payload.text("sub"), audience = payload.text("aud"), said = payload.text("iss");
    if (!subject || !audience || said != issuer) {
        return std::nullopt;
    }
    id_token_hint hint;
    const auto [end, error] = std::from_chars(subject->data(), subject->data() + subject->size(), hint.subject.value);
    if (error != std::errc() || end != subject->data() + subject->size() || hint.subject == user_id{}) {
        return std::nullopt;
    }
    hint.client_id = *audience;
    hint.session = payload.text("sid").value_or("");
    return hint;
}

} // namespace pawl
