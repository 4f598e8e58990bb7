#include "core/jwt/access_token.hpp"

#include "core/family/word.hpp"
#include "core/jwt/access_token_parts.hpp"
#include "core/jwt/compact_jws.hpp"
#include "core/text/plain_text.hpp"
#include "core/text/string_pool.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace pawl {

namespace {

void append_claims(std::string& out, const access_claims_view& claims) {
    out += R"({"iss":)";
    append_claim_text(out, claims.issuer);
    out += R"(,"sub":)";
    if (claims.subject_name.empty()) {
        out += '"';
        append_claim_number(out, claims.subject.value);
        out += '"';
    } else {
        append_claim_text(out, claims.subject_name);
    }
    if (!claims.audiences.empty()) {
        out += R"(,"aud":)";
        append_claim_audiences(out, claims.audiences);
    } else if (!claims.audience.empty()) {
        out += R"(,"aud":)";
        append_claim_text(out, claims.audience);
    }
    out += R"(,"exp":)";
    append_claim_date(out, claims.expires_at);
    out += R"(,"iat":)";
    append_claim_date(out, claims.issued_at);
    out += R"(,"jti":)";
    append_claim_text(out, claims.jwt_id);
    out += R"(,"client_id":)";
    append_claim_text(out, claims.client_id);
    out += R"(,"sid":")";
    append_hex(out, claims.session);
    out += R"(","gen":)";
    append_claim_number(out, claims.generation);
    out += claims.members;
    out += '}';
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

// Types and ranges, nothing that depends on the moment.
bool read_claims(const json_part& payload, const access_token_expectations& expected, access_claims& claims) {
    const auto issuer = payload.text("iss"), audience = payload.text("aud"), subject = payload.text("sub"),
               jwt_id = payload.text("jti"), client = payload.text("client_id"), session = payload.text("sid");
    const auto expires = payload.integer("exp", numeric_date_max), issued = payload.integer("iat", numeric_date_max),
               generation = payload.integer("gen", family_word::generation_max);
    const bool any = expected.audiences == audience_rule::any;
    if (any && payload.find("aud") != nullptr && !read_claim_audiences(payload, claims.audiences)) {
        return false;
    }
    if (!issuer || (!any && !audience && !expected.audience.empty()) || !subject || !session || !expires || !issued ||
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
    claims.issued_at = date_of(*issued);
    claims.expires_at = date_of(*expires);
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
    const std::optional<timestamp> not_before = read_not_before(payload, read.issued_at);
    if (!not_before) {
        return access_token_check::bad_claims;
    }
    if (read.issuer != expected.issuer) {
        return access_token_check::wrong_issuer;
    }
    const bool has_audience = payload.find("aud") != nullptr;
    if (expected.audiences == audience_rule::exactly &&
        (read.audience != expected.audience || has_audience == expected.audience.empty())) {
        return access_token_check::wrong_audience;
    }
    if (const json_item* const scope = payload.find("scope"); scope != nullptr) {
        if (scope->what != json_item::kind::string) {
            return access_token_check::bad_claims;
        }
        read.scope = scope->text;
    }
    read.not_before = *not_before;
    const access_token_check moment = check_moment(read.not_before, read.expires_at, expected.now, expected.leeway);
    if (moment != access_token_check::issued_in_future) {
        claims = std::move(read);
    }
    return moment;
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
    std::string token = sign_access_token(key, claims.type, json);
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
                                      const access_token_expectations& expected, access_claims& claims,
                                      signature_state signature) {
    std::string_view payload;
    const access_token_check outer = open_access_token(keys, token, expected.takes_plain_type, signature, payload);
    return outer == access_token_check::good ? check_payload(payload, expected, claims) : outer;
}

} // namespace pawl
