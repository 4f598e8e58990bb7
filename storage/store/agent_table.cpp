#include "storage/store/agent_table.hpp"

#include "core/family/family.hpp"

#include <functional>
#include <memory>

namespace pawl::storage {

agent_table::~agent_table() {
    texts_.drain([](agent_text& text) { delete &text; });
}

// A text whose last use went away is never used again: its reclamation has begun.
bool agent_table::use_again(agent_text& text) noexcept {
    std::uint64_t uses = text.uses_.load(std::memory_order_relaxed);
    while (uses != 0) {
        if (text.uses_.compare_exchange_weak(uses, uses + 1, std::memory_order_acq_rel, std::memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

agent_text* agent_table::acquire(std::string_view text) {
    text = text.substr(0, family_use::agent_size_max);
    if (text.empty()) {
        return nullptr;
    }
    const std::uint64_t hash = hash_(text);
    {
        const rcu_read_guard section;
        if (agent_text* const known = texts_.find(section, hash, text); known != nullptr && use_again(*known)) {
            return known;
        }
    }
    const std::lock_guard lock(mutex_);
    const rcu_read_guard section;
    if (agent_text* const known = texts_.find(section, hash, text)) {
        if (use_again(*known)) {
            return known;
        }
        texts_.erase(section, *known); // its last user retires it
        known->linked_ = false;
    }
    if (texts_.size() >= texts_max) {
        return nullptr;
    }
    auto fresh = std::make_unique<agent_text>(text);
    texts_.insert(section, hash, text, *fresh);
    return fresh.release();
}

void agent_table::release(agent_text* text) noexcept {
    if (text == nullptr || text->uses_.fetch_sub(1, std::memory_order_acq_rel) != 1) {
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        const rcu_read_guard section;
        if (text->linked_) {
            texts_.erase(section, *text);
            text->linked_ = false;
        }
    }
    garbage_.retire(std::unique_ptr<reclaimable>(text));
}

void agent_table::grow_where_crowded() {
    if (texts_.size() <= 2 * texts_.buckets()) {
        return;
    }
    const std::unique_lock lock(growing_, std::try_to_lock); // who does not get it goes on
    if (lock.owns_lock()) {
        texts_.resize_to_fit();
    }
}

// The hash here is no keyed one: texts that were made to share a place cost what acquire() costs.
agent_text* agent_table::batch::acquire(std::string_view text) {
    text = text.substr(0, family_use::agent_size_max);
    if (text.empty()) {
        return nullptr;
    }
    place& p = known_[std::hash<std::string_view>{}(text) % places];
    if (p.text != nullptr && p.text->text == text) {
        ++p.uses;
        return p.text;
    }
    agent_text* const acquired = table_.acquire(text);
    table_.grow_where_crowded();
    if (acquired != nullptr) {
        settle(p);
        p = {acquired, 0};
    }
    return acquired;
}

void agent_table::batch::settle(place& p) noexcept {
    if (p.uses != 0) {
        p.text->uses_.fetch_add(p.uses, std::memory_order_relaxed);
        p.uses = 0;
    }
}

void agent_table::batch::settle() noexcept {
    for (place& p : known_) {
        settle(p);
    }
}

} // namespace pawl::storage
