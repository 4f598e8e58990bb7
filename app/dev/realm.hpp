// One world that a developer may turn back: the server's own under --dev, and each /t/{name}. It is replaced as a whole
// (reset, restore); requests that are under way end on the world they began on.
#pragma once

#include "app/dev/faults.hpp"
#include "app/dev/mail_box.hpp"
#include "app/dev/repeatable_random.hpp"
#include "app/dev/request_ring.hpp"
#include "app/dev/seed.hpp"
#include "app/dev/sync_stall.hpp"
#include "app/instance/instance.hpp"
#include "storage/store/memory_log.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace pawl::app {

class fixture;

inline constexpr std::size_t dev_snapshots_max = 64; // of one realm
// A realm has few users and is made anew for every test: 32 and 25 KiB instead of 4 and 1.6 MiB.
inline constexpr std::size_t realm_throttle_slots = 256, realm_verified_tokens_max = 256;

// What realms share; outlives them.
struct realm_shared {
    const config& settings;
    const clock& time; // real
    random_source& random;
    password_hasher& passwords;
    seed start;                                         // its passwords are hashed
    std::function<std::string(instance&)> metrics_text; // before serving
    const service_clock* real_time = nullptr;           // as of instance_shared, as is the next
    logger* log = nullptr;
    bool has_relay = false; // which the server's own world mails to, if it has a data directory
};

// One life of a realm.
struct realm_instance {
    realm_instance(const realm_shared& shared) : clock(shared.time) {}

    std::shared_ptr<random_source> own_random; // null: the system's
    repeatable_random* counted = nullptr;      // own_random, where --rng-seed decides
    dev_clock clock;
    storage::memory_log* log = nullptr; // the store's; null where there is a data directory
    mail_box box;
    bool catches_mails = true;
    std::mutex carrying; // one round of mails at a time: who comes second answers after the first one's are in the box
    std::unique_ptr<instance> it;
};
using realm_instance_ptr = std::shared_ptr<realm_instance>;

// What /dev/snapshot keeps.
struct realm_snapshot {
    storage::memory_image_ptr image;
    std::optional<timestamp_ms> clock; // nothing: real time
    bool frozen = false;
    std::uint64_t random_calls = 0;
    key_ring_ptr keys;
    caught_mails mails;
};
struct snapshot_line {
    std::string name;
    std::uint64_t users = 0, sessions = 0, bytes = 0;
};

class realm {
public:
    using steady_time = storage::memory_log::steady_time;
    using bury_function = std::function<void(std::unique_ptr<realm_instance>)>;

    // In memory, from the seed. `name` is empty for the server's own world. Null keys: fresh ones, which reset() comes
    // back to; keys from a file are passed in and stay as they are. `bury` destroys worlds that are not used any more.
    realm(const realm_shared& shared, fixture& home, std::string name, key_ring_ptr file_keys, bury_function bury);
    // Over a data directory: what is there can't be turned back.
    realm(const realm_shared& shared, fixture& home, key_ring_ptr file_keys,
          std::unique_ptr<storage::embedded_store> data, sync_stall& stall, bury_function bury);
    realm(const realm&) = delete;
    realm& operator=(const realm&) = delete;

    const std::string& name() const { return name_; }
    fixture& home() { return home_; }
    bool in_memory() const { return in_memory_; }
    // Any thread.
    realm_instance_ptr now() const {
        const std::lock_guard lock(now_mutex_);
        return now_;
    }
    fault_list& faults() { return faults_; }
    request_ring& requests() { return requests_; }
    // Before the first request.
    void set_issuer(const std::string& url);

    // In memory only; one at a time, any thread. Faults and recorded requests are gone afterwards.
    void reset();
    enum class outcome : std::uint8_t { done, unknown, full };
    outcome snapshot(const std::string& name);
    outcome restore(const std::string& name);
    bool forget_snapshot(const std::string& name);
    std::vector<snapshot_line> snapshots() const;

    // The realm has been removed: what waits is answered, event streams end, and nothing is held back any more.
    // Requests that are under way end on the world they began on.
    void end();

    // Nothing becomes durable for so long.
    void stall(milliseconds how_long);
    // One round beside the requests: frees and sweeps, lets go what is held. When to come again, at the latest.
    std::optional<steady_time> upkeep(steady_time at, bool with_maintenance);
    // What is due to be sent is in the box once this is back, unless a fault wants it otherwise. Any thread.
    void carry_mails(realm_instance& w);
    // No more changes; true where the store stopped in time.
    bool stop(milliseconds limit);

private:
    realm_instance_ptr adopt(std::unique_ptr<realm_instance> fresh, key_ring_ptr keys,
                             std::unique_ptr<storage::embedded_store> data);
    realm_instance_ptr begin(const realm_snapshot& from);
    relay_outcome caught(realm_instance& w, composed_mail m);
    task<relay_outcome> put_in_box(realm_instance& w, composed_mail m);
    std::uint64_t next_mark();
    realm_snapshot beginning();
    void replace(const realm_snapshot& from);
    static void close(realm_instance& w);
    std::unique_ptr<realm_instance> fresh_world(std::uint64_t random_calls);

    const realm_shared& shared_;
    fixture& home_;
    const std::string name_;
    const bool in_memory_;
    const bool keys_from_file_;
    key_ring_ptr first_keys_;
    const signer_source signers_;       // in memory
    sync_stall* const stall_ = nullptr; // with a data directory
    const bury_function bury_;

    fault_list faults_;
    request_ring requests_;
    // Not std::atomic<std::shared_ptr>: that of libstdc++ 12 reads under a lock it gives back with relaxed order.
    mutable std::mutex now_mutex_;
    realm_instance_ptr now_;      // guarded by now_mutex_
    mutable std::mutex changing_; // reset, snapshot, restore
    bool ended_ = false;          // guarded by changing_
    std::string issuer_;
    std::uint64_t worlds_ = 0; // begun so far
    std::map<std::string, realm_snapshot> snapshots_;
};

} // namespace pawl::app
