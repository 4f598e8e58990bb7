#include "core/provider/opaque_token.hpp"

#include "core/capsule/body.hpp"
#include "core/provider/client.hpp"

#include <utility>

namespace pawl {

namespace {

static_assert(opaque_apis_max >= client_apis_max, "a token for all APIs of a client");

// Of a client: version 1 B, jti 16 B, client 4 B, stamp 8 B, issued_at 8 B, expires_at 8 B, count of APIs 1 B, 2 B
// each; the rest is the scope. Of a user: version 1 B, jti 16 B, family 16 B, generation 4 B, flags 1 B, then the same
// from issued_at on.
constexpr std::uint8_t body_version = 1, session_version = 2;
constexpr std::uint8_t flag_us = 1, flag_userinfo = 2, flags_all = 3;
constexpr std::size_t head_size = 55, api_size = 2; // the longer one's
static_assert(head_size + opaque_apis_max * api_size + opaque_scope_size_max <= capsule_body_size_max);

template <class Token>
bool fits(const Token& token) {
    return token.apis.size() <= opaque_apis_max && token.scope.size() <= opaque_scope_size_max &&
           is_capsule_date(token.issued_at) && is_capsule_date(token.expires_at);
}

template <class Token>
void write_terms(body_writer& out, const Token& token) {
    out.date(token.issued_at);
    out.date(token.expires_at);
    out.number(token.apis.size(), 1);
    for (const api_number api : token.apis) {
        out.number(api.value, api_size);
    }
    out.rest(token.scope);
}

template <class Token>
void read_terms(body_reader& in, Token& token) {
    token.issued_at = in.date();
    token.expires_at = in.date();
    for (std::uint64_t count = in.number(1, opaque_apis_max); count > 0; --count) {
        token.apis.push_back({static_cast<std::uint16_t>(in.number(api_size))});
    }
    token.scope = in.rest(opaque_scope_size_max);
}

} // namespace

std::optional<secret_string> make_opaque_token(const capsule_ring& ring, const opaque_token& token,
                                               random_source& random) {
    if (!fits(token)) {
        return std::nullopt;
    }
    body_writer out;
    out.number(body_version, 1);
    out.bytes(token.id.bytes);
    out.number(token.client.value, 4);
    out.number(token.stamp, 8);
    write_terms(out, token);
    return ring.seal(capsule_kind::access_token, out.body(), {}, random);
}

std::optional<opaque_token> open_opaque_token(const capsule_ring& ring, std::string_view text) {
    const std::optional<capsule_ring::opened> shown = ring.open(capsule_kind::access_token, text, {});
    if (!shown) {
        return std::nullopt;
    }
    body_reader in(shown->body);
    opaque_token token;
    in.require(in.number(1) == body_version);
    in.bytes(token.id.bytes);
    token.client.value = static_cast<std::uint32_t>(in.number(4));
    token.stamp = in.number(8);
    read_terms(in, token);
    return in.done() ? std::optional(std::move(token)) : std::nullopt;
}

std::optional<secret_string> make_opaque_session_token(const capsule_ring& ring, const opaque_session_token& token,
                                                       random_source& random) {
    if (!fits(token)) {
        return std::nullopt;
    }
    body_writer out;
    out.number(session_version, 1);
    out.bytes(token.id.bytes);
    out.bytes(token.session.bytes);
    out.number(token.generation, 4);
    out.number((token.for_us ? flag_us : 0U) | (token.for_userinfo ? flag_userinfo : 0U), 1);
    write_terms(out, token);
    return ring.seal(capsule_kind::access_token, out.body(), {}, random);
}

std::optional<opaque_session_token> open_opaque_session_token(const capsule_ring& ring, std::string_view text) {
    const std::optional<capsule_ring::opened> shown = ring.open(capsule_kind::access_token, text, {});
    if (!shown) {
        return std::nullopt;
    }
    body_reader in(shown->body);
    opaque_session_token token;
    in.require(in.number(1) == session_version);
    in.bytes(token.id.bytes);
    in.bytes(token.session.bytes);
    token.generation = static_cast<std::uint32_t>(in.number(4));
    const std::uint64_t flags = in.number(1, flags_all);
    token.for_us = (flags & flag_us) != 0;
    token.for_userinfo = (flags & flag_userinfo) != 0;
    read_terms(in, token);
    return in.done() ? std::optional(std::move(token)) : std::nullopt;
}

} // namespace pawl
