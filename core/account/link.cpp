#include "core/account/link.hpp"

#include "core/capsule/body.hpp"

#include <sodium.h>

#include <algorithm>

namespace pawl {

namespace {

// version 1 B, purpose 1 B, issued 8 B, life 4 B, user 8 B, state 16 B, then the address.
constexpr std::uint8_t body_version = 1;
constexpr std::string_view state_label = "state of a link";

constexpr bool has_address(link_purpose purpose) {
    return purpose == link_purpose::change_email || purpose == link_purpose::undo_email ||
           purpose == link_purpose::sign_up;
}
constexpr bool has_user(link_purpose purpose) {
    return purpose != link_purpose::sign_up;
}

bool is_sound(const mail_link& l) {
    const bool addressed =
        has_address(l.purpose) ? !l.address.empty() && l.address.size() <= email_size_max : l.address.empty();
    return addressed && has_user(l.purpose) == (l.user.value != 0) && l.life > seconds(0) && l.life <= link_life_max &&
           is_capsule_date(l.issued);
}

std::string_view as_text(const secret_bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

secret_string bound_state(link_purpose purpose, const user& u) {
    using enum link_purpose;
    body_writer out;
    out.number(static_cast<std::uint8_t>(purpose), 1);
    out.number(u.id.value, 8);
    switch (purpose) {
    case verify_email:
        out.text(u.email);
        out.number(u.email_verified ? 1 : 0, 1);
        break;
    case reset_password:
        out.text(u.password_hash);
        out.number(u.gate.epoch, 4);
        out.number(u.factor_epoch, 8);
        out.text(u.email);
        break;
    case change_email:
        out.text(u.email);
        out.number(u.gate.epoch, 4);
        break;
    case invite:
        out.text(u.email);
        out.text(u.password_hash);
        out.number(u.gate.epoch, 4);
        out.number(u.gate.enabled ? 1 : 0, 1);
        break;
    case undo_email: // a thief's next change must not kill it: undo_floor ends it
    case sign_up:
        break;
    }
    return secret_string(as_text(out.body()));
}

std::optional<link_state> bound_state_hash(const capsule_ring& ring, std::uint8_t key_id, link_purpose purpose,
                                           const user& u) {
    const auto whole = ring.digest(key_id, state_label, bound_state(purpose, u).reveal());
    if (!whole) {
        return std::nullopt;
    }
    link_state state{};
    std::copy_n(whole->begin(), state.size(), state.begin());
    return state;
}

std::array<std::uint8_t, 8> state_tag(link_purpose purpose, const user& u) {
    const secret_string state = bound_state(purpose, u);
    const std::string_view bytes = state.reveal();
    std::array<std::uint8_t, crypto_generichash_BYTES_MIN> whole{};
    crypto_generichash(whole.data(), whole.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                       nullptr, 0);
    std::array<std::uint8_t, 8> tag{};
    std::copy_n(whole.begin(), tag.size(), tag.begin());
    return tag;
}

std::optional<secret_string> seal_link(const capsule_ring& ring, link_purpose purpose, const user* u, timestamp issued,
                                       seconds life, std::string_view address, std::uint64_t mark,
                                       random_source& random) {
    mail_link l{purpose, issued, life, u == nullptr ? user_id{} : u->id, {}, std::string(address)};
    if (u != nullptr) {
        const std::optional<link_state> state = bound_state_hash(ring, ring.sealing_id(), purpose, *u);
        if (!state) {
            return std::nullopt;
        }
        l.state = *state;
    }
    return seal_link(ring, l, mark, random);
}

std::optional<secret_string> seal_link(const capsule_ring& ring, const mail_link& l, std::uint64_t mark,
                                       random_source& random) {
    if (!is_sound(l)) {
        return std::nullopt;
    }
    body_writer out;
    out.number(body_version, 1);
    out.number(static_cast<std::uint8_t>(l.purpose), 1);
    out.date(l.issued);
    out.number(static_cast<std::uint64_t>(l.life.count()), 4);
    out.number(l.user.value, 8);
    out.bytes(l.state);
    out.rest(l.address);
    return ring.seal(capsule_kind::mail_link, out.body(), mark_bytes(mark), random);
}

std::optional<opened_link> open_link(const capsule_ring& ring, std::string_view text, std::uint64_t mark) {
    const std::optional<capsule_ring::opened> shown = ring.open(capsule_kind::mail_link, text, mark_bytes(mark));
    if (!shown) {
        return std::nullopt;
    }
    body_reader in(shown->body);
    opened_link out;
    out.key_id = shown->key_id;
    mail_link& l = out.link;
    in.require(in.number(1) == body_version);
    const std::uint64_t purpose = in.number(1, link_purpose_max);
    in.require(purpose != 0);
    l.purpose = static_cast<link_purpose>(purpose);
    l.issued = in.date();
    l.life = seconds(static_cast<std::int64_t>(in.number(4)));
    l.user.value = in.number(8);
    in.bytes(l.state);
    l.address = in.rest(email_size_max);
    return in.done() && is_sound(l) ? std::optional(std::move(out)) : std::nullopt;
}

namespace {

enum class state_now : std::uint8_t { same, moved, done };

state_now look_at_state(const capsule_ring& ring, const opened_link& shown, const user& u) {
    const mail_link& l = shown.link;
    if (l.purpose == link_purpose::undo_email) {
        return l.issued > u.undo_floor ? state_now::same : state_now::moved;
    }
    if (bound_state_hash(ring, shown.key_id, l.purpose, u) == l.state) {
        return state_now::same;
    }
    if (l.purpose == link_purpose::verify_email && u.email_verified) {
        user before = u;
        before.email_verified = false;
        if (bound_state_hash(ring, shown.key_id, l.purpose, before) == l.state) {
            return state_now::done;
        }
    }
    return state_now::moved;
}

} // namespace

link_decision decide_link(const capsule_ring& ring, const opened_link& shown, link_purpose wanted, const user* u,
                          timestamp now) {
    const mail_link& l = shown.link;
    if (l.purpose != wanted) {
        return link_decision::link_invalid;
    }
    if (has_user(l.purpose)) {
        if (u == nullptr || u->id != l.user || u->deleted) {
            return link_decision::link_used; // the account was removed
        }
        switch (look_at_state(ring, shown, *u)) {
        case state_now::moved:
            return link_decision::link_used;
        case state_now::done:
            return link_decision::already_done;
        case state_now::same:
            break;
        }
    }
    if (now >= l.issued + l.life || l.issued > now + link_in_future_max) {
        return link_decision::link_expired;
    }
    return link_decision::good;
}

} // namespace pawl
