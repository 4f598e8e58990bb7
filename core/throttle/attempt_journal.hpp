// Which refused logins (and in another journal, which replays of refresh tokens) become records of the log: enough to
// see an attack, never so many that one fills the disk. Of each account and kind one a minute; of all together
// `records_per_minute_max`. The others are counted, and the next record says how many they were. Counts that no record
// has said yet are forgotten at a stop.
//
// All memory is taken at construction. Pure: time is a parameter. Not synchronised.
#pragma once

#include "core/clock.hpp"
#include "core/family/event.hpp"
#include "core/random_source.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl {

// Attempts that were counted but not recorded since the last record.
struct unrecorded_attempts {
    std::uint32_t of_account = 0; // of this account and kind
    std::uint32_t of_others = 0;  // of whatever accounts, since a record was last made of any
};

class attempt_journal {
public:
    static constexpr std::size_t accounts_max = 1024; // remembered at once
    static constexpr seconds interval{60};
    static constexpr std::uint32_t records_per_minute_max = 120;

    // `random` gives the key that accounts are hashed under.
    explicit attempt_journal(random_source& random);

    // An attempt on `account` (a folded login name; of replays: the family's id). Nothing: it is only counted. Else: it
    // is worth a record, which says these numbers.
    std::optional<unrecorded_attempts> note(event_kind kind, std::string_view account, timestamp now);

private:
    struct slot {
        std::uint64_t key = 0; // 0: empty
        timestamp recorded_at{};
        std::uint32_t unrecorded = 0;
    };

    std::array<std::uint8_t, 16> key_{};
    std::array<slot, accounts_max> slots_{};
    timestamp minute_{};
    std::uint32_t records_ = 0; // in this minute
    std::uint32_t others_ = 0;
};

} // namespace pawl
