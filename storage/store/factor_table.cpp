#include "storage/store/factor_table.hpp"

namespace pawl::storage {

std::size_t factor_table::key_hash::operator()(const factor_key& key) const noexcept {
    std::uint64_t h = key.user.value * 0x9E37'79B9'7F4A'7C15U + key.factor; // ids are given in their order
    h ^= h >> 29U;
    h *= 0xBF58'476D'1CE4'E5B9U;
    return static_cast<std::size_t>(h ^ h >> 32U);
}

factor_state state_of(const factor_key& key, const factor_table::entry& e) {
    return {.user = key.user,
            .factor = key.factor,
            .kind = e.kind,
            .word = e.word,
            .used_at = e.used_at,
            .used_from = e.used_from};
}

std::vector<factor_state> factor_table::of_shard(std::size_t index) const {
    const shard& s = shards_.at(index);
    std::vector<factor_state> out;
    const std::lock_guard lock(s.mutex);
    out.reserve(s.words.size());
    for (const auto& [key, e] : s.words) {
        out.push_back(state_of(key, e));
    }
    return out;
}

std::size_t factor_table::drop(std::size_t index, const std::function<bool(const factor_key&)>& stays) {
    shard& s = shards_.at(index);
    const std::lock_guard lock(s.mutex);
    return std::erase_if(s.words, [&](const auto& one) { return !stays(one.first); });
}

std::size_t factor_table::size() const {
    std::size_t sum = 0;
    for (const shard& s : shards_) {
        const std::lock_guard lock(s.mutex);
        sum += s.words.size();
    }
    return sum;
}

} // namespace pawl::storage
