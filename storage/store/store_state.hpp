// What embedded_store is made of. Internal to storage/store.
#pragma once

#include "core/family/served_time.hpp"
#include "storage/entity/plain.hpp"
#include "storage/entity/record_codec.hpp"
#include "storage/map/rcu.hpp"
#include "storage/record/record_log.hpp"
#include "storage/record/serving.hpp"
#include "storage/store/agent_table.hpp"
#include "storage/store/durable_waiters.hpp"
#include "storage/store/embedded_store.hpp"
#include "storage/store/family_table.hpp"
#include "storage/store/maintenance.hpp"
#include "storage/store/registry_table.hpp"
#include "storage/store/user_table.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

namespace pawl::storage {

// What a caller is told to wait before it tries again where the log has no room.
inline constexpr seconds no_room_retry_after{1};

struct store_state {
    store_state(std::unique_ptr<record_log> l, embedded_store_options o, const clock& t)
        : options(std::move(o)), time(t), log(std::move(l)) {}

    const embedded_store_options options;
    const clock& time;

    // In the order they depend on each other: the last goes first. The garbage outlives what puts things into it.
    reclaimer garbage;
    agent_table agents{garbage};
    user_table users{garbage};
    family_table families{agents, options.dead_families_max};
    registry_table entities{garbage};
    plain_tables plain; // of the entities that are their record and nothing more, and change at no other time
    durable_waiters waiters;
    std::unique_ptr<record_log> log;
    std::unique_ptr<maintenance> upkeep;

    std::atomic<bool> stopping{false};
    bool memory_stays = false;                  // the owner's: leave_memory_behind()
    outage_list outages;                        // constant once serving, as is the next
    std::optional<serving_record> serving_said; // what the log is to be told of this session's beginning
    std::atomic<bool> serving_untold{false};    // and has not been told yet
    bool window_at_start = false;               // one may still be open from the session before
    std::atomic<std::uint64_t> events_lost{0};
    std::atomic<std::uint64_t> durable_lsn{0};
    std::atomic<bool> tapped{false};
    std::mutex tap_mutex;
    std::shared_ptr<commit_listener> tap; // guarded by tap_mutex

    recovery_report recovery; // constant once serving, as are the next
    std::uint64_t recovered_users = 0, recovered_families = 0, recovery_ms = 0;
    std::uint64_t words_without_family = 0, families_without_user = 0;
    std::optional<timestamp> last_rotation; // recovery: of the living families

    // Called by the log.
    void on_durable(std::span<const record_tag> batch, std::uint64_t sequence_through);
    void on_batch(const durable_batch& batch);
    void on_failed(const std::string& why);

    // Room is reserved by the caller. The record says the family's word is `w` (its creation, where that has not been
    // recorded yet: then the record of its first change says both). `use`: of this change, else the node's.
    ticket enqueue_family(const rcu_read_guard& section, family_node& node, family_word w, const use_view* use,
                          log_room room, log_urgency urgency) noexcept;
    ticket enqueue_user(const user& u, std::span<const std::uint8_t> body, log_room room) noexcept;
    // Of one that the registry holds.
    ticket enqueue_entity(record_type type, std::uint16_t version, std::span<const std::uint8_t> body,
                          log_room room) noexcept;
    // Before the first record of this process, or at once where a window may be open: when serving began. A session
    // that writes nothing says nothing of itself, and no window is longer for it.
    void tell_serving(log_urgency urgency) noexcept;
    void tell_serving_first() noexcept {
        if (serving_untold.load(std::memory_order_relaxed)) {
            tell_serving(log_urgency::lazy);
        }
    }
    // Reserves one record; where `room` is ordinary and `or_ending`, the reserved tail will do too.
    std::optional<log_room> reserve(log_room room, bool or_ending = false) noexcept;
};

// Subjects of record_tag.
std::array<std::uint8_t, 16> subject_of(user_id id) noexcept;
user_id user_of(const record_tag& tag) noexcept;

// Ends a family whose consent was withdrawn (family_status::consent), with a record; does nothing where it has ended or
// the log has no room.
void end_withdrawn(store_state& s, const family_id& id, timestamp now) noexcept;

// The last rotation of a living family that is not later than `now`; std::nullopt if there is none.
std::optional<timestamp> last_rotation_until(store_state& s, timestamp now);

// recovery.cpp: fills the tables from the log. Throws refused.
void recover(store_state& s);

} // namespace pawl::storage
