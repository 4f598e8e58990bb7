#include "core/provider/client_secret.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace pawl {

namespace {

constexpr std::size_t number_size = 4, id_size = 16, body_size = number_size + id_size;
constexpr std::string_view given_label = "client secret";

using made_body = std::array<std::uint8_t, body_size>;

void put_number(std::span<std::uint8_t> out, client_number number) {
    for (std::size_t i = 0; i < number_size; ++i) {
        out[i] = static_cast<std::uint8_t>(number.value >> (24 - 8 * i));
    }
}

client_secret_entry entry_of(client_secret_entry::kind what, std::uint8_t key_id, std::uint32_t serial, timestamp now,
                             timestamp expires_at) {
    client_secret_entry entry;
    entry.serial = serial;
    entry.what = what;
    entry.key_id = key_id;
    entry.created_at = now;
    entry.expires_at = expires_at;
    return entry;
}

// The body that a made secret with this entry has, sealed under its key.
bool is_made(const std::optional<capsule_ring::opened>& shown, client_number of, const client_secret_entry& entry) {
    if (!shown) {
        return false;
    }
    made_body expected{};
    put_number(expected, of);
    std::copy_n(entry.proof.begin(), id_size, expected.begin() + number_size);
    const bool same_body = constant_time_equal(expected, shown->body);
    return same_body && shown->key_id == entry.key_id;
}

bool is_given(const capsule_ring& ring, std::string_view text, const client_secret_entry& entry) {
    const auto shown = ring.digest(entry.key_id, given_label, text);
    return shown && constant_time_equal(*shown, entry.proof);
}

} // namespace

made_secret make_client_secret(const capsule_ring& ring, client_number of, std::uint32_t serial, timestamp now,
                               timestamp expires_at, random_source& random) {
    made_secret made;
    made.entry = entry_of(client_secret_entry::kind::made, ring.sealing_id(), serial, now, expires_at);
    random.fill(std::span(made.entry.proof).first<id_size>());
    made_body body{};
    put_number(body, of);
    std::copy_n(made.entry.proof.begin(), id_size, body.begin() + number_size);
    made.text = ring.seal(capsule_kind::client_secret, body, {}, random);
    return made;
}

client_secret_entry digest_given_secret(const capsule_ring& ring, std::string_view text, std::uint32_t serial,
                                        timestamp now, timestamp expires_at) {
    const std::uint8_t key_id = ring.sealing_id();
    client_secret_entry entry = entry_of(client_secret_entry::kind::given, key_id, serial, now, expires_at);
    entry.proof = ring.digest(key_id, given_label, text).value(); // the key that seals is there
    return entry;
}

bool is_secret_of(const capsule_ring& ring, const client& c, std::string_view text, timestamp now) {
    if (text.empty() || text.size() > client_secret_size_max) {
        return false;
    }
    const std::optional<capsule_ring::opened> shown = ring.open(capsule_kind::client_secret, text, {});
    bool found = false;
    for (const client_secret_entry& entry : c.secrets) { // all of them: which one it was shows in no time
        const bool is_it = entry.what == client_secret_entry::kind::made ? is_made(shown, c.number, entry)
                                                                         : is_given(ring, text, entry);
        const bool good = entry.good_at(now);
        found = found || (is_it && good);
    }
    return found;
}

bool needs_capsule_key(const client& c, std::uint8_t key_id, timestamp now) {
    return std::ranges::any_of(
        c.secrets, [&](const client_secret_entry& entry) { return entry.key_id == key_id && entry.good_at(now); });
}

} // namespace pawl
