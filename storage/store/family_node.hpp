// One refresh token family in memory: 128 bytes, two cache lines, and 96 more where it came from somewhere or is bound.
// Of the two lines a refresh writes into the second only for the advisory last use.
//
// Thread safety: what is const after construction may be read within the section the node was found in; `word` changes
// by compare-exchange alone; the last use is written under a tiny sequence lock that readers and writers may give up
// on, since the last use decides nothing.
#pragma once

#include "core/family/family.hpp"
#include "core/family/word.hpp"
#include "storage/entity/record_codec.hpp"
#include "storage/map/atomic.hpp"
#include "storage/map/rcu_hash_map.hpp"
#include "storage/store/agent_table.hpp"
#include "storage/store/terms_table.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace pawl::storage {

struct user_slot;

// What few families have, kept beside the node.
struct family_own {
    family_origin origin;
    std::optional<family_terms> terms; // where the table had no room for them

    // Null if `facts` have nothing of it. `terms`: what terms_table::keep() gave. Throws bad_alloc.
    static std::unique_ptr<const family_own> of(const family_facts& facts, std::uint32_t terms);
};

class alignas(64) family_node : public map_link {
public:
    // `durable_word` of a family whose creation is not durable yet. No word: its status is one that nothing has.
    static constexpr std::uint64_t nothing_durable = ~std::uint64_t{0};
    // `sweep_mark` of a node that is being dropped.
    static constexpr std::uint16_t dropping = 0xFFFF;
    // Where a user's dead families go (user_families.hpp). Only onwards.
    enum class place : std::uint8_t {
        listed,    // in the list of its user
        set_aside, // dead, among those of its user that are kept for people to look at
        surplus,   // dead, and its user has enough of those: the sweep drops it early
    };

    // Takes over one use of `agent`. `terms`: of terms_table::shared(), or unshared, and then `own` has them.
    family_node(const family_facts& facts, std::uint32_t terms, std::unique_ptr<const family_own> own, user_slot& owner,
                family_word initial, const use_view& use, agent_text* agent) noexcept;

    const family_id id;
    atomic<std::uint64_t> word;
    atomic<std::uint64_t> durable_word{nothing_durable};
    user_slot* const owner;
    atomic<family_node*> next_of_user{nullptr}; // list of the owner's families
    const timestamp created_at;
    const std::unique_ptr<const family_own> own; // null: nothing
    const std::uint32_t terms;
    const std::uint32_t epoch;

private:
    atomic<std::uint32_t> use_lock_; // generation of the last use, shifted by one; bit 0: being written

public:
    std::uint16_t sweep_mark = 0; // maintenance thread only
    atomic<bool> logged{false};   // a record of its creation has been enqueued
    atomic<place> standing{place::listed};

private:
    atomic<std::uint32_t> used_after_; // seconds from creation to the last use
    atomic<std::uint32_t> ended_after_{0};
    std::array<atomic<std::uint64_t>, 2> address_;
    atomic<agent_text*> agent_;

public:
    family_facts facts() const noexcept;
    const family_terms& its_terms() const noexcept {
        return terms == terms_table::unshared ? *own->terms : terms_table::shared().at(terms);
    }
    family_word load() const noexcept { return family_word(word.load(std::memory_order_acquire)); }

    // Within a read section: the agent's text lives as long as that.
    use_view last_use() const noexcept;
    // Makes `use` the last one where its generation is higher than the last one's. Takes over one use of `agent` and
    // returns the text that is to be released in its place.
    agent_text* set_last_use(const use_view& use, agent_text* agent) noexcept;
    // The agent, for the one who frees the node.
    agent_text* take_agent() noexcept { return agent_.exchange(nullptr, std::memory_order_relaxed); }

    // Seconds from creation to the end; 0 where live. The first one stays.
    std::uint32_t ended_after() const noexcept { return ended_after_.load(std::memory_order_relaxed); }
    void set_ended_after(std::uint32_t after) noexcept;
    // Whole seconds from creation to `t`, within what the node can hold.
    std::uint32_t seconds_until(timestamp t) const noexcept;

    // A record of `w` is on disk.
    void advance_durable(family_word w) noexcept;
    // Whether what is on disk covers `w`: recovery would come to it or to something later.
    bool durable_covers(family_word w) const noexcept;
    bool created_durably() const noexcept { return durable_word.load(std::memory_order_acquire) != nothing_durable; }
};
static_assert(sizeof(family_node) == 128);

} // namespace pawl::storage
