// Port: mails that wait, and what became of them. storage/store/embedded_store implements it. Lookups and changes as in
// core/port/store.hpp: synchronous, any thread; a change publishes in memory and enqueues its record in one step.
//
// Mails that belong to a change of a user go with it, in one group: insert_user() and replace_user() of
// core/port/record_port.hpp, and change_user(..., mails) of core/service/user_change.hpp.
#pragma once

#include "core/failure.hpp"
#include "core/mail/mail.hpp"
#include "core/port/durability_port.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace pawl {

// Is told of each mail that begins to wait. Called in the step that publishes it, under a lock: it must not block, nor
// call the store, but may keep what it is given. `rests_on`: nothing may be sent before that is durable.
class mail_listener {
public:
    virtual ~mail_listener() = default;
    virtual void mail_wanted(const mail_ptr& m, ticket rests_on) noexcept = 0;
};

using mail_counts = std::array<std::size_t, static_cast<std::size_t>(last_mail_status) + 1>;

class mail_port {
public:
    virtual ~mail_port() = default;

    // --- Lookups. They take a lock for some microseconds.
    virtual mail_ptr find_mail(const mail_id& id) const = 0; // null: unknown, or forgotten since it is final
    // In the order of ids, which is that of time: those after `after` (from the first one where std::nullopt), at most
    // `limit`.
    virtual std::vector<mail_ptr> mails_after(const std::optional<mail_id>& after, std::size_t limit) const = 0;
    // By status (index: mail_status).
    virtual mail_counts count_mails() const = 0;

    // --- Changes.
    // A mail of its own: no user changes with it. Nothing is sent before the ticket is durable. validation_failed where
    // it is not sound, not waiting, or its id is taken; storage_unavailable.
    virtual result<ticket> want_mail(const mail& m) = 0;
    // What became of a known one: another status, more attempts, a later time. ticket::none where it is not newer than
    // what is known (is_newer()): then nothing changes. What is not worth waiting for is not waited for.
    virtual result<ticket> settle_mail(const mail& next) = 0;
    // From now on `who` is told; null: none is. Any thread. Once it is back the one before is not called any more.
    virtual void set_mail_listener(mail_listener* who) = 0;
};

} // namespace pawl
