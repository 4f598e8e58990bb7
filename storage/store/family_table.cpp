#include "storage/store/family_table.hpp"

#include <boost/assert.hpp>

#include <new>
#include <utility>

namespace pawl::storage {

family_table::family_table(agent_table& agents, std::size_t dead_max)
    : agents_(agents), lists_(dead_max), map_(std::make_unique<rcu_hash_map<family_node, by_id>>(0)) {}

family_table::~family_table() {
    free_rejected();
    map_->drain([this](family_node& node) {
        agents_.release(node.take_agent());
        slabs_.unpublish(node);
        slabs_.free(node);
    });
}

void family_table::expect(std::uint64_t families) {
    BOOST_ASSERT(size() == 0);
    map_ = std::make_unique<rcu_hash_map<family_node, by_id>>(families);
}

family_node* family_table::make(const family_facts& facts, user_slot& owner, family_word word, const use_view& use,
                                agent_text* agent) {
    const std::uint32_t terms = terms_table::shared().keep(terms_of(facts));
    auto own = family_own::of(facts, terms);
    void* const memory = slabs_.allocate();
    return memory == nullptr ? nullptr
                             : ::new (memory) family_node(facts, terms, std::move(own), owner, word, use, agent);
}

void family_table::unmake(family_node& node) noexcept {
    agents_.release(node.take_agent());
    slabs_.free(node);
}

family_table::added family_table::add(const rcu_read_guard& section, family_node& node) noexcept {
    if (family_node* const there = map_->insert(section, hash_of(node.id), node.id, node)) {
        return {adding::exists, there};
    }
    if (!node.owner->push_family(node)) {
        map_->erase(section, node);
        const std::lock_guard lock(rejected_mutex_);
        node.next_of_user.store(rejected_, std::memory_order_relaxed); // it is in no user's list
        rejected_ = &node;
        return {adding::owner_gone, nullptr};
    }
    count(node.load().status(), 1);
    slabs_.publish(node);
    return {adding::added, &node};
}

void family_table::drop(const std::vector<family_node*>& nodes) {
    std::vector<user_slot*> owners;
    for (family_node* const node : nodes) {
        node->sweep_mark = family_node::dropping;
        {
            const rcu_read_guard section;
            map_->erase(section, *node);
        }
        if (!node->owner->has_dropping) {
            node->owner->has_dropping = true;
            owners.push_back(node->owner);
        }
    }
    for (user_slot* const owner : owners) {
        lists_.unlink_dropping(*owner);
        owner->has_dropping = false;
    }
    rcu_synchronize();
    for (family_node* const node : nodes) {
        // In no list any more, so this is where it stays.
        if (node->standing.load(std::memory_order_relaxed) == family_node::place::surplus) {
            lists_.forget_surplus(*node->owner);
        }
        count(node->load().status(), -1);
        agents_.release(node->take_agent());
        slabs_.unpublish(*node);
        slabs_.free(*node);
    }
}

void family_table::free_rejected() {
    family_node* node = nullptr;
    {
        const std::lock_guard lock(rejected_mutex_);
        node = std::exchange(rejected_, nullptr);
    }
    if (node == nullptr) {
        return;
    }
    rcu_synchronize();
    while (node != nullptr) {
        family_node* const next = node->next_of_user.load(std::memory_order_relaxed);
        slabs_.unpublish(*node); // who found it in the map may have published it
        unmake(*node);
        node = next;
    }
}

std::array<std::uint64_t, 16> family_table::by_status() const noexcept {
    std::array<std::uint64_t, 16> out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = by_status_[i].load(std::memory_order_relaxed);
    }
    return out;
}

} // namespace pawl::storage
