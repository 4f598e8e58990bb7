#include "storage/store/user_table.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <new>

namespace pawl::storage {

user_table::user_table(reclaimer& garbage)
    : garbage_(garbage), slots_(std::make_unique<rcu_hash_map<user_slot, by_id>>(0)),
      names_(std::make_unique<rcu_hash_map<name_entry, by_name>>(0)) {}

user_table::~user_table() {
    names_->drain([](name_entry& entry) { delete &entry; });
    slots_->drain([](user_slot& slot) { delete &slot; });
}

void user_table::expect(std::uint64_t users) {
    BOOST_ASSERT(size() == 0 && names() == 0);
    slots_ = std::make_unique<rcu_hash_map<user_slot, by_id>>(users);
    names_ = std::make_unique<rcu_hash_map<name_entry, by_name>>(users);
}

user_slot* user_table::find_login(const rcu_read_guard& section, std::string_view folded) const noexcept {
    const name_entry* const entry = names_->find(section, hash_(folded), folded);
    return entry != nullptr && entry->active.load(std::memory_order_acquire) ? entry->owner : nullptr;
}

user_slot* user_table::find_last_holder(const rcu_read_guard& section, std::string_view folded) const noexcept {
    const name_entry* const entry = names_->find(section, hash_(folded), folded);
    return entry != nullptr && !entry->active.load(std::memory_order_acquire) ? entry->owner : nullptr;
}

name_entry* user_table::holder_of(std::string_view folded) const noexcept {
    const rcu_read_guard section;
    return names_->find(section, hash_(folded), folded); // only a holder of the mutex frees it
}

void user_table::claim(name_entry& entry, std::unique_ptr<name_entry> fresh) noexcept {
    if (fresh == nullptr) {
        entry.active.store(true, std::memory_order_release);
        return;
    }
    const rcu_read_guard section;
    [[maybe_unused]] const name_entry* const there =
        names_->insert(section, hash_(fresh->folded), fresh->folded, *fresh);
    BOOST_ASSERT_MSG(there == nullptr, "a login name was claimed that has a holder");
    static_cast<void>(fresh.release());
}

void user_table::give_up(name_entry& entry, std::uint64_t sequence, timestamp rests_until) noexcept {
    BOOST_ASSERT(!entry.active.load(std::memory_order_relaxed));
    entry.free_after = sequence;
    entry.rests_until = rests_until;
    given_up_.push_back(&entry);
}

void user_table::let_rest(user_slot& owner, const std::string& folded, timestamp until) noexcept {
    try {
        auto fresh = std::make_unique<name_entry>(folded, owner);
        deactivate(*fresh);
        fresh->rests_until = until;
        expect_given_up(1);
        const rcu_read_guard section;
        if (names_->insert(section, hash_(fresh->folded), fresh->folded, *fresh) == nullptr) {
            given_up_.push_back(fresh.release());
        }
    } catch (const std::bad_alloc&) {
        return; // one name less that rests
    }
}

void user_table::cut_rest(const user_slot& owner, timestamp until) noexcept {
    for (name_entry* const entry : given_up_) {
        if (entry->owner == &owner) {
            entry->rests_until = std::min(entry->rests_until, until);
        }
    }
}

user_table::resting_names user_table::resting_of(const user_slot& owner, timestamp now) const noexcept {
    resting_names out;
    for (const name_entry* entry : given_up_) {
        if (entry->owner == &owner && !entry->active.load(std::memory_order_relaxed) && now < entry->rests_until) {
            out.first_free = out.count == 0 ? entry->rests_until : std::min(out.first_free, entry->rests_until);
            ++out.count;
        }
    }
    return out;
}

void user_table::remove(name_entry& entry) noexcept {
    {
        const rcu_read_guard section;
        names_->erase(section, entry);
    }
    garbage_.retire(std::unique_ptr<reclaimable>(&entry));
}

void user_table::add(std::unique_ptr<user_slot> slot) {
    enlist(*slot);
    link(*slot.release());
}

void user_table::enlist(user_slot& slot) {
    // Recovery adds users in any order, so order is made when it is asked for.
    const bool in_order = registry_sorted_ == registry_.size() && (registry_.empty() || registry_.back().id < slot.id);
    registry_.push_back({slot.id, &slot});
    registry_sorted_ += in_order ? 1 : 0;
}

void user_table::link(user_slot& slot) noexcept {
    const rcu_read_guard section;
    [[maybe_unused]] const user_slot* const there = slots_->insert(section, hash_of(slot.id), slot.id, slot);
    BOOST_ASSERT_MSG(there == nullptr, "a user id was given twice");
}

user_slot& user_table::take_name(std::unique_ptr<name_entry> fresh) noexcept {
    const rcu_read_guard section;
    const name_entry* const there = names_->insert(section, hash_(fresh->folded), fresh->folded, *fresh);
    return there != nullptr ? *there->owner : *fresh.release()->owner;
}

void user_table::publish(user_slot& slot, std::unique_ptr<user_version> version) noexcept {
    const user_ptr record = version->record;
    user_version* const old = slot.current.exchange(version.release(), std::memory_order_acq_rel);
    const bool costs_the_same = old != nullptr && old->record->gate.enabled == record->gate.enabled &&
                                old->record->password_hash == record->password_hash;
    if (!costs_the_same) {
        count_cost(slot, *record);
    }
    if (old != nullptr) {
        garbage_.retire(std::unique_ptr<reclaimable>(old));
    }
}

void user_table::count_cost(user_slot& slot, const user& record) noexcept {
    const std::lock_guard lock(costs_mutex_);
    costs_.remove(slot.hash_cost);
    slot.hash_cost = hash_costs::none;
    try {
        slot.hash_cost = record.gate.enabled ? costs_.add(record.password_hash) : hash_costs::none;
    } catch (const std::bad_alloc&) {
        return; // one user less in the counts
    }
}

std::string user_table::usual_hash(std::string_view folded, const hash_costs::key& secret) const {
    const std::lock_guard lock(costs_mutex_);
    return costs_.usual_for(folded, secret);
}

void user_table::sort_registry() {
    if (registry_sorted_ == registry_.size()) {
        return;
    }
    const auto middle = registry_.begin() + static_cast<std::ptrdiff_t>(registry_sorted_);
    const auto precedes = [](const registered& a, const registered& b) { return a.id < b.id; };
    std::sort(middle, registry_.end(), precedes);
    std::deque<registered> merged(registry_.size());
    std::merge(registry_.begin(), middle, middle, registry_.end(), merged.begin(), precedes);
    registry_.swap(merged);
    registry_sorted_ = registry_.size();
}

std::vector<user_slot*> user_table::some(user_id after, std::size_t count) {
    const std::lock_guard lock(mutex);
    sort_registry();
    std::vector<user_slot*> out;
    auto at = std::ranges::upper_bound(registry_, after, {}, &registered::id);
    for (; at != registry_.end() && out.size() < count; ++at) {
        if (at->slot != nullptr) {
            out.push_back(at->slot);
        }
    }
    return out;
}

std::vector<user_ptr> user_table::records(user_id& after, std::size_t count) {
    constexpr std::size_t looks_max = 4096; // at once: sign-ups wait meanwhile
    const std::lock_guard lock(mutex);
    sort_registry();
    std::vector<user_ptr> out;
    auto at = std::ranges::upper_bound(registry_, after, {}, &registered::id);
    for (std::size_t looks = 0; at != registry_.end() && out.size() < count && looks < looks_max; ++at, ++looks) {
        after = at->id;
        // Only a holder of the mutex replaces a version or drops a slot.
        const user_version* const version =
            at->slot == nullptr ? nullptr : at->slot->current.load(std::memory_order_acquire);
        if (version != nullptr && !version->record->deleted) {
            out.push_back(version->record);
        }
    }
    return out;
}

void user_table::drop(user_slot& slot) {
    BOOST_ASSERT(slot.first_family() == nullptr);
    const std::lock_guard lock(mutex);
    sort_registry();
    const auto at = std::ranges::lower_bound(registry_, slot.id, {}, &registered::id);
    BOOST_ASSERT(at != registry_.end() && at->slot == &slot);
    at->slot = nullptr;
    constexpr std::size_t gone_min = 1024; // fewer are not worth moving the others
    if (++registry_gone_ > std::max(gone_min, registry_.size() / 2)) {
        std::erase_if(registry_, [](const registered& r) { return r.slot == nullptr; });
        registry_sorted_ = registry_.size();
        registry_gone_ = 0;
    }
    std::erase_if(given_up_, [&](name_entry* entry) { // they point at it
        if (entry->owner != &slot) {
            return false;
        }
        remove(*entry);
        return true;
    });
    {
        const rcu_read_guard section;
        slots_->erase(section, slot);
    }
    garbage_.retire(std::unique_ptr<reclaimable>(&slot));
}

} // namespace pawl::storage
