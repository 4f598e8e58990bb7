#include "core/provider/authorization_code.hpp"

#include "core/capsule/body.hpp"
#include "core/hmac_sha256.hpp"
#include "core/provider/scope_bytes.hpp"
#include "core/provider/user_grant.hpp"
#include "core/text/ascii.hpp"

#include <sodium/crypto_generichash.h>

#include <algorithm>

namespace pawl {

namespace {

// version 1 B, F 16 B, client 4 B, user 8 B, epochs 4 B and 4 B, version of the consent 8 B, session 16 B, flags 1 B,
// issued_at 8 B, expires_at 8 B, auth_time 8 B, acr 1 B, amr 2 B, scopes 32 B, APIs 2 B each, claims 4 B and 4 B, hash
// of the redirect URI 16 B, the challenge 32 B where its flag says so; the rest is the nonce.
constexpr std::uint8_t body_version = 1;
constexpr std::uint8_t flag_bound = 1, flag_uri_given = 2, flag_challenge = 4, flags_all = 7;
// RFC 7636 4.1.
constexpr std::size_t verifier_size_min = 43, verifier_size_max = 128;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool fits(const authorization_code& code) {
    return code.nonce.size() <= nonce_size_max && is_capsule_date(code.issued_at) && is_capsule_date(code.expires_at) &&
           is_capsule_date(code.auth_time);
}

std::uint8_t flags_of(const authorization_code& code) {
    return static_cast<std::uint8_t>((code.bound ? flag_bound : 0) | (code.redirect_uri_given ? flag_uri_given : 0) |
                                     (code.code_challenge ? flag_challenge : 0));
}

bool is_verifier(std::string_view text) {
    return text.size() >= verifier_size_min && text.size() <= verifier_size_max &&
           std::ranges::all_of(
               text, [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~'; });
}

// RFC 7636 4.6; one without the other does not match (RFC 9700 2.1.1).
bool is_proven(const authorization_code& code, const std::optional<std::string_view>& verifier) {
    if (!code.code_challenge || !verifier) {
        return !code.code_challenge && !verifier;
    }
    return is_verifier(*verifier) && constant_time_equal(sha256(bytes_of(*verifier)), *code.code_challenge);
}

// RFC 6749 4.1.3: sent where the request had one. What is sent is the one that the code went to, also where the client
// has only one and the request did not name it.
bool is_same_uri(const authorization_code& code, const presented_code& shown) {
    return shown.redirect_uri_sent
               ? constant_time_equal(hash_of_redirect_uri(shown.redirect_uri), code.redirect_uri_hash)
               : !code.redirect_uri_given;
}

} // namespace

authorization_code code_for(const authorization_request& asked, const authorization_step& decided, const client& who,
                            const catalogue& all, const signed_in& browser, std::uint16_t amr, timestamp now) {
    authorization_code code;
    code.grant = asked.grant;
    code.client = who.number;
    code.user = browser.user->id;
    code.user_epoch = browser.user->gate.epoch;
    code.client_epoch = who.epoch;
    code.consent_version = decided.consent_version;
    code.session = browser.session;
    code.bound = browser.session != family_id{} && is_bound(who, decided.granted);
    code.issued_at = now;
    code.expires_at = now + code_ttl;
    code.auth_time = browser.auth_time;
    code.acr = told_acr(asked, browser.acr).value_or(browser.acr);
    code.amr = amr;
    code.scopes = decided.granted;
    if (const auto apis =
            apis_of_grant(who, all, asked.resources, decided.granted)) { // decided: there are not too many
        std::ranges::transform(*apis, code.apis.begin(), &api_number::value);
    }
    if (has(decided.granted, builtin_scope::openid)) {
        code.userinfo_claims = asked.userinfo_claims;
        code.id_token_claims = asked.id_token_claims;
    }
    code.redirect_uri_hash = hash_of_redirect_uri(asked.redirect_uri);
    code.redirect_uri_given = asked.redirect_uri_given;
    code.code_challenge = asked.code_challenge;
    code.nonce = asked.nonce;
    return code;
}

bool is_bound(const client& who, const scope_set& granted) {
    return who.bind == client_binding::session && !has(granted, builtin_scope::offline_access);
}

std::optional<secret_string> seal_code(const capsule_ring& ring, const authorization_code& code, std::uint64_t mark,
                                       random_source& random) {
    if (!fits(code)) {
        return std::nullopt;
    }
    body_writer out;
    out.number(body_version, 1);
    out.bytes(code.grant.bytes);
    out.number(code.client.value, 4);
    out.number(code.user.value, 8);
    out.number(code.user_epoch, 4);
    out.number(code.client_epoch, 4);
    out.number(code.consent_version, 8);
    out.bytes(code.session.bytes);
    out.number(flags_of(code), 1);
    out.date(code.issued_at);
    out.date(code.expires_at);
    out.date(code.auth_time);
    out.number(code.acr, 1);
    out.number(code.amr, 2);
    write_scopes(out, code.scopes);
    for (const std::uint16_t api : code.apis) {
        out.number(api, 2);
    }
    out.number(code.userinfo_claims, 4);
    out.number(code.id_token_claims, 4);
    out.bytes(code.redirect_uri_hash);
    if (code.code_challenge) {
        out.bytes(*code.code_challenge);
    }
    out.rest(code.nonce);
    return ring.seal(capsule_kind::authorization_code, out.body(), mark_bytes(mark), random);
}

std::optional<authorization_code> open_code(const capsule_ring& ring, std::string_view text, std::uint64_t mark) {
    const std::optional<capsule_ring::opened> shown =
        ring.open(capsule_kind::authorization_code, text, mark_bytes(mark));
    if (!shown) {
        return std::nullopt;
    }
    body_reader in(shown->body);
    authorization_code code;
    in.require(in.number(1) == body_version);
    in.bytes(code.grant.bytes);
    code.client.value = static_cast<std::uint32_t>(in.number(4));
    code.user.value = in.number(8);
    code.user_epoch = static_cast<std::uint32_t>(in.number(4));
    code.client_epoch = static_cast<std::uint32_t>(in.number(4));
    code.consent_version = in.number(8);
    in.bytes(code.session.bytes);
    const std::uint64_t flags = in.number(1, flags_all);
    code.bound = (flags & flag_bound) != 0;
    code.redirect_uri_given = (flags & flag_uri_given) != 0;
    code.issued_at = in.date();
    code.expires_at = in.date();
    code.auth_time = in.date();
    code.acr = static_cast<std::uint8_t>(in.number(1));
    code.amr = static_cast<std::uint16_t>(in.number(2));
    code.scopes = read_scopes(in);
    for (std::uint16_t& api : code.apis) {
        api = static_cast<std::uint16_t>(in.number(2));
    }
    code.userinfo_claims = static_cast<claim_set>(in.number(4));
    code.id_token_claims = static_cast<claim_set>(in.number(4));
    in.bytes(code.redirect_uri_hash);
    if ((flags & flag_challenge) != 0) {
        in.bytes(code.code_challenge.emplace());
    }
    code.nonce = in.rest(nonce_size_max);
    return in.done() ? std::optional(std::move(code)) : std::nullopt;
}

std::array<std::uint8_t, 16> hash_of_redirect_uri(std::string_view uri) {
    std::array<std::uint8_t, 16> hash{};
    static_assert(hash.size() == crypto_generichash_BYTES_MIN);
    crypto_generichash(hash.data(), hash.size(), bytes_of(uri).data(), uri.size(), nullptr, 0);
    return hash;
}

code_verdict check_code(const authorization_code& code, const presented_code& shown, const code_surroundings& now) {
    if (shown.client != code.client || !is_same_uri(code, shown) || !is_proven(code, shown.code_verifier)) {
        return code_verdict::mismatch;
    }
    // One of a time to come was made before a clock was set back: it would be good for longer than it was told.
    const bool is_of_now = code.issued_at <= now.now && now.now < code.expires_at;
    const bool stands = is_of_now && now.user_admits && now.client_admits && now.session_lives && now.consent_stands;
    return stands ? code_verdict::good : code_verdict::stale;
}

} // namespace pawl
