// Port: refresh token families. Part of core/port/store.hpp, which says how lookups and changes go.
#pragma once

#include "core/failure.hpp"
#include "core/family/decide.hpp"
#include "core/family/family.hpp"
#include "core/family/served_time.hpp"
#include "core/family/word.hpp"
#include "core/ids.hpp"
#include "core/port/durability_port.hpp"
#include "core/port/import_outcome.hpp"
#include "core/user/user.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

namespace pawl {

// One consistent look at a family: its word, its user's gate and what else it hangs on, as they were then.
struct family_state {
    family_facts facts;
    family_word word;
    user_gate gate;
    family_bonds bonds;             // open for a first-party family
    std::uint64_t user_version = 0; // of the record `gate` was read from (also a tombstone's), for observe_user
};
inline bool alive(const family_state& seen, timestamp now) {
    return alive(seen.word, seen.facts, seen.gate, seen.bonds, now);
}

// A family with the advisory record of its last use: for `/sessions`, evidence and tools.
struct family_details {
    family_state state;
    family_use last_use;
};
// The id breaks ties, so that all who order the same families order them alike.
inline bool used_before(const family_details& a, const family_details& b) {
    return std::tie(a.last_use.at, a.state.facts.created_at, a.state.facts.id) <
           std::tie(b.last_use.at, b.state.facts.created_at, b.state.facts.id);
}

struct inserted_family {
    bool exists = false; // there is a family of that id already, alive or ended: nothing was changed
    ticket wait_for = ticket::none;
};

struct exchange_result {
    exchange_outcome outcome{};
    ticket wait_for = ticket::none;
};

class family_port {
public:
    virtual ~family_port() = default;

    // --- Lookups.
    virtual std::optional<family_state> find_family(const family_id& id) const = 0;
    virtual std::optional<family_details> find_family_details(const family_id& id) const = 0;
    // The user's families in no order: the living, and of the dead the latest, a bounded number.
    virtual std::vector<family_details> families_of(user_id id) const = 0;
    // Those that are alive at `now`, and those whose end is not on disk yet: an answer that leaves the others out has
    // nothing to wait for.
    virtual std::vector<family_details> living_families_of(user_id id, timestamp /*now*/) const {
        return families_of(id);
    }
    // How many of them are alive at `now` (core/family/decide.hpp).
    virtual std::size_t count_alive(user_id id, timestamp now) const = 0;
    // The times this store was not served, as far as a window may lie across them. Never changes while it is served.
    virtual const outage_list& outages() const noexcept = 0;

    // --- Changes.
    // Inserts a new family with generation 0, word `word`, if there is none of its id: one atomic step, which decides
    // who used an authorization code. A family that a code may have made is found until its creation + code_family_kept
    // at least (core/provider/authorization_code.hpp), dead or not. user_not_found where `facts.user` was removed since
    // it was looked up.
    virtual result<inserted_family> insert_family(const family_facts& facts, family_word word,
                                                  const family_use& use) = 0;
    // Compare-exchange of the whole word, hints included. `use` becomes the family's last use where the generation
    // rises, else is not stored. A change of hints alone (facts() equal) writes no record and returns ticket::none.
    // Refused (storage_unavailable) before the CAS where the log has no room; ending a family may use the reserved
    // tail.
    virtual result<exchange_result> exchange_family(const family_id& id, family_word expected, family_word desired,
                                                    const family_use& use) = 0;
    // An access token of generation `generation` was seen: sets the confirmed hint if that is current. No record.
    virtual void confirm_family(const family_id& id, std::uint32_t generation) noexcept = 0;
    // Of another store, as it was there: word, gate and end are kept. Only what is not here yet is added; nothing is
    // ever changed. `ended_after`: seconds from its creation to its end, where it has ended; `use_generation`: of
    // `use`. Refused where its client is not here, or its epoch or its client's is still to come.
    virtual result<imported> import_family(const family_facts& facts, family_word word, std::uint32_t ended_after,
                                           std::uint32_t use_generation, const family_use& use) = 0;

    // What an answer that rests on this very word must wait for: ticket::none if it is durable already, else a record
    // of that word is enqueued here (helping is harmless: records are absolute).
    virtual result<ticket> observe_family(const family_id& id, family_word seen) = 0;
};

} // namespace pawl
