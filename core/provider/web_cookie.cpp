#include "core/provider/web_cookie.hpp"

#include "core/capsule/body.hpp"
#include "core/family/word.hpp"

namespace pawl {

namespace {

// version 1 B, session 16 B, generation 4 B, set_at 8 B, auth_time 8 B, acr 1 B, amr 2 B.
constexpr std::uint64_t body_version = 1;

} // namespace

secret_string seal_web_cookie(const capsule_ring& ring, const web_cookie& cookie, random_source& random) {
    body_writer body;
    body.number(body_version, 1);
    body.bytes(cookie.session.bytes);
    body.number(cookie.generation, 4);
    body.date(cookie.set_at);
    body.date(cookie.auth_time);
    body.number(cookie.acr, 1);
    body.number(cookie.amr, 2);
    return ring.seal(capsule_kind::web_session, body.body(), {}, random);
}

std::optional<web_cookie> open_web_cookie(const capsule_ring& ring, std::string_view text) {
    const std::optional<capsule_ring::opened> shown = ring.open(capsule_kind::web_session, text, {});
    if (!shown) {
        return std::nullopt;
    }
    body_reader body(shown->body);
    body.require(body.number(1) == body_version);
    web_cookie cookie;
    body.bytes(cookie.session.bytes);
    cookie.generation = static_cast<std::uint32_t>(body.number(4, family_word::generation_max));
    cookie.set_at = body.date();
    cookie.auth_time = body.date();
    cookie.acr = static_cast<std::uint8_t>(body.number(1));
    cookie.amr = static_cast<std::uint16_t>(body.number(2));
    return body.done() ? std::optional(cookie) : std::nullopt;
}

} // namespace pawl
