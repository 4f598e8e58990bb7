// The map of families alone: find, compare-exchange on the word in the node, insert and erase; random keys, one and two
// threads. Sizes are 10^5 and 10^6; PAWL_BENCH_ENTRIES=10000000 adds another.
#include "storage/map/hash.hpp"
#include "storage/map/rcu.hpp"
#include "storage/map/rcu_hash_map.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace pawl;
using namespace pawl::storage;

// As large as the store's node.
struct alignas(64) entry : map_link {
    family_id id;
    std::atomic<std::uint64_t> word{0};
    std::array<std::uint8_t, 80> rest{};
};
static_assert(sizeof(entry) == 128);

struct by_id {
    using key = family_id;
    static bool equal(const entry& e, const key& k) { return e.id == k; }
};

family_id random_id(std::mt19937_64& random) {
    family_id id;
    const std::uint64_t halves[2] = {random(), random()};
    std::memcpy(id.bytes.data(), halves, sizeof halves);
    return id;
}

class filled_map {
public:
    explicit filled_map(std::size_t count) : entries_(count), map_(count) {
        std::mt19937_64 random(1);
        for (entry& e : entries_) {
            e.id = random_id(random);
            const rcu_read_guard section;
            map_.insert(section, hash_of(e.id), e.id, e);
        }
    }
    ~filled_map() {
        map_.drain([](entry&) {});
    }
    filled_map(const filled_map&) = delete;
    filled_map& operator=(const filled_map&) = delete;

    rcu_hash_map<entry, by_id>& map() { return map_; }
    const family_id& id(std::uint64_t which) const { return entries_[which % entries_.size()].id; }

    // The one of this size; the one before is let go.
    static filled_map& of(std::size_t count) {
        static std::unique_ptr<filled_map> now;
        static std::size_t size = 0;
        if (size != count) {
            now.reset();
            now = std::make_unique<filled_map>(count);
            size = count;
        }
        return *now;
    }

private:
    std::vector<entry> entries_;
    rcu_hash_map<entry, by_id> map_;
};

filled_map* shared = nullptr; // made before the threads begin

void prepare(const benchmark::State& state) {
    shared = &filled_map::of(static_cast<std::size_t>(state.range(0)));
}

std::mt19937_64 random_of(const benchmark::State& state) {
    return std::mt19937_64(static_cast<std::uint64_t>(state.thread_index()) + 7);
}

void find(benchmark::State& state) {
    std::mt19937_64 random = random_of(state);
    for ([[maybe_unused]] auto _ : state) {
        const family_id& id = shared->id(random());
        const rcu_read_guard section;
        if (shared->map().find(section, hash_of(id), id) == nullptr) {
            state.SkipWithError("not there");
        }
    }
}

void compare_exchange(benchmark::State& state) {
    std::mt19937_64 random = random_of(state);
    for ([[maybe_unused]] auto _ : state) {
        const family_id& id = shared->id(random());
        const rcu_read_guard section;
        entry* const e = shared->map().find(section, hash_of(id), id);
        std::uint64_t word = e->word.load(std::memory_order_acquire);
        benchmark::DoNotOptimize(e->word.compare_exchange_strong(word, word + 1, std::memory_order_acq_rel));
    }
}

// One more entry in, and out again, so that the size stays.
void insert_and_erase(benchmark::State& state) {
    std::mt19937_64 random = random_of(state);
    auto fresh = std::make_unique<entry>();
    std::size_t since_grace = 0;
    std::vector<std::unique_ptr<entry>> erased;
    constexpr std::size_t at_once = 4096;
    for ([[maybe_unused]] auto _ : state) {
        fresh->id = random_id(random);
        {
            const rcu_read_guard section;
            shared->map().insert(section, hash_of(fresh->id), fresh->id, *fresh);
            shared->map().erase(section, *fresh);
        }
        erased.push_back(std::exchange(fresh, std::make_unique<entry>()));
        if (++since_grace == at_once) {
            state.PauseTiming();
            rcu_synchronize();
            erased.clear();
            since_grace = 0;
            state.ResumeTiming();
        }
    }
    rcu_synchronize();
}

void add(const char* name, void (*what)(benchmark::State&), std::int64_t entries) {
    for (const int threads : {1, 2}) {
        benchmark::RegisterBenchmark(name, what)->Arg(entries)->Threads(threads)->Setup(prepare)->UseRealTime();
    }
}

const bool registered = [] {
    std::vector<std::int64_t> sizes{100'000, 1'000'000};
    if (const char* const more = std::getenv("PAWL_BENCH_ENTRIES")) {
        sizes.push_back(std::atoll(more));
    }
    for (const std::int64_t entries : sizes) {
        add("map/find", find, entries);
        add("map/find and compare-exchange", compare_exchange, entries);
        add("map/insert and erase", insert_and_erase, entries);
    }
    return true;
}();

} // namespace
