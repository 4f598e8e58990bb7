// A user as one immutable, versioned record. A change is a new record with version + 1, compare-exchanged on the old.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/user/factor.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace pawl {

// Why a user's gate last closed on families of older epochs. Stored on disk: numbers are never reused.
enum class gate_reason : std::uint8_t {
    none = 0,
    logout_all = 1,
    password_change = 2,
    disabled = 3,
    deleted = 4,
    restored = 5
};

// What decides, together with the word, whether a family of this user is alive. Written with the rest of the record, so
// ending all families of a user is atomic and costs the same for any number of them.
struct user_gate {
    std::uint32_t epoch = 0; // families of another epoch are dead, but for the survivor
    family_id survivor{};    // all zero: none
    bool enabled = true;     // false: disabled or deleted; every family is dead
    gate_reason reason = gate_reason::none;
    timestamp changed_at{};

    friend bool operator==(const user_gate&, const user_gate&) = default;

    // The last epoch. A gate that reached it admits nothing any more: one more could not be told from the first.
    static constexpr std::uint32_t epoch_max = std::numeric_limits<std::uint32_t>::max();

    constexpr bool admits(const family_id& id, std::uint32_t family_epoch) const {
        return enabled && is_open_to(id, family_epoch);
    }
    // Whether this family is admitted as soon as the user is enabled. Once false, it is false for good.
    constexpr bool is_open_to(const family_id& id, std::uint32_t family_epoch) const {
        return epoch != epoch_max && (family_epoch == epoch || (survivor != family_id{} && id == survivor));
    }
    // Closes it on the families of every epoch until now.
    constexpr void raise_epoch() { epoch = epoch == epoch_max ? epoch_max : epoch + 1; }
};

// Bytes of user::attributes and of user::locale.
inline constexpr std::size_t attributes_size_max = 4096, locale_size_max = 35;

// An address that the account gave up. It is no login name any more, and no other account may have it until then: a
// change of the address can be undone for so long.
struct former_address {
    std::string email; // as it was
    timestamp until{};

    friend bool operator==(const former_address&, const former_address&) = default;
};
inline constexpr seconds former_address_life{7 * 86400};
inline constexpr std::size_t former_addresses_max = 3;

struct user {
    user_id id;
    std::uint64_t version = 1; // +1 with every change
    std::string email;         // as typed; ASCII (core/user/names.hpp)
    std::string username;      // NFC, as typed; may equal the email
    std::string first_name;
    std::string surname;
    std::string password_hash; // PHC or crypt form; never leaves the store but to be verified
    std::vector<std::string> roles;
    std::string attributes; // a JSON object, compact; empty: none (core/provider/attributes.hpp)
    bool email_verified = false;
    bool is_superuser = false;
    bool must_change_password = false;
    bool pending_approval = false; // signed up, and no operator has allowed it yet
    bool no_notices = false;       // wants no mails that only tell of something
    bool deleted = false;          // a tombstone: names and hash are empty; kept so that its families stay dead
    timestamp created_at{};
    timestamp password_changed_at{}; // these three: 1970 where it never was
    timestamp email_verified_at{};
    timestamp undo_floor{};           // changes of the address that were asked for until then can't be undone
    std::uint64_t factor_epoch = 0;   // remembered devices of another one are forgotten
    std::string locale;               // BCP 47; empty: as the server has it
    std::uint32_t next_factor = 0;    // the highest number that a factor ever had
    std::vector<user_factor> factors; // in the order of their numbers
    std::vector<former_address> former_addresses;
    user_gate gate;

    friend bool operator==(const user&, const user&) = default;
};

using user_ptr = std::shared_ptr<const user>;

} // namespace pawl
