// Words of second factors while serving, beside the users: most factors have one, and a sign-in changes one.
//
// Thread safety: any thread. A shard has a mutex, which is held for a search, a change and the enqueueing of its
// record, so records of one factor stand in the log in the order of its words.
#pragma once

#include "storage/entity/factor_word.hpp"
#include "storage/map/atomic.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace pawl::storage {

class factor_table {
public:
    static constexpr std::size_t shard_count = 64;

    struct entry {
        std::uint64_t word = 0;
        std::uint64_t sequence = 0; // of its record; 0: on disk since before the start
        timestamp used_at{};
        peer_address used_from;
        factor_kind kind = factor_kind::totp;
    };

    // Calls visit(entry*) under the lock of its shard; null where there is none.
    template <class Visit>
    auto with(const factor_key& key, const Visit& visit) const {
        const shard& s = shard_of(key);
        const std::lock_guard lock(s.mutex);
        const auto at = s.words.find(key);
        return visit(at == s.words.end() ? nullptr : &at->second);
    }
    // Calls visit(words) under the lock; visit may change the entry of `key` and no other.
    template <class Visit>
    auto change(const factor_key& key, const Visit& visit) {
        shard& s = shard_of(key);
        const std::lock_guard lock(s.mutex);
        return visit(s.words);
    }

    // Of a shard, as they are at one moment.
    std::vector<factor_state> of_shard(std::size_t index) const;
    // Of a shard, those go that `stays` is false for. How many went.
    std::size_t drop(std::size_t index, const std::function<bool(const factor_key&)>& stays);
    std::size_t size() const;

    struct key_hash {
        std::size_t operator()(const factor_key& key) const noexcept;
    };
    using word_map = std::unordered_map<factor_key, entry, key_hash>;

private:
    struct shard {
        mutable storage::mutex mutex;
        word_map words;
    };
    const shard& shard_of(const factor_key& key) const noexcept { return shards_[key_hash{}(key) % shard_count]; }
    shard& shard_of(const factor_key& key) noexcept { return shards_[key_hash{}(key) % shard_count]; }

    std::array<shard, shard_count> shards_;
};

factor_state state_of(const factor_key& key, const factor_table::entry& e);

} // namespace pawl::storage
