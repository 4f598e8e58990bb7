#include "core/jwt/access_token_parts.hpp"

#include "core/text/encoding.hpp"
#include "core/text/string_pool.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace pawl {

namespace {

void append_text(std::string& out, std::string_view text) {
    base64url_append(out, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
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

} // namespace

void append_claim_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits;
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

void append_claim_date(std::string& out, timestamp when) {
    append_claim_number(out, static_cast<std::uint64_t>(std::max<std::int64_t>(when.time_since_epoch().count(), 0)));
}

void append_claim_audiences(std::string& out, std::span<const std::string> audiences) {
    if (audiences.size() == 1) {
        append_claim_text(out, audiences.front());
        return;
    }
    out += '[';
    for (const std::string& one : audiences) {
        if (&one != audiences.data()) {
            out += ',';
        }
        append_claim_text(out, one);
    }
    out += ']';
}

bool read_claim_audiences(const json_part& payload, std::vector<std::string>& audiences) {
    const json_item* const item = payload.find("aud");
    if (item == nullptr) {
        return false;
    }
    if (item->what == json_item::kind::string) {
        audiences.emplace_back(item->text);
        return !item->text.empty();
    }
    if (item->what != json_item::kind::array) {
        return false;
    }
    for (const json_item* one = payload.first(*item); one != nullptr; one = payload.next(*item, *one)) {
        if (one->what != json_item::kind::string || one->text.empty() || audiences.size() == claim_audiences_max ||
            std::ranges::find(audiences, one->text) != audiences.end()) {
            return false;
        }
        audiences.emplace_back(one->text);
    }
    return !audiences.empty();
}

std::optional<timestamp> read_not_before(const json_part& payload, timestamp issued_at) {
    const std::optional<std::int64_t> not_before = payload.integer("nbf", numeric_date_max);
    if (!not_before && payload.find("nbf") != nullptr) {
        return std::nullopt;
    }
    return std::max(issued_at, date_of(not_before.value_or(0)));
}

access_token_check check_moment(timestamp not_before, timestamp expires_at, timestamp now, seconds leeway) {
    if (not_before > now + leeway) {
        return access_token_check::issued_in_future;
    }
    return now < expires_at ? access_token_check::good : access_token_check::expired;
}

std::string sign_access_token(const jws_key& key, token_type type, std::string_view json) {
    std::string token = take_pooled_string();
    const std::string& header = key.access_header(type);
    token.reserve(header.size() + 2 * json.size() + 128); // claims a third longer, most signatures
    token += header;
    token += '.';
    append_text(token, json);
    const signature_bytes signature = key.sign(token);
    token += '.';
    base64url_append(token, signature);
    return token;
}

access_token_check open_access_token(const key_ring& keys, std::string_view token, bool takes_plain_type,
                                     signature_state signature, std::string_view& payload) {
    const std::optional<compact_parts> parts = split_compact(token);
    json_part header;
    if (!parts || !header.read(parts->header)) {
        return access_token_check::malformed;
    }
    if (has_forbidden_member(header)) {
        return access_token_check::forbidden_header;
    }
    if (!is_access_token_type(header.text("typ"), takes_plain_type)) {
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
    if (signature != signature_state::proven && !signature_is_good(*key, *parts)) {
        return access_token_check::bad_signature;
    }
    payload = parts->payload;
    return access_token_check::good;
}

} // namespace pawl
