// All that snapshot and log still say of one refresh token family, in order, and one sentence that answers "why was I
// logged out?". Read from the directory, beside a running server or without one; nothing is changed.
//
// Blocks on the disk and may read all of the log that is kept (some seconds for 256 MiB): never on an io thread.
#pragma once

#include "core/family/event.hpp"
#include "core/family/family.hpp"
#include "core/family/word.hpp"
#include "core/provider/client.hpp"
#include "core/user/user.hpp"
#include "storage/history/directory_view.hpp"
#include "storage/record/names.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pawl::storage {

enum class moment_kind : std::uint8_t {
    created,      // the login
    known_by,     // how a snapshot has it: what came before is no longer in the log
    rotated,      // a new generation
    replayed,     // the predecessor came back and got the same successor: so often by the next record
    healed,       // a token was ahead of the store and the store caught up
    suspected,    // replays in a row from differing places
    reuse_found,  // an old token came back: both sides of the evidence
    ahead_found,  // a token was ahead of the store, and that ended the family
    ended,        // by `status`
    gate_closed,  // all families of the user ended, but for `spared` ones, by `reason`
    gate_opened,  // the user was enabled again; what had ended stays so
    revoke_asked, // who asked for the end of this family or of all of the user's; an operator also: what was changed
};
const char* name_of(moment_kind kind) noexcept; // "created", "rotated" ...

struct timeline_moment {
    moment_kind kind{};
    timestamp_ms at{};            // service time
    std::uint64_t lsn = 0;        // of the record that says so; a snapshot's: its L
    std::uint32_t generation = 0; // created, known_by, rotated, replayed, ended: the current one
    peer_address address;         // who did it, where the record says
    std::string agent;
    family_status status{};                 // ended, known_by
    unsigned replays = 0;                   // replayed
    gate_reason reason{};                   // gate_closed
    bool spared = false;                    // gate_closed: this family went on
    std::optional<security_event> evidence; // healed, suspected, reuse_found, ahead_found, revoke_asked
};

struct timeline {
    family_id family;
    timestamp now{};    // service time that `alive` and why() go by
    bool known = false; // else nothing below is filled but what was read
    family_facts facts;
    family_word word;
    std::uint32_t ended_after = 0; // seconds from creation; 0 where live
    family_use last_use;
    bool user_known = false; // else the family's user is no longer there
    std::string user_email, user_name;
    bool user_deleted = false;
    user_gate gate;
    family_bonds bonds;                       // all open where it hangs on nothing
    std::optional<client> of_client;          // std::nullopt: the first party, or one that nothing is known of
    std::optional<timestamp> parent_ended_at; // of the browser session that it hangs on, where that was ended
    bool alive = false;

    std::vector<timeline_moment> moments; // in the order of the log
    std::uint64_t rotations_left_out = 0; // beyond moments_max the oldest rotations are

    // What was read.
    std::uint64_t first_lsn = 0, last_lsn = 0;
    timestamp_ms log_from{}, log_until{};

    static constexpr std::size_t moments_max = 10'000;
};

// `now`: service time where a server runs; else the wall clock's, and never less than the log's last. Throws refused
// where the log can't be read to its end.
timeline read_timeline(directory_view& view, const family_id& id, timestamp now);

enum class end_cause : std::uint8_t {
    unknown_family,
    alive,
    logout,
    reuse,
    admin,
    evicted,
    exhausted,
    ahead,
    superseded,
    denied,
    code_reuse,
    signed_out,
    client,
    consent,
    revoked,
    idle_expiry,
    absolute_expiry,
    logout_all,
    password_change,
    disabled,
    deleted,
    gate_closed, // for a reason this version does not know
};
const char* name_of(end_cause cause) noexcept;

struct explanation {
    end_cause cause{};
    std::string sentence; // for people: whole, with times and places, without any secret
};
// Pure: of what the timeline holds.
explanation why(const timeline& t);

} // namespace pawl::storage
