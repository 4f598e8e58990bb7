// Writes many users and families into an open store from one thread, as fast as its log takes them: where the queue is
// full it waits for what is under way.
#pragma once

#include "core/port/store.hpp"
#include "storage/entity/family.hpp"

#include <cstdint>
#include <string>

namespace pawl::storage {

class store_filler {
public:
    explicit store_filler(store& data) : data_(data) {}

    // As store::import_user and import_family. Throw refused(storage_failed) where the log takes nothing for
    // wait_max.
    imported add(const user& u);
    imported add(const family_image& family);
    // Throws refused(storage_failed) where it can't be: no one else changes users meanwhile.
    void replace(const user& desired);
    // wait() waits for this, too.
    void expect(ticket t) { last_ = later(last_, t); }
    // Until all of it is durable. Throws refused(storage_failed).
    void wait();

    static constexpr milliseconds wait_max{60'000};

private:
    template <class Change>
    auto until_taken(const Change& change);

    store& data_;
    ticket last_ = ticket::none;
};

} // namespace pawl::storage
