// The state of users and families as it was at some point: a snapshot and the log after it, merged by the store's own
// rules, in plain containers. Memory grows with users and families, not with the log.
#pragma once

#include "core/family/family.hpp"
#include "core/family/word.hpp"
#include "core/user/user.hpp"
#include "storage/entity/family.hpp"
#include "storage/history/directory_view.hpp"
#include "storage/map/hash.hpp"
#include "storage/record/record.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace pawl::storage {

struct past_family {
    family_facts facts;
    family_word word;
    std::uint32_t ended_after = 0; // seconds from creation; 0 where live
    std::uint32_t use_generation = 0;
    timestamp used_at{};
    peer_address address;
    const std::string* agent = nullptr; // in past_state::agents
};

struct past_state {
    std::unordered_map<std::uint64_t, user> users; // tombstones too
    std::unordered_map<family_id, past_family, family_id_hash> families;
    std::unordered_set<std::string> agents;

    std::uint64_t snapshot_lsn = 0; // what it began from; 0: the log's beginning
    timestamp_ms snapshot_time{};
    std::uint64_t last_lsn = 0; // of the last record applied
    timestamp_ms time{};        // of the last frame, or of the snapshot
    std::uint64_t records = 0, frames = 0, log_bytes = 0;
    std::uint64_t words_without_family = 0;
    log_start next; // where the log goes on

    past_state() = default;
    past_state(past_state&&) = default; // families point into agents, whose nodes stay
    past_state& operator=(past_state&&) = default;
    past_state(const past_state&) = delete;
    past_state& operator=(const past_state&) = delete;

    // Throws refused for what makes no sense, as a start of the server would.
    void apply(const record_view& record);
    // Drops families whose user is not there, and refuses where two users have one login name. How many were dropped.
    std::uint64_t settle();

    bool alive(const past_family& f, timestamp now) const;
    const user* user_of(const past_family& f) const;

private:
    // One for each record that changes the state.
    void apply(user& u, const record_view& record);
    void apply(const family_created_record& r, const record_view& record);
    void apply(const family_word_record& r, const record_view& record);
};

// Up to and with that record, or the last frame of that time; empty: to the end.
struct state_limit {
    std::optional<std::uint64_t> lsn;
    std::optional<timestamp_ms> time;
};
using read_progress = std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)>;

// From the newest snapshot that is not later, else from the log's beginning. Throws refused: what a start of the server
// would, and usage where that time is no longer kept.
past_state build_state(directory_view& view, const state_limit& limit = {}, const read_progress& progress = {});
// What one snapshot holds. A snapshot is taken while serving: it holds all below its lsn and may hold some of what
// happened while it was written.
past_state read_snapshot_state(directory_view& view, std::uint64_t lsn);

} // namespace pawl::storage
