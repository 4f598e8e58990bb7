// Port: everything the services ask of storage, in the domain's words. storage/store/embedded_store implements it over
// the lock-free map and the log. Lookups and changes are synchronous by design: a store that asks a database over a
// socket can't implement it; another log can (storage/record/record_log.hpp).
//
// Three kinds of functions:
//
//   - lookups: lock-free, never block, copy what they find; any thread.
//   - changes: plain functions that publish in memory and enqueue a record in one step; they do not suspend. They give
//     a ticket. Room is reserved first, so a change either happens with its record enqueued or is refused whole
//     (storage_unavailable). Any thread that the store knows (io threads, tests).
//   - durable(ticket): completes when what the ticket stands for is on disk. Nothing that rests on a change may be told
//     to a client before (docs/on-disk.md, R1).
#pragma once

#include "core/failure.hpp"
#include "core/family/event.hpp"
#include "core/family/family.hpp"
#include "core/family/served_time.hpp"
#include "core/family/word.hpp"
#include "core/ids.hpp"
#include "core/password/hash_costs.hpp"
#include "core/port/task.hpp"
#include "core/user/user.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace pawl {

// What to wait for before answering. 0: nothing to wait for. Tickets order: a later one covers the earlier.
enum class ticket : std::uint64_t { none = 0 };
constexpr ticket later(ticket a, ticket b) {
    return a < b ? b : a;
}

// One consistent look at a family: its word and its user's gate as they were then.
struct family_state {
    family_facts facts;
    family_word word;
    user_gate gate;
    std::uint64_t user_version = 0; // of the record `gate` was read from (also a tombstone's), for observe_user
};

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

enum class exchange_outcome : std::uint8_t {
    exchanged, // the word was `expected` and is now `desired`; wait for `wait_for`
    conflict,  // the word is another by now: look again and decide again
    gone,      // no such family or user (swept)
};
struct exchange_result {
    exchange_outcome outcome{};
    ticket wait_for = ticket::none;
};

// What became of a record that another store gave (import).
enum class import_outcome : std::uint8_t {
    added,          // it is here now, as it was there
    same,           // it was here already, equal
    id_taken,       // its id is here already, with other content
    email_taken,    // another user has its email as a login name
    username_taken, // or its username
    no_user,        // of a family: its user is not here
    refused,        // it is no record this store can hold
};
struct imported {
    import_outcome outcome{};
    ticket wait_for = ticket::none; // refusals rest on something, too
};

class store {
public:
    virtual ~store() = default;

    // --- Lookups. `folded` is a login name folded by core/user/names.hpp.
    virtual std::optional<family_state> find_family(const family_id& id) const = 0;
    virtual std::optional<family_details> find_family_details(const family_id& id) const = 0;
    // The current record; null where unknown. A deleted user's tombstone is not found.
    virtual user_ptr find_user(user_id id) const = 0;
    virtual user_ptr find_user_by_login(std::string_view folded) const = 0;
    // The current records of users with ids above `after`, in the order of ids, at most `limit` of them; no tombstones.
    virtual std::vector<user_ptr> users_after(user_id after, std::size_t limit) const = 0;
    // A hash that no password verifies against and that costs what the hashes of enabled users cost: which of their
    // costs, `folded` says under `secret` (core/password/hash_costs.hpp). Empty where there are none. Takes a lock for
    // some microseconds.
    virtual std::string usual_hash(std::string_view folded, const hash_costs::key& secret) const = 0;
    // The user's families in no order: the living, and of the dead the latest, a bounded number.
    virtual std::vector<family_details> families_of(user_id id) const = 0;
    // Those that are alive at `now`, and those whose end is not on disk yet: an answer that leaves the others out has
    // nothing to wait for.
    virtual std::vector<family_details> living_families_of(user_id id, timestamp /*now*/) const {
        return families_of(id);
    }
    // How many of them are alive at `now` (core/family/decide.hpp).
    virtual std::size_t count_alive(user_id id, timestamp now) const = 0;

    // --- Family changes.
    // Inserts a new family with generation 0, word `word`. Never conflicts (the id is random). user_not_found where
    // `facts.user` was removed since it was looked up.
    virtual result<ticket> insert_family(const family_facts& facts, family_word word, const family_use& use) = 0;
    // Compare-exchange of the whole word, hints included. `use` becomes the family's last use where the generation
    // rises, else is not stored. A change of hints alone (facts() equal) writes no record and returns ticket::none.
    // Refused (storage_unavailable) before the CAS where the log has no room; ending a family may use the reserved
    // tail.
    virtual result<exchange_result> exchange_family(const family_id& id, family_word expected, family_word desired,
                                                    const family_use& use) = 0;
    // An access token of generation `generation` was seen: sets the confirmed hint if that is current. No record.
    virtual void confirm_family(const family_id& id, std::uint32_t generation) noexcept = 0;

    // --- User changes; one at a time inside, names claimed and published in the same step.
    // Gives the user its id (never given before), version 1. email_taken / username_taken: `wait_for_on_conflict` is
    // then what the refusal rests on and must be waited for too.
    struct insert_user_result {
        user_id id;
        ticket wait_for = ticket::none;
        bool email_taken = false;
        bool username_taken = false;
    };
    virtual result<insert_user_result> insert_user(const user& u) = 0;
    // Replaces the record whose version is `desired.version - 1`; claims and frees names as they change. A conflict
    // means: read again, apply again. `desired.deleted` frees both names once durable.
    struct replace_user_result {
        exchange_outcome outcome{};
        ticket wait_for = ticket::none;
        bool username_taken = false;
        bool email_taken = false;
    };
    virtual result<replace_user_result> replace_user(const user& desired) = 0;

    // --- Records of another store, as they were there: ids, versions and words are kept, gates and ends too. Only what
    // is not here yet is added; nothing is ever changed. An id that is added is not given again.
    virtual result<imported> import_user(const user& u) = 0; // a tombstone too
    // `ended_after`: seconds from its creation to its end, where it has ended; `use_generation`: of `use`.
    virtual result<imported> import_family(const family_facts& facts, family_word word, std::uint32_t ended_after,
                                           std::uint32_t use_generation, const family_use& use) = 0;

    // --- Evidence. Enqueued with the next batch; a caller that answers on it waits for the ticket.
    virtual ticket append_event(const security_event& event) = 0;

    // --- Durability.
    // What an answer that rests on this very word or version must wait for: ticket::none if it is durable already, else
    // a record of that word is enqueued here (helping is harmless: records are absolute).
    virtual result<ticket> observe_family(const family_id& id, family_word seen) = 0;
    virtual result<ticket> observe_user(user_id id, std::uint64_t version_seen) = 0;
    // What an answer that rests on no user being found by this login name must wait for: the record (a tombstone, a new
    // name) that took it from its last holder, while that is not durable.
    virtual result<ticket> observe_absence(std::string_view /*folded*/) { return ticket::none; }
    // Completes on the caller's executor: true once durable, false where storage has failed (answer 503). Not cancelled
    // by anything. With ticket::none it completes at once without suspending.
    virtual task<bool> durable(ticket t) = 0;
    // For unit tests and plain threads: whether durable(t) would complete at once with true.
    virtual bool is_durable(ticket t) const noexcept = 0;

    // Null while storage takes changes, else a static sentence that says why not (for /readyz).
    virtual const char* why_not_ready() const noexcept = 0;
    // The times this store was not served, as far as a window may lie across them. Never changes while it is served.
    virtual const outage_list& outages() const noexcept = 0;
};

} // namespace pawl
