// The store of one process: families, users, clients in lock-free memory, every change a record in the log, snapshots
// while serving. Implements the ports core/port/store.hpp and core/port/registry.hpp; read those first.
//
// How a change goes: room in the log is reserved, memory is changed by one compare-exchange (users,
// and what the registry holds: one at a time under a mutex), the record is enqueued in the same step, the caller waits
// for its ticket. Publish, then enqueue, never the reverse, so a snapshot that begins between two records holds all
// that the log before it says.
//
// Threads: the port's functions from any thread. One maintenance thread resizes the maps, frees memory, sweeps what is
// dead and takes snapshots; the log's writer thread advances what is known durable. open(), stop() and the destructor
// from the owner's thread, with nothing else running.
#pragma once

#include "core/clock.hpp"
#include "core/port/mail_port.hpp"
#include "core/port/registry.hpp"
#include "core/port/store.hpp"
#include "storage/directory/directory_options.hpp"
#include "storage/exit_code.hpp"
#include "storage/log/commit_listener.hpp"
#include "storage/log/log_writer_options.hpp"
#include "storage/record/log_types.hpp"
#include "storage/record/recovery.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pawl::storage {

class record_log;
struct store_state;

// No user has a higher id: ids are JSON numbers, which programs keep in doubles.
inline constexpr std::uint64_t user_id_max = (std::uint64_t{1} << 53U) - 1;
// No user with a higher id is imported, since the next one must be below 2^53, too; nor is a higher next id.
inline constexpr std::uint64_t imported_id_max = user_id_max - 1;

enum class durability : std::uint8_t {
    always,   // every change waits for its record
    interval, // rotations complete once enqueued and are synced every log_writer_options::sync_interval
};

struct embedded_store_options {
    directory_options directory;
    log_writer_options writer;
    durability mode = durability::always;
    // The longest window of decide(): while one is open, the time served goes on being told in the log. 0: never.
    seconds lost_response_window{0};
    // A login name that its owner gives up is no one else's for so long, since a token may still name it. In memory: a
    // restart forgets it. 0: it is free once that is durable.
    seconds names_rest{0};
    // Of a new store: when the one that it is made from was not served (salvage). The first snapshot keeps it.
    outage_list outages;
    // `--reset-clock`: where service time is behind what the directory says, that is taken back, and record_clock()
    // says so in the log.
    bool sets_clock = false;

    seconds snapshot_interval{300};
    std::uint64_t snapshot_min_bytes = std::uint64_t{1} << 20U;
    std::uint64_t snapshot_log_bytes = std::uint64_t{64} << 20U;

    seconds dead_retention{24 * 3600}; // ended and expired families and tombstones are kept this long at least
    // Of one user's dead families the latest so many are kept that long; the others go with the second snapshot.
    std::size_t dead_families_max = 2000;
    milliseconds maintenance_interval{200}; // real time between looks at what there is to do
    milliseconds sweep_interval{30'000};    // real time between two sweeps
    bool maintenance_thread = true;         // false: the owner calls maintain_once() (tests)

    // Called once, with what recovery found, before anything is written: service time gets its floor here, and a clock
    // that is too far behind is refused (throw refused). open() does not go on then, and nothing has changed.
    std::function<void(const recovery_report&)> on_recovered;
    // Storage has failed for good (R2). Called once, on the log's thread, after all waiters were told; in production it
    // logs and ends the process with exit code 70.
    std::function<void(const std::string& why)> on_fatal;
    // The disk has no room for the log to go on: once what is left of it is used, changes are refused
    // (storage_unavailable) until there is room again, which `why` empty says. Once for each change. Any thread.
    std::function<void(const std::string& why)> on_room;
    // Something that people should read: a failed snapshot, say. Any thread.
    std::function<void(const std::string& line)> on_notice;
};

// For metrics; a copy, each figure true at some moment of the call.
struct store_statistics {
    std::uint64_t families = 0;                         // in the map, dead or alive
    std::array<std::uint64_t, 16> families_by_status{}; // index: family_status
    std::uint64_t families_alive = 0;                   // as of the last sweep
    std::uint64_t families_surplus = 0;                 // the same: dead ones that wait for snapshots alone
    std::uint64_t users = 0;                            // with tombstones
    std::uint64_t tombstones = 0;                       // as of the last sweep
    std::uint64_t login_names = 0, user_agents = 0;
    std::uint64_t family_buckets = 0, family_bytes = 0;      // nodes and buckets
    std::uint64_t slabs_given_back = 0, retired_pending = 0; // memory given back; objects waiting for a grace period
    std::uint64_t waiting = 0;                               // coroutines that wait for durability
    std::uint64_t sweeps = 0, families_dropped = 0, users_dropped = 0;
    std::uint64_t snapshots = 0, snapshots_failed = 0, snapshot_bytes = 0, snapshot_ms = 0; // the last two: of the last
    std::uint64_t events_lost = 0;                                                          // no room in the log
    std::uint64_t next_user_id = 0;
    std::uint64_t clients = 0, apis = 0, scopes = 0, revoked_tokens = 0; // without those that are removed
    recovery_report recovery;
    std::uint64_t recovered_users = 0, recovered_families = 0, recovery_ms = 0;
    std::uint64_t words_without_family = 0, families_without_user = 0; // dropped in recovery (R5)
    log_stats log;
};

// Of one snapshot that was asked for.
struct snapshot_report {
    bool taken = false;
    std::uint64_t lsn = 0; // it holds every record below
    std::uint64_t bytes = 0, ms = 0;
};

class embedded_store final : public store, public registry, public mail_port {
public:
    // Locks the directory, recovers, starts the log's writer and the maintenance thread. Throws refused.
    // `time` is service time and outlives the store.
    static std::unique_ptr<embedded_store> open(embedded_store_options options, const clock& time);
    // The same on another log (tests).
    static std::unique_ptr<embedded_store> open_on(std::unique_ptr<record_log> log, embedded_store_options options,
                                                   const clock& time);
    // Calls stop() where the owner did not. Every thread that used the store is done by then.
    ~embedded_store() override;

    // Ends maintenance, drains and syncs the log, completes every waiter. False where that took longer than `limit`:
    // then end the process without destroying anything. No change may be asked for any more (nor is it taken).
    bool stop(milliseconds limit);

    // The process ends next: its destructor closes the log and leaves the tables in memory, which the system takes back
    // at once; one by one a million families take a second. (Where leaks are looked for they are freed all the same.)
    void leave_memory_behind() noexcept;

    // One round of maintenance now: frees, resizes, sweeps, takes a snapshot where one is due. Not together with a
    // maintenance thread.
    void maintain_once();
    // This start takes service time back (embedded_store_options::sets_clock); what a wrong clock did is to be undone
    // before record_clock().
    bool clock_goes_back() const noexcept;
    // family_word::with_windows_shut() for its generation, with a record. What to wait for; refused
    // (storage_unavailable) if the log has no room.
    result<ticket> shut_windows(const family_id& id);
    // Where the clock was set at this start (embedded_store_options::sets_clock): the record of it, from which the next
    // start takes its floor. What to wait for; refused (storage_unavailable) if the log has no room. Once.
    result<ticket> record_clock();
    // A snapshot now, due or not; also while serving, from any thread but an io thread (it blocks). False where it
    // failed or another one is under way.
    bool snapshot_now() { return take_snapshot().taken; }
    snapshot_report take_snapshot();
    // The latest absolute expiry of the families that were created until then (or, by a clock that was wrong, later
    // than now) and may still be used: core/family/decide.hpp, may_live(). std::nullopt if there is none. Walks all
    // families: it blocks, also while a snapshot is being taken, so not on an io thread.
    std::optional<timestamp> last_expiry(timestamp created_until) const;
    // Whether there is a data directory.
    bool is_on_disk() const noexcept;

    store_statistics statistics() const;
    // What ids of this store's events name beside the number of a record (docs/admin-api.md); 0: nothing.
    std::uint64_t restore_mark() const noexcept;

    // Another store that gave ids below `next` goes on here: from now on no id below it is given, nor after a crash
    // once this is back. True where that is news. validation_failed where `next` is above imported_id_max;
    // storage_unavailable. Blocks for the disk: not on an io thread.
    result<bool> raise_next_user_id(std::uint64_t next);

    // The highest number of a durable record; 0 where there is none.
    std::uint64_t durable_lsn() const noexcept;
    // From now on `tap` is shown every batch; null: there is none. One that is replaced may see one more. Any thread.
    void set_tap(std::shared_ptr<commit_listener> tap);

    // --- store
    std::optional<family_state> find_family(const family_id& id) const override;
    std::optional<family_details> find_family_details(const family_id& id) const override;
    user_ptr find_user(user_id id) const override;
    user_ptr find_user_by_login(std::string_view folded) const override;
    std::string usual_hash(std::string_view folded, const hash_costs::key& secret) const override;
    std::vector<user_ptr> users_after(user_id after, std::size_t limit) const override;
    std::vector<family_details> families_of(user_id id) const override;
    std::vector<family_details> living_families_of(user_id id, timestamp now) const override;
    std::size_t count_alive(user_id id, timestamp now) const override;
    result<inserted_family> insert_family(const family_facts& facts, family_word word, const family_use& use) override;
    result<exchange_result> exchange_family(const family_id& id, family_word expected, family_word desired,
                                            const family_use& use) override;
    void confirm_family(const family_id& id, std::uint32_t generation) noexcept override;
    using store::insert_user;
    using store::replace_user;
    result<insert_user_result> insert_user(const user& u, std::span<const mail> mails) override;
    result<replace_user_result> replace_user(const user& desired, std::span<const mail> mails) override;
    result<imported> import_user(const user& u) override;
    result<imported> import_family(const family_facts& facts, family_word word, std::uint32_t ended_after,
                                   std::uint32_t use_generation, const family_use& use) override;
    ticket append_event(const security_event& event) override;
    result<ticket> observe_family(const family_id& id, family_word seen) override;
    result<ticket> observe_user(user_id id, std::uint64_t version_seen) override;
    result<ticket> observe_absence(std::string_view folded) override;
    task<bool> durable(ticket t) override;
    bool is_durable(ticket t) const noexcept override;
    const char* why_not_ready() const noexcept override;
    const outage_list& outages() const noexcept override;

    // --- registry
    client_ptr find_client(client_number number) const override;
    client_ptr find_client(std::string_view client_id) const override;
    bool is_origin_of_client(std::string_view origin) const override;
    std::vector<client_ptr> clients_after(client_number after, std::size_t limit) const override;
    std::size_t count_clients() const override;
    catalogue_ptr find_catalogue() const override;
    bool is_revoked(const token_id& id) const override;
    consent_ptr find_consent(user_id user, client_number client) const override;
    std::vector<consent_ptr> consents_of(user_id user) const override;
    result<put_result> put_client(const client& desired) override;
    result<put_result> put_api(const api& desired) override;
    result<put_result> put_scope(const scope& desired) override;
    result<put_result> put_revoked(const revoked_token& token) override;
    result<put_result> put_consent(const consent& desired) override;
    result<imported> import_client(const client& c) override;
    result<imported> import_api(const api& a) override;
    result<imported> import_scope(const scope& s) override;
    result<imported> import_consent(const consent& c) override;
    ticket rests_on() const noexcept override;
    std::uint64_t history_mark() const noexcept override { return restore_mark(); }

    // --- mail_port
    mail_ptr find_mail(const mail_id& id) const override;
    std::vector<mail_ptr> mails_after(const std::optional<mail_id>& after, std::size_t limit) const override;
    mail_counts count_mails() const override;
    result<ticket> want_mail(const mail& m) override;
    result<ticket> settle_mail(const mail& next) override;
    void set_mail_listener(mail_listener* who) override;

private:
    embedded_store(std::unique_ptr<record_log> log, embedded_store_options options, const clock& time);
    std::unique_ptr<store_state> state_;
};

} // namespace pawl::storage
