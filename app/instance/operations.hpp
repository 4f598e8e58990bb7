// What an operator may ask of the instance beyond its users: keys, snapshots, figures, history. What blocks runs on one
// thread of its own; everything else is looked up where the caller is.
#pragma once

#include "app/config/config.hpp"
#include "app/instance/startup.hpp"
#include "app/worker/admin_worker.hpp"
#include "app/worker/password_pool.hpp"
#include "core/clock.hpp"
#include "core/failure.hpp"
#include "core/ids.hpp"
#include "core/port/signer_maker.hpp"
#include "core/random_source.hpp"
#include "core/service/services.hpp"
#include "storage/history/timeline.hpp"
#include "storage/store/embedded_store.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pawl::app {

// Of a change of the key file: either `refused` (with a sentence that replaces the table's where not empty), or what
// changed: "signing KID", "refresh ID", "capsule ID", one text a key.
struct key_change {
    std::optional<failure> refused;
    std::string detail;
    std::vector<std::string> about;
};

struct snapshot_facts {
    std::string name;
    std::uint64_t lsn = 0, size = 0;
    std::optional<timestamp_ms> time; // std::nullopt if its footer can't be read
};

using signer_source = std::function<std::shared_ptr<const jws_key>(jws_algorithm)>; // never gives null

// When the refresh key at `index` of the ring minted last: std::nullopt if it still mints.
std::optional<timestamp> last_minted(const key_ring& ring, std::size_t index);

class operations final : public signer_maker {
public:
    // All outlive it. `time` is the world's.
    struct parts {
        const config& settings;
        const service_settings& rules;
        storage::embedded_store& data;
        key_holder& keys;
        random_source& random;
        const clock& time;
        const password_pool* passwords = nullptr;  // null in tests of other things
        const service_context* services = nullptr; // its clients need keys; null in tests of other things
        logger* log = nullptr;                     // null in tests of other things
        // A key for ID tokens of a world in memory; where there is none, one that chance makes.
        signer_source fresh_signer{};
        // A key that takes another's place in a world in memory; the same where there is none.
        signer_source another_signer{};
    };
    explicit operations(const parts& p) : parts_(p) {}

    // --- Keys: the file is replaced, then the ring. key_file_read_only, signing_key_external, too_many_keys,
    // key_not_found, key_active, key_in_use, not_on_disk, operations_busy.
    // A next key of every algorithm in use, or of `algorithm` alone: validation_failed where that is not in use. All or
    // none. In memory where the world is, for as long as the world lives.
    task<key_change> rotate_signing_keys(key_start start, std::optional<jws_algorithm> algorithm);
    // A key that signs ID tokens with `algorithm`, if there is none: in the key file, which becomes one of version 2;
    // in memory where the world is. Success without `about` where there is one already.
    task<key_change> ensure_signer(jws_algorithm algorithm);
    task<result<std::string>> make_signer(jws_algorithm algorithm) override; // the same; `detail` goes to the log
    // Before serving: the same for each algorithm that clients which sign people in want, once. What can't be made is
    // told in the log; ID tokens of such clients are refused until it can be.
    void make_signers_of_clients();
    task<key_change> rotate_refresh_key();
    task<key_change> retire_signing_key(std::string kid);
    // key_in_use unless `force`: sessions that were opened before it minted last may hold tokens of it, as long as the
    // longest of them lives.
    task<key_change> retire_refresh_key(std::uint8_t id, bool force);
    task<key_change> rotate_capsule_key();
    // key_in_use while a secret of a client that is good is of this key. Opaque access tokens of it are refused from
    // then on, as JWTs of a retired signing key are.
    task<key_change> retire_capsule_key(std::uint8_t id);
    key_ring_ptr keys() const { return parts_.keys.get(); }

    // --- Storage. not_on_disk, operations_busy.
    // snapshot_under_way, storage_unavailable. Where nothing was logged since the last one: that one.
    task<result<storage::snapshot_report>> take_snapshot();
    task<result<std::vector<snapshot_facts>>> list_snapshots(); // newest first
    // storage_unavailable where the log can't be read.
    task<result<storage::timeline>> read_timeline(family_id id);
    // From now on, and after a crash once this is back, no user gets an id below `next`: an import takes over what its
    // store gave. True where that is news. storage_unavailable, operations_busy.
    task<result<bool>> raise_next_user_id(std::uint64_t next);
    storage::store_statistics statistics() const { return parts_.data.statistics(); }
    // As password_pool::trouble.
    const char* password_trouble() const { return parts_.passwords == nullptr ? nullptr : parts_.passwords->trouble(); }

    // Before the store stops: waits for what runs, takes no more. Owner's thread.
    void stop() { worker_.stop(); }

private:
    using key_edit = std::function<key_file_edit(std::string_view text)>;
    // What speaks against an edit of this ring; empty: nothing does.
    using key_check = std::function<std::optional<key_change>(const key_ring& ring)>;
    task<key_change> change_keys(key_edit edit, key_check check);
    key_change change_keys_blocking(const key_edit& edit, const key_check& check);
    key_change make_signer_blocking(jws_algorithm algorithm);
    key_change make_signer_in_memory(jws_algorithm algorithm);
    task<key_change> rotate_in_memory(key_start start, std::optional<jws_algorithm> algorithm);
    key_change rotate_in_memory_blocking(key_start start, std::optional<jws_algorithm> algorithm);
    std::vector<snapshot_facts> list_snapshots_blocking();
    storage::view_options view() const;

    parts parts_;
    std::atomic<bool> snapshot_runs_{false};
    admin_worker worker_; // last: its thread ends first
};

} // namespace pawl::app
