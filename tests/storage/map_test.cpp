#include "storage/map/hash.hpp"
#include "storage/map/rcu.hpp"
#include "storage/map/rcu_hash_map.hpp"
#include "storage/map/slab_pool.hpp"

#include "store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <thread>

using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

struct item : map_link, reclaimable {
    explicit item(std::uint64_t k, std::atomic<int>* d = nullptr) : key(k), destroyed(d) {}
    ~item() override {
        key = ~std::uint64_t{0};
        if (destroyed != nullptr) {
            ++*destroyed;
        }
    }
    std::uint64_t key;
    std::atomic<int>* destroyed;
};
struct by_key {
    using key = std::uint64_t;
    static bool equal(const item& i, const key& k) { return i.key == k; }
};
using item_map = rcu_hash_map<item, by_key>;

// Few distinct hashes, so that chains are long.
std::uint64_t bad_hash(std::uint64_t k) {
    return k % 7;
}
std::uint64_t good_hash(std::uint64_t k) {
    return k * 0x9E3779B97F4A7C15ULL;
}

// The fullest of as many buckets as there are ids, where a map puts them by the low bits.
std::size_t fullest_bucket(const std::function<void(pawl::family_id&, std::uint16_t)>& number) {
    constexpr std::uint16_t ids = 4096;
    std::array<std::size_t, ids> buckets{};
    for (std::uint16_t i = 0; i < ids; ++i) {
        pawl::family_id id;
        number(id, i);
        ++buckets[hash_of(id) % ids];
    }
    return *std::ranges::max_element(buckets);
}
void put(pawl::family_id& id, std::size_t at, std::uint16_t value) {
    id.bytes[at] = static_cast<std::uint8_t>(value >> 8U);
    id.bytes[at + 1] = static_cast<std::uint8_t>(value & 0xffU);
}

} // namespace

BOOST_AUTO_TEST_SUITE(map)

// A seed and an import choose ids. Of 4,096 random ones the fullest bucket holds 6 or 7.
BOOST_AUTO_TEST_CASE(ids_that_follow_one_another_do_not_share_a_bucket) {
    constexpr std::size_t few = 12;
    for (std::size_t at = 0; at + 1 < pawl::family_id().bytes.size(); ++at) {
        BOOST_TEST_INFO("the number stands at byte " << at);
        BOOST_TEST(fullest_bucket([at](pawl::family_id& id, std::uint16_t i) { put(id, at, i); }) <= few);
    }
    BOOST_TEST(fullest_bucket([](pawl::family_id& id, std::uint16_t i) { // both halves the same
                   put(id, 6, i);
                   put(id, 14, i);
               }) <= few);
    BOOST_TEST(fullest_bucket([](pawl::family_id& id, std::uint16_t i) {
                   put(id, 14, static_cast<std::uint16_t>(i * 16));
               }) <= few);
}

BOOST_AUTO_TEST_CASE(of_equal_keys_only_the_first_is_inserted_also_where_hashes_collide) {
    item_map map(0);
    std::vector<std::unique_ptr<item>> items;
    for (std::uint64_t k = 0; k < 100; ++k) {
        items.push_back(std::make_unique<item>(k));
        const rcu_read_guard section;
        BOOST_TEST(map.insert(section, bad_hash(k), k, *items.back()) == nullptr);
    }
    item again(42);
    {
        const rcu_read_guard section;
        BOOST_TEST(map.insert(section, bad_hash(42), 42, again) == items[42].get());
        for (std::uint64_t k = 0; k < 100; ++k) {
            BOOST_TEST(map.find(section, bad_hash(k), k) == items[k].get());
        }
        BOOST_TEST(map.find(section, bad_hash(100), 100) == nullptr);
        BOOST_TEST(map.erase(section, *items[42]));
        BOOST_TEST(!map.erase(section, *items[42]));
        BOOST_TEST(map.find(section, bad_hash(42), 42) == nullptr);
    }
    BOOST_TEST(map.size() == 99U);
    map.drain([](item&) {});
    BOOST_TEST(map.size() == 0U);
}

BOOST_AUTO_TEST_CASE(everything_is_found_while_the_table_grows_and_shrinks) {
    item_map map(0);
    const std::uint64_t count = 20'000 * scale();
    std::vector<std::unique_ptr<item>> items;
    for (std::uint64_t k = 0; k < count; ++k) {
        items.push_back(std::make_unique<item>(k));
    }
    std::atomic<std::uint64_t> inserted{0};
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> missed{0};
    std::thread reader([&] {
        std::mt19937_64 random(3);
        while (!stop) {
            const std::uint64_t n = inserted.load();
            const std::uint64_t k = n == 0 ? 0 : random() % n;
            const rcu_read_guard section;
            if (n != 0 && map.find(section, good_hash(k), k) != items[k].get()) {
                ++missed;
            }
        }
    });
    for (std::uint64_t k = 0; k < count; ++k) {
        {
            const rcu_read_guard section;
            map.insert(section, good_hash(k), k, *items[k]);
        }
        inserted.store(k + 1);
        if (k % 1000 == 999) {
            map.resize_to_fit();
        }
    }
    BOOST_TEST(map.buckets() >= count / 2);
    stop = true;
    reader.join();
    BOOST_TEST(missed == 0U);
    for (std::uint64_t k = 100; k < count; ++k) {
        const rcu_read_guard section;
        map.erase(section, *items[k]);
    }
    BOOST_TEST(map.resize_to_fit());
    BOOST_TEST(map.buckets() == 128U); // room for twice the 100 that are left
    const rcu_read_guard section;
    for (std::uint64_t k = 0; k < 100; ++k) {
        BOOST_TEST(map.find(section, good_hash(k), k) == items[k].get());
    }
    map.drain([](item&) {});
}

BOOST_AUTO_TEST_CASE(nothing_is_freed_while_a_reader_may_hold_it) {
    std::atomic<int> destroyed{0};
    reclaimer garbage;
    auto owned = std::make_unique<item>(1, &destroyed);
    std::atomic<bool> reading{false}, go_on{false};
    std::thread reader([&] {
        const rcu_read_guard section;
        reading = true;
        while (!go_on) {
            std::this_thread::yield();
        }
        BOOST_TEST(destroyed == 0);
    });
    while (!reading) {
        std::this_thread::yield();
    }
    garbage.retire(std::move(owned));
    BOOST_TEST(garbage.pending() == 1U);
    std::thread freeing([&] { garbage.flush(); });
    go_on = true;
    reader.join();
    freeing.join();
    BOOST_TEST(destroyed == 1);
    BOOST_TEST(garbage.pending() == 0U);
    BOOST_TEST(garbage.flush() == 0U);
}

BOOST_AUTO_TEST_CASE(read_sections_nest_and_end) {
    BOOST_TEST(!rcu_read_ongoing());
    {
        const rcu_read_guard outer;
        {
            const rcu_read_guard inner;
        }
        BOOST_TEST(rcu_read_ongoing());
    }
    BOOST_TEST(!rcu_read_ongoing());
    rcu_synchronize(); // would never return where a section were left open
}

// Readers check what they find, writers insert and erase, one thread frees and resizes: sanitizers judge the rest.
BOOST_AUTO_TEST_CASE(readers_and_writers_on_the_same_keys_never_see_a_freed_node) {
    item_map map(0);
    reclaimer garbage;
    constexpr std::uint64_t keys = 64;
    const std::size_t rounds = 3000 * scale();
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> wrong{0};
    std::vector<std::thread> readers, writers;
    for (int t = 0; t < 2; ++t) {
        readers.emplace_back([&, t] {
            std::mt19937_64 random(static_cast<std::uint64_t>(t));
            while (!stop) {
                const std::uint64_t k = random() % keys;
                const rcu_read_guard section;
                const item* const found = map.find(section, good_hash(k), k);
                if (found != nullptr && found->key != k) {
                    ++wrong;
                }
            }
        });
        writers.emplace_back([&, t] {
            std::mt19937_64 random(static_cast<std::uint64_t>(100 + t));
            for (std::size_t i = 0; i < rounds; ++i) {
                const std::uint64_t k = random() % keys;
                auto fresh = std::make_unique<item>(k);
                const rcu_read_guard section;
                if (map.insert(section, good_hash(k), k, *fresh) == nullptr) {
                    static_cast<void>(fresh.release());
                } else if (item* const found = map.find(section, good_hash(k), k);
                           found != nullptr && map.erase(section, *found)) {
                    garbage.retire(std::unique_ptr<reclaimable>(found));
                }
            }
        });
    }
    std::thread upkeep([&] {
        while (!stop) {
            garbage.flush();
            map.resize_to_fit();
        }
    });
    for (std::thread& t : writers) {
        t.join();
    }
    stop = true;
    for (std::thread& t : readers) {
        t.join();
    }
    upkeep.join();
    BOOST_TEST(wrong == 0U);
    map.drain([](item& i) { delete &i; });
}

namespace {

struct block {
    explicit block(std::uint64_t v) : value(v) {}
    std::uint64_t value;
    std::array<std::uint64_t, 15> rest{};
};
using pool = slab_pool<block>;

std::set<std::uint64_t> seen_in(pool& p) {
    std::set<std::uint64_t> out;
    for (std::size_t i = 0; i < p.slab_count(); ++i) {
        std::size_t in_slab = 0;
        p.walk(i, [&](block& b) {
            BOOST_TEST(out.insert(b.value).second);
            ++in_slab;
        });
        BOOST_TEST(in_slab <= pool::nodes_per_slab);
    }
    return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(walk_sees_what_is_published_once_and_nothing_else) {
    pool p;
    std::vector<block*> blocks;
    const std::size_t count = pool::nodes_per_slab * 3 + 5;
    for (std::uint64_t i = 0; i < count; ++i) {
        blocks.push_back(new (p.allocate()) block(i));
        BOOST_TEST((reinterpret_cast<std::uintptr_t>(blocks.back()) % sizeof(block)) == 0U);
    }
    BOOST_TEST(seen_in(p).empty());
    for (block* const b : blocks) {
        p.publish(*b);
    }
    BOOST_TEST(seen_in(p).size() == count);
    for (std::uint64_t i = 0; i < count; i += 2) {
        p.unpublish(*blocks[i]);
        p.free(*blocks[i]);
    }
    const std::set<std::uint64_t> left = seen_in(p);
    BOOST_TEST(left.size() == count / 2);
    BOOST_TEST(left.count(0) == 0U);
    BOOST_TEST(left.count(1) == 1U);
    BOOST_TEST(p.nodes() == count / 2);
}

BOOST_AUTO_TEST_CASE(freed_nodes_are_reused_lowest_first_and_empty_slabs_are_given_back) {
    pool p;
    std::vector<block*> blocks;
    const std::size_t count = pool::nodes_per_slab * 4;
    for (std::uint64_t i = 0; i < count; ++i) {
        blocks.push_back(new (p.allocate()) block(i));
    }
    const std::size_t slabs = p.slab_count();
    for (std::size_t i = pool::nodes_per_slab; i < count; ++i) {
        p.free(*blocks[i]);
    }
    BOOST_TEST(p.slabs_given_back() == 3U);
    p.free(*blocks[7]);
    BOOST_TEST(p.allocate() == blocks[7]);
    for (std::size_t i = pool::nodes_per_slab; i < count; ++i) {
        BOOST_TEST(p.allocate() != nullptr);
    }
    BOOST_TEST(p.slab_count() == slabs);
    BOOST_TEST(p.nodes() == count);
}

BOOST_AUTO_TEST_CASE(threads_fill_a_pool_with_slabs_of_their_own_and_what_they_leave_is_used_later) {
    pool p;
    constexpr std::uint64_t threads = 3;
    constexpr std::uint64_t each = pool::nodes_per_slab * 20 + 3; // more than one run of slabs
    std::vector<std::thread> fillers;
    for (std::uint64_t t = 0; t < threads; ++t) {
        fillers.emplace_back([&p, t] {
            pool::filler mine(p);
            for (std::uint64_t i = 0; i < each; ++i) {
                new (mine.next()) block(t * each + i);
            }
        });
    }
    for (std::thread& t : fillers) {
        t.join();
    }
    const std::set<std::uint64_t> seen = seen_in(p);
    BOOST_TEST(seen.size() == threads * each);
    BOOST_TEST(*seen.rbegin() == threads * each - 1);
    BOOST_TEST(p.nodes() == threads * each);
    const std::size_t slabs = p.slab_count();
    std::set<block*> more; // the rest of the slabs that were begun, and those that were not
    while (p.slab_count() == slabs) {
        auto* const b = new (p.allocate()) block(1'000'000);
        BOOST_REQUIRE(more.insert(b).second);
    }
    BOOST_TEST(p.nodes() == threads * each + more.size());
    BOOST_TEST(more.size() == slabs * pool::nodes_per_slab - threads * each + 1);
    BOOST_TEST(seen_in(p).size() == threads * each);
    for (block* const b : more) {
        p.free(*b);
    }
    BOOST_TEST(p.nodes() == threads * each);
}

BOOST_AUTO_TEST_CASE(a_node_is_found_by_its_number_in_every_arena) {
    struct alignas(64) large {
        std::array<std::uint8_t, 4096> bytes;
    };
    slab_pool<large> p;
    std::vector<large*> all;
    std::set<std::uint32_t> numbers;
    const std::size_t count = slab_memory::arena_size / sizeof(large) + 100;
    for (std::size_t i = 0; i < count; ++i) {
        auto* const node = static_cast<large*>(p.allocate()); // as memory only: nothing is written
        all.push_back(node);
        BOOST_REQUIRE(numbers.insert(p.number_of(*node)).second);
    }
    for (const large* const node : all) {
        BOOST_REQUIRE(p.numbered(p.number_of(*node)) == node);
    }
}

BOOST_AUTO_TEST_SUITE_END()
