// What main does before and beside serving, one step a function. Owner's thread unless said otherwise.
#pragma once

#include "app/config/config.hpp"
#include "app/net/server.hpp"
#include "app/process/logging.hpp"
#include "app/process/service_clock.hpp"
#include "app/worker/login_limiter.hpp"
#include "core/jwt/key_ring.hpp"
#include "core/service/services.hpp"
#include "storage/backup/content_swap.hpp"
#include "storage/directory/key_file.hpp"
#include "storage/store/embedded_store.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace pawl::app {

struct password_pool_stats; // app/worker/password_pool.hpp

// No core dumps of secrets (but under `dev`), files for no other user, signals as signals.hpp says. Before any thread.
void prepare_process(bool dev);

// Lets the process have as many descriptors as so many connections need; says so where the system won't.
void raise_descriptor_limit(std::size_t connections, logger& log);

// What the process should not run as or with, for people to read.
void say_warnings(const config& settings, logger& log);
// What the cgroup allows, and the threads that follow from it; says nothing if it limits nothing.
void say_container(const config& settings, logger& log);
// How many hashes got no memory since the last call, where any did; `told` is how many were said before.
void say_hash_memory(const password_pool_stats& stats, std::uint64_t& told, logger& log);

// Creates the data directory, 0700, and its parents. A restore that was interrupted in it is finished or taken back,
// before anything is read there: what it was. Throws refused: usage; as settle_swap() of storage/backup/swap_run.hpp.
storage::swap_end make_data_directory(const std::string& path);

// The keys in force: readers take a pointer, SIGHUP swaps it. Any thread.
class key_holder {
public:
    explicit key_holder(key_ring_ptr ring) : ring_(std::move(ring)) {}
    key_ring_ptr get() const { return ring_.load(std::memory_order_acquire); }
    void set(key_ring_ptr ring) { ring_.store(std::move(ring), std::memory_order_release); }
    // Held from the reading of the key file to set(): SIGHUP and operators change it one after the other.
    std::mutex& changing() { return changing_; }

private:
    std::mutex changing_;
    std::atomic<key_ring_ptr> ring_;
};

// `settings` must outlive the options.
storage::key_file_options key_file_options_of(const config& settings);
// Opens or makes the key file; a missing one beside data that exist is refused (wrong_key). Logs what it added to one
// that was there, but not that it made one: that may go again (storage::made_key_file).
storage::opened_key_file open_keys(const config& settings, random_source& random, timestamp now, logger& log);

// Once service time is known: the ring of the key file with the times of next signing keys set right
// (storage::stamp_key_file); `keys` where nothing was wrong.
key_ring_ptr stamp_keys(const config& settings, key_ring_ptr keys, timestamp now, logger& log);

// Fresh keys that no file holds.
key_ring_ptr keys_in_memory(const key_ring_options& options, random_source& random, timestamp now);

// Service time goes on from where it was, for embedded_store_options::on_recovered: a clock that lost its time must not
// make old tokens young again. refused(clock) where the wall clock is more than a day behind the data, unless
// `--reset-clock`.
void continue_time(const storage::recovery_report& found, const config& settings, service_clock& time, logger& log);
// Without what is to be called. `keys` outlives open().
storage::embedded_store_options store_options_of(const config& settings, const key_ring& keys);

// Recovers the store, with service time raised to what it last was; refused(clock) where the wall clock is more than a
// day behind that, unless `--reset-clock`. A storage failure while serving is logged and ends the process (exit 70).
// `before_write`, where given, is called by the log's writer before each batch.
std::unique_ptr<storage::embedded_store> open_store(const config& settings, const key_ring& keys, service_clock& time,
                                                    logger& log, std::function<void()> before_write = {});
// For `--data-dir :memory:`.
std::unique_ptr<storage::embedded_store> open_store_in_memory(const config& settings, const clock& time);
// How long a login name that was given up rests before another account may have it: while a token may name it.
seconds names_rest_of(const config& settings);

// `--reset-clock`, where service time goes back to `now`: durably ends every living family that was created later, and
// shuts the windows of those that were rotated later, or so shortly before that a window would open again. How many
// ended. Before record_clock(): a crash between the two must leave no rotation of the wrong time behind, whose window
// would open once that time comes.
std::size_t undo_wrong_time(storage::embedded_store& data, timestamp now, seconds lost_response_window);

// `--reset-clock`, after that: says so durably in the log, so that the next start needs it no more.
void record_clock(storage::embedded_store& data);

service_settings service_settings_of(const config& settings);
throttle_limits throttle_limits_of(const config& settings);
// The same for proofs of clients, but that any number may be right: a machine asks as often as it needs a token.
throttle_limits client_limits_of(const config& settings);
server_settings server_settings_of(const config& settings);

// The issuer once the URLs are known; refused(usage) where the first is none that clients can use.
std::string issuer_of(const config& settings, const std::string& first_url);

// The one line that says where requests are served, and its way to stdout.
std::string ready_line(const std::string& url);
void print_ready_line(const std::string& line);

struct reloaded_limiters {
    login_limiter& logins;
    login_limiter& clients;
};

// SIGHUP: reads the sources again. What may change while serving is applied (log level, login limits, keys), what needs
// a restart is named; anything wrong is logged and leaves all as it was. `running` is what the process started with.
void reload(const config_inputs& inputs, const config& running, key_holder& keys, const reloaded_limiters& limiters,
            logger& log);

} // namespace pawl::app
