// What goes on beside the requests: freeing after grace periods, resizing, the sweep of what is dead, snapshots.
//
// Thread safety: round(), sweep() and snapshot() run one at a time (a mutex), on the maintenance thread or, in tests
// and on demand, the caller's; never on an io thread, since they block.
#pragma once

#include "core/clock.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace pawl::storage {

struct store_state;
struct snapshot_counts;
struct snapshot_report;
struct user_slot;

class maintenance {
public:
    explicit maintenance(store_state& state);
    ~maintenance();
    maintenance(const maintenance&) = delete;
    maintenance& operator=(const maintenance&) = delete;

    void start_thread();
    // False where it was not back within the limit.
    bool stop_thread(milliseconds limit);
    // There is more to do than usual: do not wait for the interval.
    void nudge() noexcept;

    enum class sweeping : std::uint8_t { when_due, now };
    void round(sweeping when);
    snapshot_report snapshot();
    // As embedded_store::last_expiry. Any thread; waits for a round or a snapshot that is under way.
    std::optional<timestamp> last_expiry(timestamp created_until);

    struct figures {
        std::uint64_t sweeps = 0, families_dropped = 0, users_dropped = 0, families_alive = 0, families_surplus = 0,
                      tombstones = 0;
        std::uint64_t snapshots = 0, snapshots_failed = 0, snapshot_bytes = 0, snapshot_ms = 0;
    };
    figures look() const noexcept;

private:
    using steady = std::chrono::steady_clock; // pacing only: what is dead is decided in service time

    void run();
    void free_and_resize();
    void sweep();
    void sweep_families(timestamp now);
    void drop_orphaned_consents();
    void sweep_mails(timestamp now);
    void let_go_of_mails(user_slot& slot);
    void sweep_users(timestamp now);
    void set_dead_aside(user_slot& slot, timestamp now);
    // Marks what is dead, says whether it may go: two snapshots were taken since it was marked (R5).
    bool may_go(std::uint16_t& mark, bool dead) const noexcept;
    bool snapshot_due() const;
    snapshot_report take_snapshot();

    store_state& state_;
    std::mutex working_;
    steady::time_point last_sweep_;
    steady::time_point last_snapshot_;
    steady::time_point not_before_; // of a snapshot: the last one failed
    std::uint64_t sweeps_at_snapshot_ = 0;

    std::atomic<std::uint64_t> sweeps_{0}, families_dropped_{0}, users_dropped_{0}, families_alive_{0},
        families_surplus_{0}, tombstones_{0};
    std::atomic<std::uint64_t> snapshots_{0}, snapshots_failed_{0}, snapshot_bytes_{0}, snapshot_ms_{0};

    std::mutex sleep_mutex_;
    std::condition_variable wake_, ended_;
    bool stop_ = false, nudged_ = false, running_ = false;
    std::thread thread_;
};

} // namespace pawl::storage
