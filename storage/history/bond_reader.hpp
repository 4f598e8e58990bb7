// What one session hangs on, as log and snapshots have it: its client's record, and its browser session.
#pragma once

#include "core/family/family.hpp"
#include "core/provider/client.hpp"
#include "core/user/user.hpp"
#include "storage/history/timeline.hpp"
#include "storage/record/record.hpp"

#include <optional>

namespace pawl::storage {

class bond_reader {
public:
    explicit bond_reader(const family_facts& of) : of_(of) {}

    // Whether it hangs on anything: else there is nothing to read.
    bool hangs() const { return of_.client >= first_registered_client || has_parent(); }
    // Whether all that it hangs on was met. Of a record the newest counts, in whatever order they are read.
    bool met_all() const;
    void take(const record_view& record);

    // Sets `bonds`, `of_client` and `parent_ended_at` of `out`, whose gate is known by then. What was not met is dead.
    void tell(timeline& out) const;

private:
    bool has_parent() const { return of_.origin.parent != family_id{}; }
    bool is_of_parent(const record_view& record) const;
    family_bonds bonds(const user_gate& gate) const;
    std::optional<timestamp> parent_ended_at() const;
    void merge_parent(family_word word, std::uint32_t ended_after, const record_view& record);

    const family_facts of_;
    std::optional<client> client_;       // a tombstone, too
    std::optional<family_facts> parent_; // its words may be met before
    family_word parent_word_;
    std::uint32_t parent_ended_after_ = 0; // 0: not said
    timestamp parent_end_recorded_{};
};

} // namespace pawl::storage
