// What the start does with keys, data directory, store and time.
#include "app/instance/startup.hpp"
#include "core/secret.hpp"
#include "storage/access.hpp"
#include "storage/backup/swap_run.hpp"
#include "storage/directory/log_directory.hpp"
#include "storage/store/memory_log.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

namespace pawl::app {

namespace {

using storage::exit_code;
using storage::refused;

constexpr seconds durable_wait_max{60};
// Of a user's dead families as many as twice the living there may be are kept to be looked at.
constexpr std::size_t dead_families_per_session = 2;

[[noreturn]] void refuse_usage(std::string_view option, std::string_view value, std::string_view rule) {
    throw refused(exit_code::usage, option_error_line(option, value, {}, rule));
}

// Storage failed for good: what is in memory may not be on disk, so nothing may be told any more.
[[noreturn]] void end_after_storage_failure(const std::string& why, logger& log) {
    log.error("storage.failed", {{"why", why}});
    log.flush(std::chrono::seconds(1));
    const std::string line = "pawld: storage failed: " + why + "; restart to recover what was acknowledged\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    ::_exit(static_cast<int>(exit_code::storage_failed));
}

void say_recovery(const storage::recovery_report& found, logger& log) {
    for (const std::string& note : found.notes) {
        log.warn("recovery.note", {{"note", note}});
    }
    log.info("recovery.read", {{"fresh", found.fresh},
                               {"clean", found.clean},
                               {"snapshot_lsn", found.snapshot_lsn},
                               {"records", found.records},
                               {"frames", found.frames},
                               {"bytes_cut", found.bytes_cut}});
}

void say_room(const std::string& why, logger& log) {
    if (why.empty()) {
        log.warn("storage.room_again", {{"notice", "the log can go on: changes are taken again"}});
    } else {
        log.error(
            "storage.no_room",
            {{"why", why}, {"notice", "changes are refused once the log's last room is used; free some of the disk"}});
    }
}

// Ends one family; what to wait for.
ticket end_family(storage::embedded_store& data, const family_details& family, timestamp now) {
    family_word word = family.state.word;
    while (word.live()) {
        const family_word ended = word.with_status(family_status::admin);
        family_use use = family.last_use;
        use.at = now;
        const auto done = data.exchange_family(family.state.facts.id, word, ended, use);
        if (!done) {
            throw refused(exit_code::storage_failed, "the clock can't be set anew: the log has no room");
        }
        if (done->outcome == exchange_outcome::exchanged) {
            return done->wait_for;
        }
        const auto again = data.find_family(family.state.facts.id);
        if (!again) {
            break;
        }
        word = again->word;
    }
    return ticket::none;
}

// On a plain thread, once, before serving: looking again is simpler than an io_context of its own, which must not go
// while the log's thread is still posting to it. Storage that fails meanwhile ends the process.
void wait_until_durable(const storage::embedded_store& data, ticket t) {
    const auto deadline = std::chrono::steady_clock::now() + durable_wait_max;
    while (!data.is_durable(t)) {
        if (std::chrono::steady_clock::now() > deadline) {
            throw refused(exit_code::storage_failed, "the clock can't be set anew: storage does not answer");
        }
        std::this_thread::sleep_for(milliseconds(1));
    }
}

// Whether a clock that is set back to `now` could open the window of the last rotation: it lies in the future, or so
// shortly before now that its window, which may have closed in time served, would be open again.
bool is_reopened(const family_state& family, timestamp now, seconds window) {
    const timestamp rotated = family.facts.rotated_at(family.word);
    return family.word.generation() > 0 && (rotated > now || rotated + window + window_slack >= now);
}

// Ends it, or shuts its windows; what to wait for. `ended` counts.
ticket undo_wrong_time(storage::embedded_store& data, const family_details& family, timestamp now, seconds window,
                       std::size_t& ended) {
    if (family.state.facts.created_at > now) {
        ++ended;
        return end_family(data, family, now);
    }
    if (!is_reopened(family.state, now, window)) {
        return ticket::none;
    }
    const result<ticket> shut = data.shut_windows(family.state.facts.id);
    if (!shut) {
        throw refused(exit_code::storage_failed, "the clock can't be set anew: the log has no room");
    }
    return *shut;
}

} // namespace

storage::swap_end make_data_directory(const std::string& path) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string part = path.substr(0, slash);
        if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
            refuse_usage("--data-dir", path,
                         "can't be created: " + part + ": " + std::strerror(errno) +
                             "; name a place where this user may make it");
        }
        if (slash == std::string::npos) {
            return storage::settle_swap(path);
        }
    }
}

storage::key_file_options key_file_options_of(const config& settings) {
    storage::key_file_options options;
    options.path = settings.key_file;
    options.ring.algorithm = settings.algorithm;
    options.ring.hs256_secret = settings.secret_key ? &*settings.secret_key : nullptr;
    options.is_credential = settings.key_file_is_credential;
    options.group = settings.allow_group_read ? storage::group_access::allowed : storage::group_access::refused;
    options.may_create = !storage::log_directory::has_manifest(settings.data_dir);
    return options;
}

storage::opened_key_file open_keys(const config& settings, random_source& random, timestamp now, logger& log) {
    storage::opened_key_file opened = storage::open_key_file(key_file_options_of(settings), random, now);
    if (opened.added_signing_key) {
        log.info("keys.added", {{"file", settings.key_file}, {"algorithm", to_text(settings.algorithm)}});
    }
    return opened;
}

key_ring_ptr stamp_keys(const config& settings, key_ring_ptr keys, timestamp now, logger& log) {
    if (settings.key_file.empty()) {
        return keys;
    }
    storage::stamped_key_file stamped = storage::stamp_key_file(key_file_options_of(settings), now);
    if (!stamped.problem.empty()) {
        log.warn("keys.not_stamped", {{"why", stamped.problem}});
    }
    if (!stamped.ring) {
        return keys;
    }
    log.warn("keys.stamped", {{"file", settings.key_file}, {"signs_in_s", publish_lead.count()}});
    return std::move(stamped.ring);
}

key_ring_ptr keys_in_memory(const key_ring_options& options, random_source& random, timestamp now) {
    std::string text = make_key_file(options.algorithm, random, now);
    parsed_key_file parsed = parse_key_file(text, options);
    wipe(text.data(), text.size());
    if (!parsed.ring) {
        throw refused(exit_code::wrong_key, "keys in memory: " + parsed.error);
    }
    return std::move(parsed.ring);
}

std::unique_ptr<storage::embedded_store> open_store_in_memory(const config& settings, const clock& time) {
    storage::embedded_store_options options;
    options.names_rest = names_rest_of(settings);
    return storage::embedded_store::open_on(std::make_unique<storage::memory_log>(), std::move(options), time);
}

void continue_time(const storage::recovery_report& found, const config& settings, service_clock& time, logger& log) {
    const timestamp_ms wall = time.wall_ms();
    const milliseconds lag = behind(wall, found.last_time);
    const std::string lag_text = std::to_string(lag.count() / 1000) + " s";
    switch (judge_wall(wall, found.last_time)) {
    case wall_verdict::refuse:
        if (!settings.reset_clock) {
            throw refused(exit_code::clock,
                          "the clock is " + lag_text + " behind the data in " + settings.data_dir +
                              ": set the clock, or start once with --reset-clock, which ends sessions "
                              "created later than now");
        }
        break;
    case wall_verdict::warn:
        log.warn("clock.behind", {{"seconds", lag.count() / 1000}});
        break;
    case wall_verdict::good:
        break;
    }
    if (settings.reset_clock) {
        log.warn("clock.reset", {{"seconds", lag.count() / 1000}});
    } else {
        time.raise(found.last_time);
    }
}

storage::embedded_store_options store_options_of(const config& settings, const key_ring& keys) {
    storage::embedded_store_options options;
    options.directory.path = settings.data_dir;
    if (settings.allow_group_read) {
        options.directory.files = storage::open_posix_directory(settings.data_dir, storage::group_access::allowed);
    }
    options.directory.log_key = &keys.log_key;
    options.directory.wal_pad = settings.wal_pad;
    options.directory.log_retention_bytes = settings.log_retention_bytes;
    options.directory.log_retention_age = settings.log_retention_age;
    options.writer.sync_interval = settings.sync_interval;
    options.mode =
        settings.durability == durability_mode::interval ? storage::durability::interval : storage::durability::always;
    options.lost_response_window = settings.refresh.lost_response_window;
    options.names_rest = names_rest_of(settings);
    options.sets_clock = settings.reset_clock;
    options.dead_families_max = dead_families_per_session * settings.max_sessions;
    options.snapshot_interval = settings.snapshot_interval;
    options.snapshot_min_bytes = settings.snapshot_min_bytes;
    options.snapshot_log_bytes = settings.snapshot_log_bytes;
    return options;
}

std::unique_ptr<storage::embedded_store> open_store(const config& settings, const key_ring& keys, service_clock& time,
                                                    logger& log, std::function<void()> before_write) {
    storage::embedded_store_options options = store_options_of(settings, keys);
    options.writer.before_write = std::move(before_write);
    options.on_recovered = [&](const storage::recovery_report& found) {
        say_recovery(found, log);
        continue_time(found, settings, time, log);
    };
    options.on_fatal = [&log](const std::string& why) { end_after_storage_failure(why, log); };
    options.on_room = [&log](const std::string& why) { say_room(why, log); };
    options.on_notice = [&log](const std::string& line) { log.warn("storage.notice", {{"notice", line}}); };
    return storage::embedded_store::open(std::move(options), time);
}

std::size_t undo_wrong_time(storage::embedded_store& data, timestamp now, seconds lost_response_window) {
    if (!data.clock_goes_back()) {
        return 0;
    }
    std::size_t ended = 0;
    ticket last = ticket::none;
    constexpr std::size_t users_at_once = 1000;
    for (user_id after{};;) { // by what is there: imported ids may be far apart
        const std::vector<user_ptr> users = data.users_after(after, users_at_once);
        for (const user_ptr& u : users) {
            for (const family_details& family : data.families_of(u->id)) {
                if (family.state.word.live()) {
                    last = later(last, undo_wrong_time(data, family, now, lost_response_window, ended));
                }
            }
            after = u->id;
        }
        wait_until_durable(data, last); // each time: the log's queue is bounded
        if (users.size() < users_at_once) {
            break;
        }
    }
    return ended;
}

void record_clock(storage::embedded_store& data) {
    const result<ticket> done = data.record_clock();
    if (!done) {
        throw refused(exit_code::storage_failed, "the clock can't be set anew: the log has no room");
    }
    wait_until_durable(data, *done);
}

} // namespace pawl::app
