#include "storage/store/terms_table.hpp"

#include "storage/map/hash.hpp"

#include <mutex>
#include <new>

namespace pawl::storage {

std::size_t terms_table::hash_of_terms::operator()(const family_terms& t) const noexcept {
    std::uint64_t h = mixed(t.client.value);
    const auto add = [&h](std::uint64_t value) { h = mixed(h ^ value); };
    add(static_cast<std::uint64_t>(t.idle_ttl.count()));
    add(static_cast<std::uint64_t>(t.absolute_ttl.count()));
    for (const std::uint64_t word : t.grant.scopes.words()) {
        add(word);
    }
    for (const std::uint16_t number : t.grant.apis) {
        add(number);
    }
    add(t.grant.claims);
    add(t.grant.client_epoch);
    add(t.grant.consent_era);
    return h;
}

terms_table& terms_table::shared() {
    static terms_table table;
    return table;
}

std::uint32_t terms_table::keep(const family_terms& terms) noexcept {
    const std::uint32_t last = last_.load(std::memory_order_acquire);
    if (last != unshared && at(last) == terms) {
        return last;
    }
    const std::lock_guard lock(mutex_);
    try {
        const auto known = numbers_.find(terms);
        const std::uint32_t number = known == numbers_.end() ? add(terms) : known->second;
        if (number != unshared) {
            last_.store(number, std::memory_order_release);
        }
        return number;
    } catch (const std::bad_alloc&) {
        return unshared;
    }
}

std::uint32_t terms_table::add(const family_terms& terms) {
    const std::size_t number = numbers_.size();
    if (number == terms_max) {
        return unshared;
    }
    const std::size_t chunk = number / chunk_size;
    if (memory_.at(chunk) == nullptr) {
        memory_.at(chunk) = std::make_unique<place[]>(chunk_size);
        chunks_.at(chunk).store(memory_.at(chunk).get(), std::memory_order_release);
    }
    const auto added = numbers_.emplace(terms, static_cast<std::uint32_t>(number)).first;
    memory_.at(chunk)[number % chunk_size] = &added->first;
    return added->second;
}

scope_set terms_table::scopes_in_use() const noexcept {
    constexpr std::uint64_t every = ~std::uint64_t{0};
    const std::lock_guard lock(mutex_);
    if (numbers_.size() == terms_max) {
        return scope_set::of({every, every, every, every});
    }
    scope_set all;
    for (const auto& [terms, number] : numbers_) {
        all = all | terms.grant.scopes;
    }
    return all;
}

std::size_t terms_table::size() const noexcept {
    const std::lock_guard lock(mutex_);
    return numbers_.size();
}

} // namespace pawl::storage
