#include "core/factor/factor_capsules.hpp"

#include "core/capsule/body.hpp"

#include <algorithm>
#include <string>

namespace pawl {

namespace {

constexpr std::uint8_t body_version = 1;
constexpr std::uint8_t flag_enrolment = 1, flag_scope = 2;
constexpr std::string_view state_label = "login step";
constexpr std::size_t device_random_size = 16;

// Too old at the edge, and one from the future (a clock was set back) is as good as too old.
bool is_within(timestamp issued, seconds ttl, timestamp now) {
    return issued <= now && now - issued < ttl;
}

void append_text(secret_bytes& to, std::string_view text) {
    for (std::size_t shift = 32; shift > 0; shift -= 8) {
        to.push_back(static_cast<std::uint8_t>(std::uint64_t{text.size()} >> (shift - 8)));
    }
    to.insert(to.end(), text.begin(), text.end());
}

struct read_step {
    login_step step;
    state_hash state{};
    std::uint8_t key_id = 0;
};
std::optional<read_step> read_login_step(const capsule_ring& ring, std::string_view text, std::uint64_t mark) {
    const std::optional<capsule_ring::opened> shown = ring.open(capsule_kind::login_step, text, mark_bytes(mark));
    if (!shown) {
        return std::nullopt;
    }
    body_reader in(shown->body);
    read_step out;
    out.key_id = shown->key_id;
    in.require(in.number(1) == body_version);
    const std::uint64_t flags = in.number(1, flag_enrolment | flag_scope);
    out.step.is_enrolment = (flags & flag_enrolment) != 0;
    out.step.issued = in.date();
    out.step.user.value = in.number(8);
    in.bytes(out.state);
    out.step.name = in.text(step_name_size_max);
    std::string scope = in.text(step_scope_size_max);
    if ((flags & flag_scope) != 0) {
        out.step.scope = std::move(scope);
    }
    return in.done() ? std::optional(std::move(out)) : std::nullopt;
}

} // namespace

state_hash login_state_of(const capsule_ring& ring, std::uint8_t key_id, const user& u) {
    secret_bytes state;
    append_text(state, u.password_hash);
    append_text(state, std::to_string(u.gate.epoch));
    append_text(state, std::to_string(u.factor_epoch));
    const auto digest = ring.digest(key_id, state_label, {reinterpret_cast<const char*>(state.data()), state.size()});
    state_hash out{};
    if (digest) {
        std::copy_n(digest->begin(), out.size(), out.begin());
    }
    return out;
}

secret_string seal_login_step(const capsule_ring& ring, const login_step& step, const user& u, std::uint64_t mark,
                              random_source& random) {
    body_writer out;
    out.number(body_version, 1);
    out.number((step.is_enrolment ? flag_enrolment : 0U) | (step.scope ? flag_scope : 0U), 1);
    out.date(step.issued);
    out.number(step.user.value, 8);
    out.bytes(login_state_of(ring, ring.sealing_id(), u));
    out.text(std::string_view(step.name).substr(0, step_name_size_max));
    out.text(step.scope.value_or(""));
    return ring.seal(capsule_kind::login_step, out.body(), mark_bytes(mark), random);
}

std::optional<login_step> peek_login_step(const capsule_ring& ring, std::string_view text, std::uint64_t mark) {
    std::optional<read_step> read = read_login_step(ring, text, mark);
    return read ? std::optional(std::move(read->step)) : std::nullopt;
}

opened_step open_login_step(const capsule_ring& ring, std::string_view text, const user& u, std::uint64_t mark,
                            timestamp now) {
    opened_step out;
    std::optional<read_step> read = read_login_step(ring, text, mark);
    if (!read || read->step.user != u.id) {
        return out;
    }
    if (!is_within(read->step.issued, login_step_ttl, now)) {
        out.is = step_state::expired;
        return out;
    }
    const state_hash state = login_state_of(ring, read->key_id, u);
    out.is = constant_time_equal(state, read->state) ? step_state::good : step_state::overtaken;
    out.step = std::move(read->step);
    return out;
}

secret_string seal_enrolment(const capsule_ring& ring, const enrolment& e, std::uint64_t mark, random_source& random) {
    body_writer out;
    out.number(body_version, 1);
    out.date(e.issued);
    out.number(e.user.value, 8);
    out.number(e.factor.number, 4);
    out.number(e.factor.key_id, 1);
    out.bytes(e.factor.salt);
    out.number(e.factor.digits, 1);
    out.number(e.factor.period, 1);
    out.number(e.factor.algorithm, 1);
    return ring.seal(capsule_kind::enrol, out.body(), mark_bytes(mark), random);
}

std::optional<enrolment> open_enrolment(const capsule_ring& ring, std::string_view text, std::uint64_t mark) {
    const std::optional<capsule_ring::opened> shown = ring.open(capsule_kind::enrol, text, mark_bytes(mark));
    if (!shown) {
        return std::nullopt;
    }
    body_reader in(shown->body);
    enrolment out;
    in.require(in.number(1) == body_version);
    out.issued = in.date();
    out.user.value = in.number(8);
    out.factor.number = static_cast<std::uint32_t>(in.number(4));
    out.factor.key_id = static_cast<std::uint8_t>(in.number(1));
    in.bytes(out.factor.salt);
    out.factor.digits = static_cast<std::uint8_t>(in.number(1));
    out.factor.period = static_cast<std::uint8_t>(in.number(1));
    out.factor.algorithm = static_cast<std::uint8_t>(in.number(1));
    in.require(is_sound_totp(out.factor.digits, out.factor.period, out.factor.algorithm));
    return in.done() ? std::optional(std::move(out)) : std::nullopt;
}

secret_string seal_device(const capsule_ring& ring, const user& u, timestamp now, std::uint64_t mark,
                          random_source& random) {
    std::array<std::uint8_t, device_random_size> unique{};
    random.fill(unique);
    body_writer out;
    out.number(body_version, 1);
    out.date(now);
    out.number(u.id.value, 8);
    out.number(u.factor_epoch, 8);
    out.bytes(unique);
    return ring.seal(capsule_kind::device, out.body(), mark_bytes(mark), random);
}

bool is_remembered_device(const capsule_ring& ring, std::string_view text, const user& u, std::uint64_t mark,
                          seconds ttl, timestamp now) {
    const std::optional<capsule_ring::opened> shown = ring.open(capsule_kind::device, text, mark_bytes(mark));
    if (!shown) {
        return false;
    }
    body_reader in(shown->body);
    std::array<std::uint8_t, device_random_size> unique{};
    in.require(in.number(1) == body_version);
    const timestamp issued = in.date();
    const bool is_users = in.number(8) == u.id.value;
    const bool is_of_epoch = in.number(8) == u.factor_epoch;
    in.bytes(unique);
    return in.done() && is_users && is_of_epoch && is_within(issued, ttl, now);
}

} // namespace pawl
