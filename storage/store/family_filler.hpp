// Many families at once, into a table that is not in use yet: what a snapshot is loaded with (docs/decisions/0016).
//
// First threads make families, each in slabs of its own and without a lock. Then all of them are put into the map and
// into their users' lists, in the order of the map's buckets: what an insert looks at is then in the cache already,
// but for the family itself, which is known long enough before to be fetched.
//
// Threads: begin() from any thread; a lane is one thread's; link() once, when no lane is in use any more.
#pragma once

#include "storage/store/family_table.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace pawl::storage {

class family_filler {
public:
    // Sized for `expected` families (a hint: that much address space a lane).
    family_filler(family_table& table, std::uint64_t expected) : table_(table), expected_(expected) {}
    family_filler(const family_filler&) = delete;
    family_filler& operator=(const family_filler&) = delete;

    class lane {
    public:
        lane(family_table& table, std::uint64_t expected);
        // A family that no other thread sees before link(); null where there is no memory for it. Takes over one use of
        // `agent`.
        family_node* make(const family_facts& facts, user_slot& owner, family_word word, const use_view& use,
                          agent_text* agent);

    private:
        friend class family_filler;
        family_table& table_;
        slab_pool<family_node>::filler slabs_;
        std::vector<std::uint64_t> made_; // bucket and number of each
    };
    lane& begin();

    // Puts in all that was made. Of two families with one id one goes in: `twice` is told of both before the other is
    // freed; it is called on several threads, perhaps at once.
    using twice_function = std::function<void(family_node& there, const family_node& other)>;
    void link(unsigned threads, const twice_function& twice);

private:
    struct part {
        std::size_t begin = 0, end = 0; // in sorted_
    };
    std::vector<part> sort(unsigned threads);
    void link(part p, const twice_function& twice);

    family_table& table_;
    const std::uint64_t expected_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<lane>> lanes_;
    std::unique_ptr<std::uint64_t[]> sorted_; // NOLINT(modernize-avoid-c-arrays): not to be written before it is filled
};

} // namespace pawl::storage
