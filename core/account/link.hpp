// Links in mails. A link is a capsule (pml_) and no row: it says what it is for, for whom, since when and how long, and
// it carries a hash of exactly that part of the user's record that its use changes. So it is dead once it was used, or
// once anything that it rests on was changed, and nothing is stored, swept or stolen for it. Pure; any thread.
#pragma once

#include "core/capsule/capsule.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/user/names.hpp"
#include "core/user/user.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

// In capsules: numbers are never reused.
enum class link_purpose : std::uint8_t {
    verify_email = 1,   // the address of the account is its user's
    reset_password = 2, // a new password without the old one
    change_email = 3,   // `address` becomes the account's
    undo_email = 4,     // `address`, given up before, becomes the account's again
    sign_up = 5,        // `address` gets an account, which does not exist yet
    invite = 6,         // an operator made the account; it gets its password
};
inline constexpr std::uint8_t link_purpose_max = 6;

constexpr seconds life_of(link_purpose purpose) {
    using enum link_purpose;
    switch (purpose) {
    case verify_email:
        return seconds(86400);
    case reset_password:
        return seconds(1800);
    case change_email:
    case sign_up:
        return seconds(3600);
    case undo_email:
    case invite:
        return seconds(7 * 86400);
    }
    return seconds(0);
}
inline constexpr seconds link_life_max{30 * 86400}; // an operator may give an invitation so long
// A link may be this much younger than now is: service time starts a little before records that no answer waited for.
inline constexpr seconds link_in_future_max{60};

inline constexpr std::size_t link_state_size = 16;
using link_state = std::array<std::uint8_t, link_state_size>;

struct mail_link {
    link_purpose purpose{};
    timestamp issued{};
    seconds life{};
    user_id user;        // 0: there is no account yet (sign_up)
    link_state state{};  // of the user, as it was when the link was wanted
    std::string address; // change_email, undo_email, sign_up; else empty

    friend bool operator==(const mail_link&, const mail_link&) = default;
};

// What the use of such a link changes, of this user, as bytes; no two states are the same bytes. verify_email: the
// address and whether it is verified. reset_password: hash, epoch, factor epoch, address. change_email: address, epoch.
// invite: address, hash, epoch, whether it is enabled. undo_email, sign_up: nothing, see decide_link().
secret_string bound_state(link_purpose purpose, const user& u);
// Keyed: a link tells nothing of it. std::nullopt if the ring has no such key.
std::optional<link_state> bound_state_hash(const capsule_ring& ring, std::uint8_t key_id, link_purpose purpose,
                                           const user& u);
// Of the same bytes, for a record in the log, which has all of them already. No key: it outlives a rotation.
std::array<std::uint8_t, 8> state_tag(link_purpose purpose, const user& u);

// A link as it came back, with what it takes to look at the state again.
struct opened_link {
    mail_link link;
    std::uint8_t key_id = 0;
};

// The text of a link for this user as it is now; `u` null: of no user (sign_up). `mark`: registry::history_mark(),
// bound in. std::nullopt if the address is longer than one may be.
std::optional<secret_string> seal_link(const capsule_ring& ring, link_purpose purpose, const user* u, timestamp issued,
                                       seconds life, std::string_view address, std::uint64_t mark,
                                       random_source& random);
// The same for a link whose state is known.
std::optional<secret_string> seal_link(const capsule_ring& ring, const mail_link& link, std::uint64_t mark,
                                       random_source& random);
// std::nullopt if it is not ours.
std::optional<opened_link> open_link(const capsule_ring& ring, std::string_view text, std::uint64_t mark);

enum class link_decision : std::uint8_t {
    good,
    link_invalid, // of another purpose
    link_expired,
    link_used,    // used, or overtaken by another change
    already_done, // verify_email: the address is verified, so a second click is told so, however late
};

// `u`: the user now, null where there is none (any more). For sign_up none is asked for: whether the address is free is
// seen when it is claimed. What was used is said to be so even if it is too old, too.
link_decision decide_link(const capsule_ring& ring, const opened_link& shown, link_purpose wanted, const user* u,
                          timestamp now);

} // namespace pawl
