#include "storage/store/family_filler.hpp"

#include "storage/on_threads.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <new>
#include <utility>

namespace pawl::storage {

namespace {

// Buckets of one part: what a thread works on (them, the ones that follow them in the list, the families in them) fits
// the cache of one core.
constexpr std::size_t part_buckets = std::size_t{1} << 12U;
constexpr std::size_t parts_max = 2048;
// How many families ahead the next one is fetched, and then its user.
constexpr std::size_t node_ahead = 24, owner_ahead = 12;

constexpr unsigned bucket_shift = 32;

std::uint64_t pack(std::uint64_t bucket, std::uint32_t number) {
    return bucket << bucket_shift | number;
}

void prefetch(const void* at) {
    __builtin_prefetch(at, 1);
}

} // namespace

family_filler::lane::lane(family_table& table, std::uint64_t expected) : table_(table), slabs_(table.slabs_) {
    made_.reserve(expected);
}

family_node* family_filler::lane::make(const family_facts& facts, user_slot& owner, family_word word,
                                       const use_view& use, agent_text* agent) {
    const std::uint32_t terms = terms_table::shared().keep(terms_of(facts));
    auto own = family_own::of(facts, terms);
    void* const memory = slabs_.next();
    if (memory == nullptr) {
        return nullptr;
    }
    auto* const node = ::new (memory) family_node(facts, terms, std::move(own), owner, word, use, agent);
    made_.push_back(pack(hash_of(facts.id) & (table_.buckets() - 1), table_.slabs_.number_of(*node)));
    return node;
}

family_filler::lane& family_filler::begin() {
    const std::lock_guard lock(mutex_);
    lanes_.push_back(std::make_unique<lane>(table_, expected_));
    return *lanes_.back();
}

// By the upper bits of the bucket: counted, then each where its part is.
std::vector<family_filler::part> family_filler::sort(unsigned threads) {
    const std::size_t buckets = table_.buckets();
    BOOST_ASSERT(std::has_single_bit(buckets));
    const std::size_t parts = std::clamp(buckets / part_buckets, std::size_t{1}, parts_max);
    const auto shift = bucket_shift + static_cast<unsigned>(std::countr_zero(buckets / parts));
    std::vector<std::vector<std::size_t>> places(lanes_.size(), std::vector<std::size_t>(parts));
    const auto for_each_lane = [&](const auto& visit) {
        std::atomic<std::size_t> next{0};
        on_threads(threads, [&] {
            for (std::size_t i = next++; i < lanes_.size(); i = next++) {
                visit(lanes_[i]->made_, places[i]);
            }
        });
    };
    for_each_lane([shift](const std::vector<std::uint64_t>& made, std::vector<std::size_t>& counts) {
        for (const std::uint64_t entry : made) {
            ++counts[entry >> shift];
        }
    });
    std::vector<part> out(parts);
    std::size_t total = 0;
    for (std::size_t p = 0; p < parts; ++p) {
        out[p].begin = total;
        for (std::vector<std::size_t>& lane_places : places) {
            total += std::exchange(lane_places[p], total);
        }
        out[p].end = total;
    }
    sorted_.reset(new std::uint64_t[total]);
    for_each_lane([this, shift](std::vector<std::uint64_t>& made, std::vector<std::size_t>& to) {
        for (const std::uint64_t entry : made) {
            sorted_[to[entry >> shift]++] = entry;
        }
        std::vector<std::uint64_t>().swap(made);
    });
    return out;
}

void family_filler::link(unsigned threads, const twice_function& twice) {
    for (const std::unique_ptr<lane>& l : lanes_) {
        l->slabs_.finish();
    }
    const std::vector<part> parts = sort(threads);
    std::atomic<std::size_t> next{0};
    on_threads(threads, [&] {
        for (std::size_t i = next++; i < parts.size(); i = next++) {
            link(parts[i], twice);
        }
    });
    lanes_.clear();
    sorted_.reset();
}

void family_filler::link(part p, const twice_function& twice) {
    slab_pool<family_node>& slabs = table_.slabs_;
    const auto at = [&](std::size_t i) { return slabs.numbered(static_cast<std::uint32_t>(sorted_[i])); };
    std::array<int, 16> by_status{};
    std::size_t inserted = 0;
    const rcu_read_guard section;
    for (std::size_t i = p.begin; i < p.end; ++i) {
        if (i + node_ahead < p.end) {
            prefetch(at(i + node_ahead));
        }
        if (i + owner_ahead < p.end) {
            prefetch(&at(i + owner_ahead)->owner->families);
        }
        family_node& node = *at(i);
        family_node* const there = table_.map_->insert_uncounted(section, hash_of(node.id), node.id, node);
        if (there != nullptr) {
            twice(*there, node);
            slabs.unpublish(node);
            table_.unmake(node);
            continue;
        }
        node.owner->push_family(node);
        ++inserted;
        ++by_status[static_cast<std::size_t>(node.load().status())];
    }
    table_.map_->count_inserted(inserted);
    for (std::size_t status = 0; status < by_status.size(); ++status) {
        if (by_status[status] != 0) {
            table_.count(static_cast<family_status>(status), by_status[status]);
        }
    }
}

} // namespace pawl::storage
