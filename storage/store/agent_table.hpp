// User-Agent texts, each kept once however many families use it, counted by use and freed with the last.
//
// Thread safety: acquire, release from any thread; acquire of a text that is known takes no lock. A pointer read from a
// family node may be read within the same read section even where its last use goes away meanwhile.
#pragma once

#include "storage/map/atomic.hpp"
#include "storage/map/hash.hpp"
#include "storage/map/rcu.hpp"
#include "storage/map/rcu_hash_map.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::storage {

class agent_text final : public map_link, public reclaimable {
public:
    explicit agent_text(std::string_view t) : text(t) {}
    const std::string text;

private:
    friend class agent_table;
    atomic<std::uint64_t> uses_{1};
    bool linked_ = true; // under the table's mutex
};

class agent_table {
public:
    static constexpr std::size_t texts_max = 100'000; // beyond, a new text is not kept: its families show none

    explicit agent_table(reclaimer& garbage) : garbage_(garbage), texts_(0) {}
    ~agent_table();
    agent_table(const agent_table&) = delete;
    agent_table& operator=(const agent_table&) = delete;

    // One more use of the text (cut to family_use::agent_size_max); null for an empty one, or where there is no room.
    agent_text* acquire(std::string_view text);
    // One use less; null is fine.
    void release(agent_text* text) noexcept;

    std::size_t size() const noexcept { return texts_.size(); }
    std::size_t buckets() const noexcept { return texts_.buckets(); }
    bool resize_to_fit() { return texts_.resize_to_fit(); }
    // Recovery, which has no maintenance thread: grows where chains get long. Any thread, outside of any read section.
    void grow_where_crowded();

    // What a thread that acquires many times remembers, so that most cost it neither a keyed hash nor a number that
    // all threads count in: the uses are the table's only once settled. Meanwhile no thread may release any.
    class batch;

private:
    struct by_text {
        using key = std::string_view;
        static bool equal(const agent_text& node, const key& k) { return node.text == k; }
    };
    static bool use_again(agent_text& text) noexcept;

    reclaimer& garbage_;
    keyed_hash hash_;
    mutex mutex_; // for new texts and last uses
    rcu_hash_map<agent_text, by_text> texts_;
    std::mutex growing_;
};

class agent_table::batch {
public:
    explicit batch(agent_table& table) : table_(table), known_(places) {}
    ~batch() { settle(); }
    batch(const batch&) = delete;
    batch& operator=(const batch&) = delete;

    agent_text* acquire(std::string_view text);
    void settle() noexcept;

private:
    static constexpr std::size_t places = 4096;
    struct place {
        agent_text* text = nullptr;
        std::uint64_t uses = 0; // that the table does not know of
    };
    static void settle(place& p) noexcept;

    agent_table& table_;
    std::vector<place> known_;
};

} // namespace pawl::storage
