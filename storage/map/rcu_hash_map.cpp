#include "storage/map/rcu_hash_map.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <bit>
#include <new>

#ifdef PAWL_MAP_FAKE
#include <array>
#include <mutex>
#include <unordered_map>
#else
#include <urcu/urcu-memb.h>

#include <urcu/rculfhash.h>
#endif

namespace pawl::storage {

namespace {

// A bucket is 16 bytes of memory: one or two entries share it.
std::size_t wanted_buckets(std::size_t entries) {
    return std::clamp(std::bit_ceil((entries + 1) / 2), rcu_hash_table::buckets_min, rcu_hash_table::buckets_max);
}

// What a table of `now` buckets should have: `now` where that is right.
std::size_t fitting_buckets(std::size_t entries, std::size_t now) {
    if (entries > 2 * now) {
        return wanted_buckets(entries);
    }
    return entries < now / 4 ? wanted_buckets(entries * 2) : now;
}

} // namespace

#ifdef PAWL_MAP_FAKE

struct rcu_hash_table::table {
    static constexpr std::size_t shards = 64;
    struct shard {
        std::mutex mutex;
        std::unordered_multimap<std::uint64_t, map_link*> links;

        map_link* find(std::uint64_t hash, match_function matches, const void* key) {
            auto [from, to] = links.equal_range(hash);
            for (; from != to; ++from) {
                if (matches(*from->second, key)) {
                    return from->second;
                }
            }
            return nullptr;
        }
    };
    mutable std::array<shard, shards> all;
    shard& of(std::uint64_t hash) const { return all[hash % shards]; }
};

rcu_hash_table::rcu_hash_table(std::size_t) : table_(std::make_unique<table>()) {
    buckets_.store(buckets_min);
}

rcu_hash_table::~rcu_hash_table() {
    BOOST_ASSERT(size() == 0);
}

map_link* rcu_hash_table::find(std::uint64_t hash, match_function matches, const void* key) const noexcept {
    table::shard& s = table_->of(hash);
    const std::lock_guard lock(s.mutex);
    return s.find(hash, matches, key);
}

map_link* rcu_hash_table::insert_uncounted(std::uint64_t hash, match_function matches, const void* key,
                                           map_link& link) noexcept {
    table::shard& s = table_->of(hash);
    const std::lock_guard lock(s.mutex);
    if (map_link* const there = s.find(hash, matches, key)) {
        return there;
    }
    link.reverse_hash = hash;
    s.links.emplace(hash, &link);
    return nullptr;
}

bool rcu_hash_table::erase(map_link& link) noexcept {
    table::shard& s = table_->of(link.reverse_hash);
    const std::lock_guard lock(s.mutex);
    auto [from, to] = s.links.equal_range(link.reverse_hash);
    for (; from != to; ++from) {
        if (from->second == &link) {
            s.links.erase(from);
            size_.fetch_sub(1, std::memory_order_relaxed);
            return true;
        }
    }
    return false;
}

bool rcu_hash_table::resize_to_fit() {
    const std::size_t wanted = fitting_buckets(size(), buckets());
    return buckets_.exchange(wanted) != wanted;
}

void rcu_hash_table::grow_for(std::size_t expected) {
    buckets_.store(std::max(buckets(), wanted_buckets(expected)));
}

map_link* rcu_hash_table::take_any() {
    for (table::shard& s : table_->all) {
        const std::lock_guard lock(s.mutex);
        if (!s.links.empty()) {
            map_link* const link = s.links.begin()->second;
            s.links.erase(s.links.begin());
            size_.fetch_sub(1, std::memory_order_relaxed);
            return link;
        }
    }
    return nullptr;
}

#else

// map_link is the library's node under another name, so that its headers stay in this file.
static_assert(sizeof(map_link) == sizeof(cds_lfht_node) && alignof(map_link) == alignof(cds_lfht_node));

namespace {

cds_lfht_node* as_node(map_link* link) {
    return reinterpret_cast<cds_lfht_node*>(link);
}
map_link* as_link(cds_lfht_node* node) {
    return reinterpret_cast<map_link*>(node);
}

struct typed_key {
    rcu_hash_table::match_function matches;
    const void* key;
};

extern "C" int pawl_lfht_match(cds_lfht_node* node, const void* key) {
    const auto* const k = static_cast<const typed_key*>(key);
    return k->matches(*as_link(node), k->key) ? 1 : 0;
}

} // namespace

struct rcu_hash_table::table {
    cds_lfht* ht = nullptr;
    cds_lfht_iter teardown{};
};

rcu_hash_table::rcu_hash_table(std::size_t expected) : table_(std::make_unique<table>()) {
    const std::size_t buckets = wanted_buckets(expected);
    table_->ht = cds_lfht_new_flavor(buckets, buckets_min, 0, 0, &urcu_memb_flavor, nullptr);
    if (table_->ht == nullptr) {
        throw std::bad_alloc();
    }
    buckets_.store(buckets, std::memory_order_relaxed);
}

rcu_hash_table::~rcu_hash_table() {
    BOOST_ASSERT(!rcu_read_ongoing());
    [[maybe_unused]] const int failed = cds_lfht_destroy(table_->ht, nullptr);
    BOOST_ASSERT(failed == 0); // not empty: its nodes would dangle
}

map_link* rcu_hash_table::find(std::uint64_t hash, match_function matches, const void* key) const noexcept {
    const typed_key k{matches, key};
    cds_lfht_iter at{};
    cds_lfht_lookup(table_->ht, hash, &pawl_lfht_match, &k, &at);
    return as_link(cds_lfht_iter_get_node(&at));
}

map_link* rcu_hash_table::insert_uncounted(std::uint64_t hash, match_function matches, const void* key,
                                           map_link& link) noexcept {
    const typed_key k{matches, key};
    cds_lfht_node* const there = cds_lfht_add_unique(table_->ht, hash, &pawl_lfht_match, &k, as_node(&link));
    return there == as_node(&link) ? nullptr : as_link(there);
}

bool rcu_hash_table::erase(map_link& link) noexcept {
    if (cds_lfht_del(table_->ht, as_node(&link)) != 0) {
        return false;
    }
    size_.fetch_sub(1, std::memory_order_relaxed);
    return true;
}

bool rcu_hash_table::resize_to_fit() {
    BOOST_ASSERT(!rcu_read_ongoing()); // also registers this thread
    static_cast<void>(rcu_read_ongoing());
    const std::size_t wanted = fitting_buckets(size(), buckets());
    if (wanted == buckets()) {
        return false;
    }
    cds_lfht_resize(table_->ht, wanted);
    buckets_.store(wanted, std::memory_order_relaxed);
    return true;
}

void rcu_hash_table::grow_for(std::size_t expected) {
    BOOST_ASSERT(!rcu_read_ongoing()); // also registers this thread
    static_cast<void>(rcu_read_ongoing());
    const std::size_t wanted = wanted_buckets(expected);
    if (wanted > buckets()) {
        cds_lfht_resize(table_->ht, wanted);
        buckets_.store(wanted, std::memory_order_relaxed);
    }
}

map_link* rcu_hash_table::take_any() {
    const rcu_read_guard section;
    if (table_->teardown.node == nullptr) {
        cds_lfht_first(table_->ht, &table_->teardown);
    } else {
        cds_lfht_next(table_->ht, &table_->teardown);
    }
    cds_lfht_node* const node = cds_lfht_iter_get_node(&table_->teardown);
    if (node == nullptr) {
        return nullptr;
    }
    erase(*as_link(node));
    return as_link(node);
}

#endif

map_link* rcu_hash_table::insert(std::uint64_t hash, match_function matches, const void* key, map_link& link) noexcept {
    map_link* const there = insert_uncounted(hash, matches, key, link);
    if (there == nullptr) {
        count_inserted(1);
    }
    return there;
}

} // namespace pawl::storage
