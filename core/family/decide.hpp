// What a presented refresh token leads to. The only place in the program that decides it: a pure function over the
// table of docs/architecture.md ("What a presented token leads to"), first match wins.
#pragma once

#include "core/clock.hpp"
#include "core/family/family.hpp"
#include "core/family/served_time.hpp"
#include "core/family/word.hpp"
#include "core/user/user.hpp"

#include <cstdint>

namespace pawl {

// Wc and Wr, and what a token newer than the store leads to.
enum class ahead_policy : std::uint8_t { revoke, heal };
struct refresh_policy {
    seconds reuse_window{10};         // Wc; 0 admits nothing
    seconds lost_response_window{60}; // Wr; Wc <= Wr
    ahead_policy ahead = ahead_policy::revoke;
    bool counts_replays = true; // false: case 6 takes any number of them (browser sessions)
};

// A genuine token's place in its family, as presented; the MAC has been checked by then (case 1 is the codec's).
struct presented_token {
    std::uint32_t generation = 0;
    client_number client;
    bool binding_matches = true;     // false: the family is bound to another key or certificate (case 3)
    bool sender_constrained = false; // a proof of possession was shown and is valid (case 7)
};

enum class verdict : std::uint8_t {
    expired,       // 2a  session_expired
    revoked,       // 2b  session_revoked
    mismatch,      // 3   invalid_refresh_token, nothing changed
    rotate,        // 4   CAS to next; reply with generation next.generation()
    replay,        // 5, 6, 7: reply with generation current; in 6 CAS to next (counts), in 5 and 7 next == word
    reuse,         // 8, 9: CAS to next (ended); refresh_token_reused
    ahead_revoked, // 10  CAS to next (ended); session_revoked
    healed,        // 10  CAS to next (g+1)
    exhausted,     // 4 or 10 at the last generation: CAS to next (ended); session_revoked
};

struct decision {
    verdict what{};
    std::uint8_t table_case = 0; // 2..10 as in the table, for logs and metrics (2a and 2b are both 2)
    family_word next;            // the word to CAS to; equal to the word decided on where nothing changes
    bool suspected = false;      // case 6 whose streak reached 3: the caller compares addresses and agents
};

// Pure. `word`, `facts` and `gate` are one consistent read of the family; a failed CAS decides again on a fresh one.
// `outages`: the windows run in time served.
decision decide(family_word word, const family_facts& facts, const user_gate& gate, const family_bonds& bonds,
                const presented_token& presented, timestamp now, const refresh_policy& policy,
                const outage_list& outages);

// Whether a family may still be used: the word is live, it has not expired, its user is enabled, its epoch is the
// user's or it is the user's survivor, and its bonds hold. Used by refresh, replay, bearer checks, `/sessions`, sweep
// and metrics alike.
bool alive(family_word word, const family_facts& facts, const user_gate& gate, const family_bonds& bonds,
           timestamp now);

// Whether nothing but time, or a disabled user, keeps a family from being used: the word is live and the gate is open
// to it. Neither is for good: a clock that was wrong comes right, a user is enabled again. So a family
// is ended while this is true, and the question which tokens may come back is asked here.
bool may_live(family_word word, const family_facts& facts, const user_gate& gate);

} // namespace pawl
