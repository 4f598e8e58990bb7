// Port: the records of users, and evidence. Part of core/port/store.hpp, which says how lookups and changes go.
#pragma once

#include "core/failure.hpp"
#include "core/family/event.hpp"
#include "core/ids.hpp"
#include "core/mail/mail.hpp"
#include "core/password/hash_costs.hpp"
#include "core/port/durability_port.hpp"
#include "core/port/import_outcome.hpp"
#include "core/user/user.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

class record_port {
public:
    virtual ~record_port() = default;

    // --- Lookups. `folded` is a login name folded by core/user/names.hpp.
    // The current record; null where unknown. A deleted user's tombstone is not found.
    virtual user_ptr find_user(user_id id) const = 0;
    virtual user_ptr find_user_by_login(std::string_view folded) const = 0;
    // The current records of users with ids above `after`, in the order of ids, at most `limit` of them; no tombstones.
    virtual std::vector<user_ptr> users_after(user_id after, std::size_t limit) const = 0;
    // A hash that no password verifies against and that costs what the hashes of enabled users cost: which of their
    // costs, `folded` says under `secret` (core/password/hash_costs.hpp). Empty where there are none. Takes a lock for
    // some microseconds.
    virtual std::string usual_hash(std::string_view folded, const hash_costs::key& secret) const = 0;

    // --- Changes; one at a time inside, names claimed and published in the same step.
    // `mails` (at most mails_of_a_change_max, sound, waiting) begin to wait with the change: their records are one
    // group with the user's, of which a crash leaves all or none. Of a new user their `user` is set. Where nothing is
    // changed nothing is sent. validation_failed: a mail that is not so, or whose id is taken.
    //
    // Gives the user its id (never given before), version 1. email_taken / username_taken: `wait_for_on_conflict` is
    // then what the refusal rests on and must be waited for too.
    struct insert_user_result {
        user_id id;
        ticket wait_for = ticket::none;
        bool email_taken = false;
        bool username_taken = false;
    };
    virtual result<insert_user_result> insert_user(const user& u, std::span<const mail> mails) = 0;
    result<insert_user_result> insert_user(const user& u) { return insert_user(u, {}); }
    // Replaces the record whose version is `desired.version - 1`; claims and frees names as they change. A conflict
    // means: read again, apply again. `desired.deleted` frees both names once durable.
    struct replace_user_result {
        exchange_outcome outcome{};
        ticket wait_for = ticket::none;
        bool username_taken = false;
        bool email_taken = false;
    };
    virtual result<replace_user_result> replace_user(const user& desired, std::span<const mail> mails) = 0;
    result<replace_user_result> replace_user(const user& desired) { return replace_user(desired, {}); }
    // Of another store, as it was there: id and version are kept; a tombstone too. Only what is not here yet is added;
    // nothing is ever changed. An id that is added is not given again.
    virtual result<imported> import_user(const user& u) = 0;

    // What an answer that rests on this very version must wait for: ticket::none if it is durable already, else a
    // record of it is enqueued here, with the mails that it came with (helping is harmless: records are absolute).
    virtual result<ticket> observe_user(user_id id, std::uint64_t version_seen) = 0;
    // What an answer that rests on no user being found by this login name must wait for: the record (a tombstone, a new
    // name) that took it from its last holder, while that is not durable.
    virtual result<ticket> observe_absence(std::string_view /*folded*/) { return ticket::none; }

    // --- Evidence. Enqueued with the next batch; a caller that answers on it waits for the ticket.
    virtual ticket append_event(const security_event& event) = 0;
};

} // namespace pawl
