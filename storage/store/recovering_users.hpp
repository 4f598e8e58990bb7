// Users while they are recovered: found by number, since a family names its user by it and most users come after their
// families, and with login names only once all records are read.
//
// Threads: as said at each function; what changes one user is under one of a few locks.
#pragma once

#include "core/user/user.hpp"
#include "storage/exit_code.hpp"
#include "storage/record/recovery.hpp"
#include "storage/store/user_table.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace pawl::storage {

class recovering_users {
public:
    explicit recovering_users(user_table& table) : table_(table) {}
    ~recovering_users();
    recovering_users(const recovering_users&) = delete;
    recovering_users& operator=(const recovering_users&) = delete;

    void expect(const snapshot_counts& counts);

    // From here to link() users are in no table: no one looks for them there, and threads need no lock.
    void begin_snapshot() { linked_ = false; }
    // The user's place, made where there is none. Any thread.
    user_slot& slot_of(user_id id);
    // A record of it: counts where it is newer. Any thread.
    void apply(user_ptr record);
    // The end of a snapshot: into the table.
    void link(unsigned threads);

    // The end of all records: no slot is found by its number any more. Indexes the names; throws refused where two
    // users have one. Gives the slots that no record told of.
    std::vector<user_slot*> finish(unsigned threads);
    std::uint64_t highest_id() const noexcept { return highest_; }

private:
    user_slot& make(user_id id);
    user_slot& find_or_add(user_id id);
    void index_names(user_slot& slot, const user& u);
    // Once every name that is a user's is in: what users gave up and no other has.
    void index_former_names();

    user_table& table_;
    std::vector<std::atomic<user_slot*>> by_number_;
    bool linked_ = true;        // what is in by_number_ is in the table
    std::uint64_t highest_ = 0; // of those in the table; under its mutex
    std::array<std::mutex, 64> changing_;
    std::mutex noting_;
    std::vector<user_slot*> with_former_names_; // under noting_
};

} // namespace pawl::storage
