#include "storage/store/user_table.hpp"

#include <boost/assert.hpp>

#include <algorithm>

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

void user_table::give_up(name_entry& entry, std::uint64_t sequence) noexcept {
    BOOST_ASSERT(!entry.active.load(std::memory_order_relaxed));
    entry.free_after = sequence;
    given_up_.push_back(&entry);
}

void user_table::remove(name_entry& entry) noexcept {
    {
        const rcu_read_guard section;
        names_->erase(section, entry);
    }
    garbage_.retire(std::unique_ptr<reclaimable>(&entry));
}

void user_table::add(std::unique_ptr<user_slot> slot) {
    if (registry_free_.empty()) {
        slot->registry_index = registry_.size();
        registry_.push_back(slot.get());
    } else {
        slot->registry_index = registry_free_.back();
        registry_[slot->registry_index] = slot.get();
        registry_free_.pop_back();
    }
    const rcu_read_guard section;
    [[maybe_unused]] const user_slot* const there = slots_->insert(section, hash_of(slot->id), slot->id, *slot);
    BOOST_ASSERT_MSG(there == nullptr, "a user id was given twice");
    static_cast<void>(slot.release());
}

void user_table::publish(user_slot& slot, std::unique_ptr<user_version> version) noexcept {
    user_version* const old = slot.current.exchange(version.release(), std::memory_order_acq_rel);
    if (old != nullptr) {
        garbage_.retire(std::unique_ptr<reclaimable>(old));
    }
}

std::vector<user_slot*> user_table::some(std::size_t from, std::size_t count) {
    const std::lock_guard lock(mutex);
    std::vector<user_slot*> out;
    for (std::size_t i = from; i < std::min(registry_.size(), from + count); ++i) {
        out.push_back(registry_[i]);
    }
    return out;
}

std::size_t user_table::registered() {
    const std::lock_guard lock(mutex);
    return registry_.size();
}

void user_table::drop(user_slot& slot) {
    BOOST_ASSERT(slot.first_family() == nullptr);
    const std::lock_guard lock(mutex);
    BOOST_ASSERT(registry_.at(slot.registry_index) == &slot);
    registry_[slot.registry_index] = nullptr;
    registry_free_.push_back(slot.registry_index);
    {
        const rcu_read_guard section;
        slots_->erase(section, slot);
    }
    garbage_.retire(std::unique_ptr<reclaimable>(&slot));
}

} // namespace pawl::storage
