// The image of a store's state: users, families and all other entities in plain containers, built from records by the
// rules of recovery (docs/on-disk.md, R5). History, backups, exports and tools read it; the server has tables of its
// own (storage/store/recovery.cpp). Memory grows with users and families, not with the log. One thread.
#pragma once

#include "core/family/family.hpp"
#include "core/family/word.hpp"
#include "core/user/user.hpp"
#include "storage/entity/family.hpp"
#include "storage/entity/plain.hpp"
#include "storage/map/hash.hpp"
#include "storage/record/record.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace pawl::storage {

struct past_family {
    family_facts facts;
    family_word word;
    std::uint32_t ended_after = 0; // seconds from creation; 0 where live
    std::uint32_t use_generation = 0;
    timestamp used_at{};
    peer_address address;
    const std::string* agent = nullptr; // in state_image::agents
};
// With texts of its own.
family_image image_of(const past_family& f);

struct state_image {
    std::map<std::uint64_t, user> users; // tombstones too
    std::unordered_map<family_id, past_family, family_id_hash> families;
    std::unordered_set<std::string> agents;
    std::unique_ptr<plain_tables> plain = std::make_unique<plain_tables>(); // all other entities

    // Of a damaged store (salvage): of two users with one login name the one whose record is the older goes, and
    // `notes` name it. Else such a store is refused.
    bool tolerant = false;
    std::vector<std::string> notes;

    std::uint64_t next_user_id = 1; // above all that were read; the caller raises it to what snapshot and manifest say
    std::uint64_t words_without_family = 0;

    state_image() = default;
    state_image(state_image&&) = default; // families point into agents, whose nodes stay
    state_image& operator=(state_image&&) = default;
    state_image(const state_image&) = delete;
    state_image& operator=(const state_image&) = delete;
    ~state_image() = default;

    // Throws refused for what makes no sense, as a start of the server would.
    void apply(const record_view& record);
    // Drops families whose user is not there, consents whose user or client is not, and words of
    // factors that their user does not have. How many families were dropped.
    std::uint64_t settle();

    const user* user_of(const past_family& f) const;
    bool alive(const past_family& f, timestamp now) const;
    // In the order of user, creation, id.
    std::vector<const past_family*> sorted_families() const;

private:
    // What it hangs on beside its user; an unknown client or browser session is dead.
    family_bonds bonds_of(const past_family& f, const user_gate& gate) const;

    // One for each record that changes the state.
    void apply(user& u, const record_view& record);
    void apply(const family_created_record& r, const record_view& record);
    void apply(const family_word_record& r, const record_view& record);
    template <plain_entity Record>
    void apply(Record& r, const record_view& /*record*/) {
        plain->of<Record>().take(std::move(r));
    }

    void merge_into(past_family& f, family_word word, std::uint32_t ended_after, const use_view& use,
                    const record_view& record);
    void take_use(past_family& f, const use_view& use);
    void drop_orphaned_consents();
    void drop_orphaned_factors();

    std::unordered_map<std::uint64_t, std::uint64_t> last_lsn_; // of each user's current record, where tolerant
};

} // namespace pawl::storage
