// Writes many users and families into an open store from one thread, as fast as its log takes them: where the queue is
// full it waits for what is under way.
#pragma once

#include "core/port/mail_port.hpp"
#include "core/port/registry.hpp"
#include "core/port/store.hpp"
#include "storage/entity/family.hpp"

#include <cstdint>
#include <string>

namespace pawl::storage {

class store_filler {
public:
    // Null: no entities of the registry are added.
    explicit store_filler(store& data, registry* entities = nullptr) : data_(data), entities_(entities) {}

    // As store::import_user and import_family. Throw refused(storage_failed) where the log takes nothing for
    // wait_max.
    imported add(const user& u);
    imported add(const family_image& family);
    // As registry::import_client and its kin; a revoked token as registry::put_revoked.
    imported add(const client& c);
    imported add(const api& a);
    imported add(const scope& s);
    imported add(const revoked_token& t);
    imported add(const consent& c);
    // Throws refused(storage_failed) where it can't be: no one else changes users meanwhile.
    void replace(const user& desired);
    // As mail_port::settle_mail().
    void settle(mail_port& mails, const mail& next);
    // wait() waits for this, too.
    void expect(ticket t) { last_ = later(last_, t); }
    // Until all of it is durable. Throws refused(storage_failed).
    void wait();

    static constexpr milliseconds wait_max{60'000};

private:
    template <class Change>
    auto until_taken(const Change& change);
    template <class Change>
    imported taken(const Change& change);

    store& data_;
    registry* entities_ = nullptr;
    ticket last_ = ticket::none;
};

} // namespace pawl::storage
