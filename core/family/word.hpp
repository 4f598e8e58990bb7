// The whole changing state of a refresh token family in one 64-bit word, so that one compare-and-swap decides every
// race.
//
//   63      38 37        10 9    6 5         4     2 1    0
//   generation rotated_at   status confirmed replays streak
//
// A word is a value: making a changed copy never touches the family. Only storage/map does, by CAS.
#pragma once

#include <cstdint>

namespace pawl {

// Why a family is as it is. Stored on disk in 4 bits: numbers are never reused.
enum class family_status : std::uint8_t {
    live = 0,
    logout = 1,    // its user ended it (logout, DELETE /sessions)
    reuse = 2,     // an old token came back
    admin = 3,     // an operator ended it
    evicted = 4,   // the user had more than --max-sessions, or more than a client's bound of sessions of that client
    exhausted = 5, // the last generation was used up
    ahead = 6,     // a token newer than the store came under `--ahead revoke`
    // 0.1 takes a record with one of these for a broken one: they are written as record version 2.
    superseded = 7,  // another took its place
    denied = 8,      // its user said no
    code_reuse = 9,  // the authorization code that made it came back
    signed_out = 10, // its user signed out of the browser session, or another signed in there
    client = 11,     // its client was removed, or ended it
    consent = 12,    // its user withdrew what the client may
    revoked = 13,    // RFC 7009
};
inline constexpr family_status last_family_status = family_status::revoked;
constexpr bool is_status_of_first_format(family_status s) {
    return s <= family_status::ahead;
}

class family_word {
public:
    static constexpr unsigned generation_bits = 26, rotated_at_bits = 28, status_bits = 4, confirmed_bits = 1,
                              replays_bits = 3, streak_bits = 2;
    static_assert(generation_bits + rotated_at_bits + status_bits + confirmed_bits + replays_bits + streak_bits == 64);
    static constexpr std::uint32_t generation_max = (1U << generation_bits) - 1;
    static constexpr std::uint32_t rotated_at_max = (1U << rotated_at_bits) - 1; // 8.5 years
    static constexpr unsigned replays_max = 7, streak_max = 3;

    constexpr family_word() = default;
    explicit constexpr family_word(std::uint64_t bits) : bits_(bits) {}
    constexpr std::uint64_t bits() const { return bits_; }

    // The current generation; a family starts at 0.
    constexpr std::uint32_t generation() const { return static_cast<std::uint32_t>(bits_ >> 38U); }
    // Seconds from the family's creation to its last rotation; 0 until the first.
    constexpr std::uint32_t rotated_at() const { return static_cast<std::uint32_t>(bits_ >> 10U) & rotated_at_max; }
    constexpr family_status status() const { return static_cast<family_status>((bits_ >> 6U) & 0xFU); }
    constexpr bool live() const { return status() == family_status::live; }
    // The current generation is known to have reached its client.
    constexpr bool confirmed() const { return ((bits_ >> 5U) & 1U) != 0; }
    // Replays of the current generation's predecessor in case 6, saturating.
    constexpr unsigned replays() const { return static_cast<unsigned>((bits_ >> 2U) & 7U); }
    // Consecutive generations that were replayed in case 6, saturating.
    constexpr unsigned streak() const { return static_cast<unsigned>(bits_ & 3U); }

    constexpr family_word with_generation(std::uint32_t v) const { return with(38U, generation_max, v); }
    constexpr family_word with_rotated_at(std::uint32_t v) const { return with(10U, rotated_at_max, v); }
    constexpr family_word with_status(family_status v) const { return with(6U, 0xFU, static_cast<std::uint64_t>(v)); }
    constexpr family_word with_confirmed(bool v) const { return with(5U, 1U, v ? 1U : 0U); }
    constexpr family_word with_replays(unsigned v) const { return with(2U, 7U, v); }
    constexpr family_word with_streak(unsigned v) const { return with(0U, 3U, v); }

    // No window of this generation is open any more, whatever time its rotation seems to be of. It outlives every
    // merge.
    constexpr family_word with_windows_shut() const { return with_confirmed(true).with_replays(replays_max); }

    // Without the hints (confirmed, replays, streak), which no record and no wait is ever for: what durability is
    // about.
    constexpr family_word facts() const { return family_word(bits_ & ~std::uint64_t{0x3F}); }

    friend constexpr bool operator==(family_word, family_word) = default;

private:
    constexpr family_word with(unsigned shift, std::uint64_t mask, std::uint64_t v) const {
        return family_word((bits_ & ~(mask << shift)) | ((v & mask) << shift));
    }
    std::uint64_t bits_ = 0;
};

// What two records of one family amount to, in whatever order they are read (on-disk.md R5): ended beats live, then the
// higher generation; then confirmed is OR-ed, replays is the higher, and of two ends `a`'s reason stays: pass the one
// read first as `a`. Idempotent; commutative but for that reason.
family_word merge(family_word a, family_word b);

} // namespace pawl
