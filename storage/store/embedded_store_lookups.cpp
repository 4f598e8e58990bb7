// Lookups: lock-free, each within a read section, copies of what they find.
#include "storage/store/embedded_store.hpp"

#include "core/family/decide.hpp"
#include "storage/store/family_bonds.hpp"
#include "storage/store/store_state.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <utility>

namespace pawl::storage {

namespace {

// Word and gate of one moment: the gate did not change while the word was read. Versions are freed after a grace
// period, so within the section the same pointer is the same version. Bonds are read last: what has ended in between is
// ended.
family_state state_of(const rcu_read_guard& section, const store_state& state, const family_node& node) {
    family_state out{.facts = node.facts(), .word = {}, .gate = {}, .bonds = {}, .user_version = 0};
    const user_version* version = node.owner->current.load(std::memory_order_acquire);
    for (;;) {
        out.word = node.load();
        const user_version* const again = node.owner->current.load(std::memory_order_acquire);
        if (again == version) {
            break;
        }
        version = again;
    }
    BOOST_ASSERT(version != nullptr);
    out.gate = version->record->gate;
    out.user_version = version->record->version;
    out.bonds = bonds_of(section, state, out.facts, out.gate);
    return out;
}

family_details details_of(const rcu_read_guard& section, const store_state& state, const family_node& node) {
    const use_view use = node.last_use();
    return {state_of(section, state, node), {use.at, use.address, std::string(use.agent)}};
}

user_ptr record_of(const rcu_read_guard&, const user_slot* slot) {
    if (slot == nullptr) {
        return nullptr;
    }
    const user_version* const version = slot->current.load(std::memory_order_acquire);
    return version == nullptr || version->record->deleted ? nullptr : version->record;
}

} // namespace

std::optional<family_state> embedded_store::find_family(const family_id& id) const {
    const rcu_read_guard section;
    const family_node* const node = state_->families.find(section, id);
    if (node == nullptr) {
        return std::nullopt;
    }
    return state_of(section, *state_, *node);
}

std::optional<family_details> embedded_store::find_family_details(const family_id& id) const {
    const rcu_read_guard section;
    const family_node* const node = state_->families.find(section, id);
    if (node == nullptr) {
        return std::nullopt;
    }
    return details_of(section, *state_, *node);
}

user_ptr embedded_store::find_user(user_id id) const {
    const rcu_read_guard section;
    return record_of(section, state_->users.find(section, id));
}

std::string embedded_store::usual_hash(std::string_view folded, const hash_costs::key& secret) const {
    return state_->users.usual_hash(folded, secret);
}

user_ptr embedded_store::find_user_by_login(std::string_view folded) const {
    const rcu_read_guard section;
    return record_of(section, state_->users.find_login(section, folded));
}

std::vector<user_ptr> embedded_store::users_after(user_id after, std::size_t limit) const {
    std::vector<user_ptr> out;
    for (user_id looked_at = after; out.size() < limit; after = looked_at) {
        for (user_ptr& record : state_->users.records(looked_at, limit - out.size())) {
            out.push_back(std::move(record));
        }
        if (looked_at == after) {
            break;
        }
    }
    return out;
}

namespace {

// Walks the list of the user: `see(node, dead)` for each family, where `dead` is what dead_on_disk() says. Where it met
// many dead ones it sets them aside, so that the next walk is short again.
template <class F>
void walk_list(store_state& s, const rcu_read_guard& section, user_slot& owner, timestamp now, F&& see) {
    const user_version& version = *owner.current.load(std::memory_order_acquire);
    std::size_t dead = 0, others = 0;
    for (const family_node* node = owner.first_family(); node != nullptr;
         node = node->next_of_user.load(std::memory_order_acquire)) {
        const bool is_dead = dead_on_disk(section, s, *node, version, now);
        ++(is_dead ? dead : others);
        see(*node, is_dead);
    }
    if (user_families::worth_setting_aside(dead, others)) {
        s.families.lists().set_dead_aside(section, s, owner, now);
    }
}

} // namespace

std::vector<family_details> embedded_store::families_of(user_id id) const {
    std::vector<family_details> out;
    const rcu_read_guard section;
    user_slot* const slot = state_->users.find(section, id);
    if (slot == nullptr) {
        return out;
    }
    walk_list(*state_, section, *slot, state_->time.now(),
              [&](const family_node& node, bool) { out.push_back(details_of(section, *state_, node)); });
    const std::vector<family_node*> aside = state_->families.lists().set_aside(section, *slot);
    if (aside.empty()) {
        return out;
    }
    for (const family_node* const node : aside) {
        out.push_back(details_of(section, *state_, *node));
    }
    // What was set aside meanwhile was seen twice.
    const auto id_of = [](const family_details& f) { return f.state.facts.id; };
    std::ranges::sort(out, {}, id_of);
    const auto twice = std::ranges::unique(out, {}, id_of);
    out.erase(twice.begin(), twice.end());
    return out;
}

std::vector<family_details> embedded_store::living_families_of(user_id id, timestamp now) const {
    std::vector<family_details> out;
    const rcu_read_guard section;
    user_slot* const slot = state_->users.find(section, id);
    if (slot == nullptr) {
        return out;
    }
    if (state_->families.lists().clock_went_back(now)) {
        for (const family_node* const node : state_->families.lists().set_aside(section, *slot)) {
            out.push_back(details_of(section, *state_, *node));
        }
    }
    walk_list(*state_, section, *slot, now, [&](const family_node& node, bool dead) {
        if (!dead) {
            out.push_back(details_of(section, *state_, node));
        }
    });
    return out;
}

std::size_t embedded_store::count_alive(user_id id, timestamp now) const {
    const std::vector<family_details> all = living_families_of(id, now);
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const family_details& f) { return alive(f.state, now); }));
}

} // namespace pawl::storage
