// The capsule of a request to be signed out.
#include "core/capsule/body.hpp"
#include "core/provider/sign_out.hpp"

namespace pawl {

namespace {

// version 1 B, flags 1 B; where the flag says so: the hint's user 8 B, client and session; then client, URI, state,
// locales.
constexpr std::uint8_t body_version = 1;
constexpr std::uint8_t flag_hint = 1;
constexpr std::size_t session_name_size_max = 64;

bool fits(const sign_out_flow& f) {
    const sign_out_request& r = f.asked;
    return r.client_id.size() <= client_id_size_max && r.post_logout_redirect_uri.size() <= client_uri_size_max &&
           r.state.size() <= state_size_max && r.ui_locales.size() <= ui_locales_size_max &&
           (!f.hint ||
            (f.hint->client_id.size() <= client_id_size_max && f.hint->session.size() <= session_name_size_max));
}

} // namespace

std::optional<secret_string> seal_sign_out(const capsule_ring& ring, const sign_out_flow& f, std::uint64_t mark,
                                           random_source& random) {
    if (!fits(f)) {
        return std::nullopt;
    }
    body_writer out;
    out.number(body_version, 1);
    out.number(f.hint ? flag_hint : 0, 1);
    if (f.hint) {
        out.number(f.hint->subject.value, 8);
        out.text(f.hint->client_id);
        out.text(f.hint->session);
    }
    out.text(f.asked.client_id);
    out.text(f.asked.post_logout_redirect_uri);
    out.text(f.asked.state);
    out.text(f.asked.ui_locales);
    return ring.seal(capsule_kind::sign_out, out.body(), mark_bytes(mark), random);
}

std::optional<sign_out_flow> open_sign_out(const capsule_ring& ring, std::string_view text, std::uint64_t mark) {
    const std::optional<capsule_ring::opened> shown = ring.open(capsule_kind::sign_out, text, mark_bytes(mark));
    if (!shown) {
        return std::nullopt;
    }
    body_reader in(shown->body);
    sign_out_flow f;
    in.require(in.number(1) == body_version);
    if (in.number(1, flag_hint) == flag_hint) {
        f.hint.emplace();
        f.hint->subject.value = in.number(8);
        f.hint->client_id = in.text(client_id_size_max);
        f.hint->session = in.text(session_name_size_max);
    }
    f.asked.client_id = in.text(client_id_size_max);
    f.asked.post_logout_redirect_uri = in.text(client_uri_size_max);
    f.asked.state = in.text(state_size_max);
    f.asked.ui_locales = in.text(ui_locales_size_max);
    return in.done() ? std::optional(std::move(f)) : std::nullopt;
}

} // namespace pawl
