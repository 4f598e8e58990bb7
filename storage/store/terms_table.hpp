// What many families have in common, each set of it kept once: of a million families of one client a handful differ.
// One table for the process, since its content is of no store: sets of numbers, never changed and never taken out. So a
// node names its set by four bytes, which is what 128 bytes have room for.
//
// Thread safety: keep() from any thread; at() takes no lock. A number reaches another thread with the node that has it,
// and with the node what the number stands for.
// Bound: terms_max sets of about 150 bytes. A server whose settings, scopes or epochs changed so often goes on with
// sets that are not shared, each its family's own (family_own).
#pragma once

#include "core/family/family.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

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
    static constexpr std::uint32_t unshared = 0xFFFFFFFF;

    // The process's.
    static terms_table& shared();

    // The number of the set that is equal to `terms`; `unshared` if there is none and no room for one more.
    std::uint32_t keep(const family_terms& terms) noexcept;
    // `number` is one that keep() gave, and not `unshared`.
    const family_terms& at(std::uint32_t number) const noexcept {
        return *chunks_[number / chunk_size].load(std::memory_order_acquire)[number % chunk_size];
    }
    std::size_t size() const noexcept;
    // Every scope that a set has; all there can be where the table is full, since others have sets of their own then.
    scope_set scopes_in_use() const noexcept;

private:
    static constexpr std::size_t chunk_size = 256;
    struct hash_of_terms {
        std::size_t operator()(const family_terms& t) const noexcept;
    };
    using place = const family_terms*;
    std::uint32_t add(const family_terms& terms);

    std::atomic<std::uint32_t> last_{unshared}; // what was asked for last: most of the time the same again
    std::array<std::atomic<place*>, terms_max / chunk_size> chunks_{};
    mutable std::mutex mutex_;
    std::array<std::unique_ptr<place[]>, terms_max / chunk_size> memory_;    // of chunks_
    std::unordered_map<family_terms, std::uint32_t, hash_of_terms> numbers_; // its keys never move
};

} // namespace pawl::storage
