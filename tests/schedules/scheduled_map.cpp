// What stands in for liburcu in these tests (storage/map): the table's operations happen at one moment each, and a
// grace period ends when every section that was open at its beginning has ended, no later: freed memory is freed as
// early as the rules allow.
#include "storage/map/rcu_hash_map.hpp"
#include "tests/schedules/scheduler.hpp"

#include <boost/assert.hpp>

#include <array>
#include <unordered_map>

namespace pawl::storage {

namespace {

struct reader {
    unsigned depth = 0;
    std::uint64_t sections = 0; // begun so far
};
std::array<reader, test::parties_max + 1> readers; // the last one is the thread that runs the test

reader& this_reader() {
    return readers[test::this_party()];
}

} // namespace

rcu_read_guard::rcu_read_guard() noexcept {
    reader& me = this_reader();
    me.sections += me.depth++ == 0 ? 1U : 0U;
}

rcu_read_guard::~rcu_read_guard() {
    --this_reader().depth;
}

void rcu_synchronize() noexcept {
    BOOST_ASSERT(!rcu_read_ongoing());
    test::schedule_point();
    const auto then = readers;
    test::schedule_wait([&then] {
        for (std::size_t i = 0; i < then.size(); ++i) {
            if (then[i].depth != 0 && readers[i].depth != 0 && readers[i].sections == then[i].sections) {
                return false;
            }
        }
        return true;
    });
}

bool rcu_read_ongoing() noexcept {
    return this_reader().depth != 0;
}

struct rcu_hash_table::table {
    std::unordered_multimap<std::uint64_t, map_link*> links;

    map_link* find(std::uint64_t hash, match_function matches, const void* key) const {
        auto [from, to] = links.equal_range(hash);
        for (; from != to; ++from) {
            if (matches(*from->second, key)) {
                return from->second;
            }
        }
        return nullptr;
    }
};

rcu_hash_table::rcu_hash_table(std::size_t) : table_(std::make_unique<table>()) {
    buckets_.store(1);
}

rcu_hash_table::~rcu_hash_table() {
    BOOST_ASSERT(size() == 0);
}

map_link* rcu_hash_table::find(std::uint64_t hash, match_function matches, const void* key) const noexcept {
    BOOST_ASSERT(rcu_read_ongoing());
    test::schedule_point();
    return table_->find(hash, matches, key);
}

map_link* rcu_hash_table::insert_uncounted(std::uint64_t hash, match_function matches, const void* key,
                                           map_link& link) noexcept {
    test::schedule_point();
    if (map_link* const there = table_->find(hash, matches, key)) {
        return there;
    }
    link.reverse_hash = hash;
    table_->links.emplace(hash, &link);
    return nullptr;
}

map_link* rcu_hash_table::insert(std::uint64_t hash, match_function matches, const void* key, map_link& link) noexcept {
    map_link* const there = insert_uncounted(hash, matches, key, link);
    if (there == nullptr) {
        count_inserted(1);
    }
    return there;
}

bool rcu_hash_table::erase(map_link& link) noexcept {
    test::schedule_point();
    auto [from, to] = table_->links.equal_range(link.reverse_hash);
    for (; from != to; ++from) {
        if (from->second == &link) {
            table_->links.erase(from);
            size_.fetch_sub(1);
            return true;
        }
    }
    return false;
}

bool rcu_hash_table::resize_to_fit() {
    return false;
}

void rcu_hash_table::grow_for(std::size_t) {}

map_link* rcu_hash_table::take_any() {
    if (table_->links.empty()) {
        return nullptr;
    }
    map_link* const link = table_->links.begin()->second;
    table_->links.erase(table_->links.begin());
    size_.fetch_sub(1);
    return link;
}

} // namespace pawl::storage
