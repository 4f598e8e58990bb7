// What many families have in common, each set of it kept once: of a million families of one client a handful differ.
//
// Thread safety: keep() from any thread. What it gives stays as it is while the table lives, so nodes point to it and
// reading takes no lock.
// Invariant: at most terms_max sets, each 80 bytes; nothing is taken out. A server whose settings, scopes or epochs
// changed so often goes on with sets that are not shared, each its family's own.
#pragma once

#include "core/family/family.hpp"
#include "storage/map/atomic.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_set>

namespace pawl::storage {

struct family_terms {
    client_number client;
    seconds idle_ttl{}, absolute_ttl{};
    family_grant grant;

    friend bool operator==(const family_terms&, const family_terms&) = default;
};
inline family_terms terms_of(const family_facts& facts) {
    return {facts.client, facts.idle_ttl, facts.absolute_ttl, facts.grant};
}

class terms_table {
public:
    static constexpr std::size_t terms_max = std::size_t{1} << 16U;

    // The set that is equal to `terms`; null if there is none and no room for one more, or no memory.
    const family_terms* keep(const family_terms& terms) noexcept;
    std::size_t size() const noexcept;

private:
    struct hash_of_terms {
        std::size_t operator()(const family_terms& t) const noexcept;
    };
    atomic<const family_terms*> last_{nullptr}; // what was asked for last: most of the time the same again
    mutable mutex mutex_;
    std::unordered_set<family_terms, hash_of_terms> all_; // its elements never move
};

} // namespace pawl::storage
