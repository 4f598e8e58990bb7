#include "core/provider/forward_cookie.hpp"

#include "core/capsule/body.hpp"
#include "core/provider/forward.hpp"
#include "core/text/encoding.hpp"

#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>

namespace pawl {

namespace {

// Flow: version 1 B, host, return path, verifier 32 B, state 16 B, made_at 8 B. Session: version 1 B, family 16 B,
// host.
constexpr std::uint64_t body_version = 1;

} // namespace

std::string verifier_text(const forward_flow& flow) {
    return base64url_encode(flow.verifier);
}

std::string challenge_text(const forward_flow& flow) {
    const std::string verifier = verifier_text(flow);
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(verifier.data()), verifier.size());
    return base64url_encode(hash);
}

std::string state_text(const forward_flow& flow) {
    return base64url_encode(flow.state);
}

bool is_state_of(const forward_flow& flow, std::string_view came) {
    const std::string ours = state_text(flow);
    return came.size() == ours.size() && sodium_memcmp(came.data(), ours.data(), ours.size()) == 0;
}

std::optional<secret_string> seal_forward_flow(const capsule_ring& ring, const forward_flow& flow, std::uint64_t mark,
                                               random_source& random) {
    if (flow.host.size() > forward_host_size_max || flow.return_path.size() > return_path_size_max ||
        !is_capsule_date(flow.made_at)) {
        return std::nullopt;
    }
    body_writer body;
    body.number(body_version, 1);
    body.text(flow.host);
    body.text(flow.return_path);
    body.bytes(flow.verifier);
    body.bytes(flow.state);
    body.date(flow.made_at);
    return ring.seal(capsule_kind::forward_flow, body.body(), mark_bytes(mark), random);
}

std::optional<forward_flow> open_forward_flow(const capsule_ring& ring, std::string_view text, std::uint64_t mark) {
    const std::optional<capsule_ring::opened> shown = ring.open(capsule_kind::forward_flow, text, mark_bytes(mark));
    if (!shown) {
        return std::nullopt;
    }
    body_reader body(shown->body);
    body.require(body.number(1) == body_version);
    forward_flow flow;
    flow.host = body.text(forward_host_size_max);
    flow.return_path = body.text(return_path_size_max);
    body.bytes(flow.verifier);
    body.bytes(flow.state);
    flow.made_at = body.date();
    body.require(is_forward_host(flow.host) && is_return_path(flow.return_path));
    return body.done() ? std::optional(std::move(flow)) : std::nullopt;
}

secret_string seal_forward_session(const capsule_ring& ring, const forward_session& session, random_source& random) {
    body_writer body;
    body.number(body_version, 1);
    body.bytes(session.family.bytes);
    body.text(session.host);
    return ring.seal(capsule_kind::forward_session, body.body(), {}, random);
}

std::optional<forward_session> open_forward_session(const capsule_ring& ring, std::string_view text) {
    const std::optional<capsule_ring::opened> shown = ring.open(capsule_kind::forward_session, text, {});
    if (!shown) {
        return std::nullopt;
    }
    body_reader body(shown->body);
    body.require(body.number(1) == body_version);
    forward_session session;
    body.bytes(session.family.bytes);
    session.host = body.text(forward_host_size_max);
    return body.done() ? std::optional(std::move(session)) : std::nullopt;
}

} // namespace pawl
