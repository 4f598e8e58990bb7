#include "storage/store/user_families.hpp"

#include "storage/map/hash.hpp"
#include "storage/store/family_bonds.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <new>

namespace pawl::storage {

namespace {

// Takes the nodes that `leaves` says out of the list, but for its head: pushers race there, so that one is dealt with
// where it must go. The owner's lock is held.
template <class F>
void unlink_after(family_node* head, F&& leaves) noexcept {
    for (family_node* kept = head; kept != nullptr;) {
        family_node* const linked = kept->next_of_user.load(std::memory_order_relaxed);
        family_node* next = linked;
        while (next != nullptr && leaves(*next)) {
            next = next->next_of_user.load(std::memory_order_relaxed);
        }
        if (next != linked) {
            kept->next_of_user.store(next, std::memory_order_release);
        }
        kept = next;
    }
}

bool is_dropping(const family_node& node) noexcept {
    return node.sweep_mark == family_node::dropping;
}

} // namespace

bool dead_on_disk(const rcu_read_guard& section, const store_state& state, const family_node& node,
                  const user_version& version, timestamp now) noexcept {
    const user_slot& owner = *node.owner;
    const family_word word = node.load();
    if (!word.live()) {
        return node.durable_covers(word);
    }
    const family_facts facts = node.facts();
    if (facts.expired(word, now)) {
        return true;
    }
    const user& u = *version.record;
    const bool shut_out = u.deleted || (u.gate.epoch != facts.epoch && u.gate.survivor != facts.id);
    if (shut_out && owner.durable_version.load(std::memory_order_acquire) >= u.version) {
        return true;
    }
    const std::optional<bond_end> end = bond_end_of(section, state, facts, owner, version, now);
    return end && end->on_disk;
}

mutex& user_families::lock_of(const user_slot& owner) const noexcept {
    return locks_[hash_of(owner.id) % locks];
}

void user_families::set_dead_aside(const rcu_read_guard& section, const store_state& state, user_slot& owner,
                                   timestamp now) noexcept {
    const std::unique_lock lock(lock_of(owner), std::try_to_lock);
    const user_version* const version = owner.current.load(std::memory_order_acquire);
    family_node* const head = owner.first_family();
    if (!lock || version == nullptr || head == nullptr) {
        return;
    }
    try {
        families_set_aside* aside = owner.aside.load(std::memory_order_relaxed);
        if (aside == nullptr) {
            aside = new families_set_aside;
            owner.aside.store(aside, std::memory_order_release);
        }
        std::vector<family_node*> leaving; // the latest first
        bool expired = false;
        for (family_node* node = head->next_of_user.load(std::memory_order_acquire); node != nullptr;
             node = node->next_of_user.load(std::memory_order_acquire)) {
            if (dead_on_disk(section, state, *node, *version, now)) {
                leaving.push_back(node);
                expired = expired || node->load().live();
            }
        }
        aside->kept.reserve(aside->kept.size() + leaving.size());
        // From here nothing throws.
        if (expired && !clock_went_back(now)) {
            expired_at_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
        }
        for (family_node* const node : leaving) {
            node->standing.store(family_node::place::set_aside, std::memory_order_relaxed);
        }
        unlink_after(head, [](const family_node& node) {
            return node.standing.load(std::memory_order_relaxed) != family_node::place::listed;
        });
        std::vector<family_node*>& kept = aside->kept;
        kept.insert(kept.end(), leaving.rbegin(), leaving.rend());
        if (kept.size() > dead_max_) {
            const auto first_kept = kept.end() - static_cast<std::ptrdiff_t>(dead_max_);
            std::for_each(kept.begin(), first_kept, [](family_node* node) {
                node->standing.store(family_node::place::surplus, std::memory_order_relaxed);
            });
            aside->surplus += kept.size() - dead_max_;
            kept.erase(kept.begin(), first_kept);
        }
    } catch (const std::bad_alloc&) {
        return; // the next walk tries again
    }
}

std::vector<family_node*> user_families::set_aside(const rcu_read_guard&, const user_slot& owner) const {
    const families_set_aside* const aside = owner.aside.load(std::memory_order_acquire);
    if (aside == nullptr) {
        return {};
    }
    const std::lock_guard lock(lock_of(owner));
    return aside->kept;
}

// Pushers race at the head only, and hold a read section, so a head that is seen twice is the same node.
void user_families::unlink_dropping(user_slot& owner) noexcept {
    const std::lock_guard lock(lock_of(owner));
    family_node* head = owner.first_family();
    while (head != nullptr && is_dropping(*head)) {
        family_node* const next = head->next_of_user.load(std::memory_order_relaxed);
        if (owner.families.compare_exchange_strong(head, next, std::memory_order_acq_rel, std::memory_order_acquire)) {
            head = next;
        }
    }
    unlink_after(head, &is_dropping);
    if (families_set_aside* const aside = owner.aside.load(std::memory_order_relaxed)) {
        std::erase_if(aside->kept, [](const family_node* node) { return is_dropping(*node); });
    }
}

void user_families::forget_surplus(user_slot& owner) noexcept {
    const std::lock_guard lock(lock_of(owner));
    families_set_aside* const aside = owner.aside.load(std::memory_order_relaxed);
    BOOST_ASSERT(aside != nullptr && aside->surplus > 0);
    --aside->surplus;
}

bool user_families::has_aside(const user_slot& owner) const noexcept {
    const families_set_aside* const aside = owner.aside.load(std::memory_order_acquire);
    if (aside == nullptr) {
        return false;
    }
    const std::lock_guard lock(lock_of(owner));
    return !aside->kept.empty() || aside->surplus != 0;
}

std::size_t user_families::kept_aside(const user_slot& owner) const noexcept {
    const families_set_aside* const aside = owner.aside.load(std::memory_order_acquire);
    if (aside == nullptr) {
        return 0;
    }
    const std::lock_guard lock(lock_of(owner));
    return aside->kept.size();
}

} // namespace pawl::storage
