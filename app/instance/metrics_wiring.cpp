#include "app/instance/metrics_wiring.hpp"

#include "app/egress/egress.hpp"
#include "app/events/event_service.hpp"
#include "app/mail/mail_desk.hpp"
#include "app/webhook/sender.hpp"
#include "core/service/token_report.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <span>

namespace pawl::app {

namespace {

using enum metric_type;

void add(std::vector<metric_row>& rows, std::string_view name, std::string_view help, metric_type type, double value,
         std::string labels = {}) {
    rows.push_back({name, help, type, std::move(labels), value});
}

double number(std::uint64_t n) {
    return static_cast<double>(n);
}

double seconds_of_ns(std::uint64_t ns) {
    return number(ns) / 1e9;
}

double seconds_of_ms(std::uint64_t ms) {
    return number(ms) / 1e3;
}

// A histogram as Prometheus wants it: cumulative buckets, their sum, their count. Bucket i counts what was below
// bound(i); the last one has no bound.
template <class Bound>
void add_histogram(std::vector<metric_row>& rows, std::string_view name, std::string_view help,
                   std::span<const std::uint64_t> counts, Bound bound, double sum) {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        count += counts[i];
        std::array<char, 32> le{"+Inf"};
        if (i + 1 < counts.size()) {
            std::snprintf(le.data(), le.size(), "%g", bound(i));
        }
        rows.push_back({name, help, histogram, "le=\"" + std::string(le.data()) + "\"", number(count), "_bucket"});
    }
    rows.push_back({name, help, histogram, {}, sum, "_sum"});
    rows.push_back({name, help, histogram, {}, number(count), "_count"});
}

struct process_figures {
    double resident_bytes = 0, descriptors = 0, cpu_s = 0;
};

// Open for good; read from the start each time, by one thread at a time.
struct process_files {
    std::mutex lock;
    int memory = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    DIR* descriptors = ::opendir("/proc/self/fd");

    process_files() = default;
    process_files(const process_files&) = delete;
    process_files& operator=(const process_files&) = delete;
    ~process_files() {
        if (memory >= 0) {
            ::close(memory);
        }
        if (descriptors != nullptr) {
            ::closedir(descriptors);
        }
    }
};

process_files& files_of_process() {
    static process_files kept;
    return kept;
}

double resident_bytes(int statm) {
    std::array<char, 128> text{};
    unsigned long total = 0;
    unsigned long resident = 0;
    if (::pread(statm, text.data(), text.size() - 1, 0) <= 0 ||
        std::sscanf(text.data(), "%lu %lu", &total, &resident) != 2) {
        return 0;
    }
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors(DIR* directory) {
    if (directory == nullptr) {
        return 0;
    }
    double count = 0;
    ::rewinddir(directory);
    while (const dirent* entry = ::readdir(directory)) {
        count += entry->d_name[0] == '.' ? 0 : 1;
    }
    return count;
}

process_figures look_at_process() {
    process_figures out;
    {
        process_files& files = files_of_process();
        const std::lock_guard guard(files.lock);
        out.resident_bytes = resident_bytes(files.memory);
        out.descriptors = open_descriptors(files.descriptors);
    }
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0) {
        const auto of = [](const timeval& t) {
            return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
        };
        out.cpu_s = of(usage.ru_utime) + of(usage.ru_stime);
    }
    return out;
}

} // namespace

void keep_process_files() {
    files_of_process();
}

void add_service_rows(std::vector<metric_row>& rows, const service_counters& c) {
    const auto of = [](const std::atomic<std::uint64_t>& n) { return number(n.load(std::memory_order_relaxed)); };
    constexpr std::string_view logins = "pawl_logins_total";
    constexpr std::string_view logins_help = "Logins, by outcome.";
    add(rows, logins, logins_help, counter, of(c.logins_ok), "outcome=\"ok\"");
    add(rows, logins, logins_help, counter, of(c.logins_failed), "outcome=\"failed\"");
    add(rows, logins, logins_help, counter, of(c.logins_throttled), "outcome=\"throttled\"");
    add(rows, "pawl_sign_ups_total", "Users created.", counter, of(c.sign_ups));
    constexpr std::string_view refreshes = "pawl_refreshes_total";
    constexpr std::string_view refreshes_help = "Presented refresh tokens, by what they led to.";
    add(rows, refreshes, refreshes_help, counter, of(c.rotations), "outcome=\"rotated\"");
    add(rows, refreshes, refreshes_help, counter, of(c.replays), "outcome=\"replayed\"");
    add(rows, refreshes, refreshes_help, counter, of(c.healed), "outcome=\"healed\"");
    add(rows, refreshes, refreshes_help, counter, of(c.reuses), "outcome=\"reuse\"");
    add(rows, refreshes, refreshes_help, counter, of(c.ahead_revoked), "outcome=\"ahead_revoked\"");
    add(rows, refreshes, refreshes_help, counter, of(c.refused_dead), "outcome=\"dead\"");
    add(rows, refreshes, refreshes_help, counter, of(c.refused_forged), "outcome=\"forged\"");
    add(rows, refreshes, refreshes_help, counter, of(c.refused_mismatch), "outcome=\"mismatch\"");
    add(rows, "pawl_reuse_suspected_total", "Families replayed in step from differing places.", counter,
        of(c.reuse_suspected));
    add(rows, "pawl_logouts_total", "Families ended by their users.", counter, of(c.logouts));
    add(rows, "pawl_evictions_total", "Families ended because their user had too many.", counter, of(c.evictions));
    add(rows, "pawl_rehashes_total", "Passwords hashed anew at login because the cost changed.", counter,
        of(c.rehashes));
}

void add_check_rows(std::vector<metric_row>& rows, const check_counters& checks) {
    const auto pair = [](std::string_view what, std::string_view name, std::string_view outcome) {
        return std::string(what) + "=\"" + std::string(name) + "\",outcome=\"" + std::string(outcome) + "\"";
    };
    for (std::size_t i = 0; i < checked_code_names.size(); ++i) {
        for (std::size_t k = 0; k < code_outcome_names.size(); ++k) {
            add(rows, "pawl_factor_checks_total", "Codes of second factors that were shown, by what came of them.",
                counter, number(checks.codes.of(i, k)),
                pair("kind", checked_code_names.at(i), code_outcome_names.at(k)));
        }
    }
    for (std::size_t i = 0; i < checked_capsule_names.size(); ++i) {
        for (std::size_t k = 0; k < capsule_outcome_names.size(); ++k) {
            add(rows, "pawl_capsules_total",
                "Links of mails, steps of sign-ins and remembered devices that were shown to be used, by how they "
                "stood.",
                counter, number(checks.capsules.of(i, k)),
                pair("purpose", checked_capsule_names.at(i), capsule_outcome_names.at(k)));
        }
    }
}

void add_store_rows(std::vector<metric_row>& rows, const storage::store_statistics& s) {
    for (std::size_t i = 0; i <= static_cast<std::size_t>(last_family_status); ++i) {
        add(rows, "pawl_store_families", "Families in memory, by status.", gauge, number(s.families_by_status.at(i)),
            "status=\"" + std::string(to_text(static_cast<family_status>(i))) + "\"");
    }
    add(rows, "pawl_store_families_alive", "Families that could refresh, as of the last sweep.", gauge,
        number(s.families_alive));
    add(rows, "pawl_store_users", "Users in memory, with tombstones.", gauge, number(s.users));
    add(rows, "pawl_store_tombstones", "Deleted users still kept, as of the last sweep.", gauge, number(s.tombstones));
    add(rows, "pawl_store_login_names", "Login names taken.", gauge, number(s.login_names));
    add(rows, "pawl_store_user_agents", "Distinct user agents kept.", gauge, number(s.user_agents));
    add(rows, "pawl_store_family_buckets", "Buckets of the family map.", gauge, number(s.family_buckets));
    add(rows, "pawl_store_family_bytes", "Memory of the family map.", gauge, number(s.family_bytes));
    add(rows, "pawl_store_slabs_given_back_total", "Slabs of families given back to the system.", counter,
        number(s.slabs_given_back));
    add(rows, "pawl_store_retired_pending", "Objects that wait for a grace period.", gauge, number(s.retired_pending));
    add(rows, "pawl_store_waiting", "Requests that wait for durability.", gauge, number(s.waiting));
    add(rows, "pawl_store_sweeps_total", "Walks over all families for what is dead.", counter, number(s.sweeps));
    add(rows, "pawl_store_families_dropped_total", "Families dropped by sweeps.", counter, number(s.families_dropped));
    add(rows, "pawl_store_users_dropped_total", "Tombstones dropped by sweeps.", counter, number(s.users_dropped));
    add(rows, "pawl_store_events_lost_total", "Security events for which the log had no room.", counter,
        number(s.events_lost));
    add(rows, "pawl_snapshots_total", "Snapshots taken, by outcome.", counter, number(s.snapshots), "outcome=\"ok\"");
    add(rows, "pawl_snapshots_total", "", counter, number(s.snapshots_failed), "outcome=\"failed\"");
    add(rows, "pawl_snapshot_bytes", "Size of the last snapshot.", gauge, number(s.snapshot_bytes));
    add(rows, "pawl_snapshot_seconds", "Time the last snapshot took.", gauge, seconds_of_ms(s.snapshot_ms));
    add(rows, "pawl_recovery_seconds", "Time recovery took at the start.", gauge, seconds_of_ms(s.recovery_ms));
    add(rows, "pawl_recovery_records", "Records recovery read.", gauge, number(s.recovery.records));
    add(rows, "pawl_recovery_frames", "Log frames recovery read.", gauge, number(s.recovery.frames));
    add(rows, "pawl_recovery_bytes_cut", "Bytes of a torn, never acknowledged tail that recovery cut.", gauge,
        number(s.recovery.bytes_cut));
    add(rows, "pawl_recovery_clean", "1 where the last stop was clean.", gauge, s.recovery.clean ? 1 : 0);
    add(rows, "pawl_recovery_snapshot_fell_back", "1 where the newest snapshot was bad and the one before was used.",
        gauge, s.recovery.snapshot_fell_back ? 1 : 0);
    add(rows, "pawl_recovery_users", "Users recovered.", gauge, number(s.recovered_users));
    add(rows, "pawl_recovery_families", "Families recovered.", gauge, number(s.recovered_families));
    add(rows, "pawl_recovery_dropped", "Records of unknown owners that recovery dropped.", gauge,
        number(s.words_without_family + s.families_without_user));
}

void add_log_rows(std::vector<metric_row>& rows, const storage::log_stats& s) {
    add(rows, "pawl_log_records_total", "Records written.", counter, number(s.records));
    add(rows, "pawl_log_batches_total", "Batches written: one frame and one fdatasync each.", counter,
        number(s.batches));
    add(rows, "pawl_log_bytes_total", "Bytes written.", counter, number(s.bytes));
    add(rows, "pawl_log_queue_records", "Records reserved or queued.", gauge, number(s.queue_records));
    add(rows, "pawl_log_segments_created_total", "Segments made.", counter, number(s.segments_created));
    add(rows, "pawl_log_bytes_since_snapshot", "Log that the last snapshot does not cover.", gauge,
        number(s.sealed_bytes_since_snapshot));
    add_histogram(
        rows, "pawl_log_sync_duration_seconds", "Time of one write and its fdatasync.", s.sync_histogram,
        [](std::size_t i) { return static_cast<double>(16ULL << i) / 1e6; }, seconds_of_ns(s.sync_ns_total));
    add(rows, "pawl_log_sync_duration_seconds_max", "The longest write and fdatasync so far.", gauge,
        seconds_of_ns(s.sync_ns_max));
    add_histogram(
        rows, "pawl_log_batch_records", "Records of one batch.", s.batch_histogram,
        [](std::size_t i) { return static_cast<double>((1ULL << i) - 1); }, number(s.records));
}

void add_password_rows(std::vector<metric_row>& rows, const password_pool_stats& s) {
    add(rows, "pawl_password_threads", "Hash threads.", gauge, s.threads);
    add(rows, "pawl_password_running", "Hashes running.", gauge, number(s.running));
    add(rows, "pawl_password_queued", "Hashes that wait for a thread.", gauge, number(s.queued));
    add(rows, "pawl_password_queue_max", "How many may wait.", gauge, static_cast<double>(s.queue_max));
    add(rows, "pawl_password_rejected_total", "Hashes refused because pool and queue were full.", counter,
        number(s.rejected));
    add(rows, "pawl_password_no_memory_total", "Hashes that there was no memory for.", counter, number(s.no_memory));
    add(rows, "pawl_password_hashes_total", "Hashes done.", counter, number(s.done));
    add(rows, "pawl_password_hash_seconds_total", "Time spent hashing.", counter, seconds_of_ns(s.hash_ns_total));
}

void add_event_rows(std::vector<metric_row>& rows, const event_figures& figures) {
    const auto of = [](const std::atomic<std::uint64_t>& n) { return number(n.load(std::memory_order_relaxed)); };
    add(rows, "pawl_event_streams", "Operators who watch events.", gauge, of(figures.streams));
    add(rows, "pawl_event_streams_opened_total", "Streams of events that were asked for.", counter, of(figures.opened));
    add(rows, "pawl_event_streams_behind_total", "Streams that ended because their reader was too slow.", counter,
        of(figures.fell_behind));
    add(rows, "pawl_events_sent_total", "Events sent on streams.", counter, of(figures.sent));
}

void add_webhook_rows(std::vector<metric_row>& rows, const webhook_figures& figures, std::uint64_t durable_lsn) {
    const auto of = [](const std::atomic<std::uint64_t>& n) { return number(n.load(std::memory_order_relaxed)); };
    constexpr std::string_view attempts = "pawl_webhook_attempts_total";
    constexpr std::string_view attempts_help = "Attempts to deliver an event, by outcome.";
    add(rows, attempts, attempts_help, counter, of(figures.delivered), "outcome=\"delivered\"");
    add(rows, attempts, attempts_help, counter, of(figures.failed), "outcome=\"failed\"");
    add(rows, "pawl_webhook_given_up_total", "Events that were given up.", counter, of(figures.given_up));
    const std::uint64_t lsn = figures.lsn.load(std::memory_order_relaxed);
    add(rows, "pawl_webhook_lag_records", "Records of the log that the webhook has not come to yet.", gauge,
        number(durable_lsn > lsn ? durable_lsn - lsn : 0));
}

void add_egress_rows(std::vector<metric_row>& rows, const egress_figures& figures) {
    const auto of = [](const std::atomic<std::uint64_t>& n) { return number(n.load(std::memory_order_relaxed)); };
    constexpr std::string_view requests = "pawl_egress_requests_total";
    constexpr std::string_view requests_help = "Exchanges with places elsewhere, by outcome.";
    add(rows, requests, requests_help, counter, of(figures.answered), "outcome=\"answered\"");
    add(rows, requests, requests_help, counter, of(figures.failed), "outcome=\"failed\"");
    add(rows, "pawl_egress_deaths_total", "Egress workers that died.", counter, of(figures.deaths));
    add(rows, "pawl_egress_ready", "1 while there is an egress worker.", gauge,
        figures.ready.load(std::memory_order_relaxed) ? 1 : 0);
}

void add_mail_rows(std::vector<metric_row>& rows, const mail_figures& figures, const mail_counters& wanted,
                   std::size_t waiting) {
    const auto of = [](const std::atomic<std::uint64_t>& n) { return number(n.load(std::memory_order_relaxed)); };
    add(rows, "pawl_mail_waiting", "Mails that wait to be sent.", gauge, number(waiting));
    add(rows, "pawl_mail_sent_total", "Mails that the relay took.", counter, of(figures.sent));
    constexpr std::string_view given_up = "pawl_mail_given_up_total";
    constexpr std::string_view given_up_help = "Mails that were not sent and never will be, by why.";
    add(rows, given_up, given_up_help, counter, of(figures.refused), "why=\"refused\"");
    add(rows, given_up, given_up_help, counter, of(figures.expired), "why=\"expired\"");
    add(rows, given_up, given_up_help, counter, of(figures.overtaken), "why=\"overtaken\"");
    add(rows, "pawl_mail_put_off_total", "Attempts that the relay put off.", counter, of(figures.put_off));
    add(rows, "pawl_mail_dropped_total", "Notices that were dropped because the queue was full.", counter,
        of(wanted.dropped));
    add(rows, "pawl_mail_relay_faults_total", "Attempts that failed for the relay itself.", counter,
        of(figures.relay_faults));
    add(rows, "pawl_mail_relay_failing", "1 since the relay failed and until it answers again.", gauge,
        figures.relay_failing.load(std::memory_order_relaxed) ? 1 : 0);
    add(rows, "pawl_mail_delay_seconds_total", "From wanted to sent, of all mails that were sent.", counter,
        of(figures.delay_ms) / 1e3);
}

void add_clock_rows(std::vector<metric_row>& rows, const clock_standing& standing) {
    const auto of = [](milliseconds t) { return static_cast<double>(t.count()) / 1e3; };
    add(rows, "pawl_clock_behind_seconds", "How far the wall clock is behind service time.", gauge,
        of(standing.behind));
    add(rows, "pawl_clock_held_seconds",
        "How far the wall clock leapt ahead of service time, which does not follow it yet; 0 where it did not.", gauge,
        of(standing.held));
}

void add_process_rows(std::vector<metric_row>& rows, double start_time_s) {
    const process_figures p = look_at_process();
    add(rows, "process_resident_memory_bytes", "Resident memory size in bytes.", gauge, p.resident_bytes);
    add(rows, "process_open_fds", "Number of open file descriptors.", gauge, p.descriptors);
    add(rows, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", counter, p.cpu_s);
    add(rows, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.", gauge,
        start_time_s);
}

std::vector<metric_row> wire_metrics(const metrics_sources& sources) {
    std::vector<metric_row> rows;
    const storage::store_statistics stats = sources.data.statistics();
    add_service_rows(rows, sources.counters);
    add_check_rows(rows, sources.counters.checks);
    add_store_rows(rows, stats);
    add_log_rows(rows, stats.log);
    add_password_rows(rows, sources.passwords.stats());
    if (sources.events != nullptr) {
        add_event_rows(rows, *sources.events);
    }
    if (sources.webhook != nullptr) {
        add_webhook_rows(rows, *sources.webhook, sources.data.durable_lsn());
    }
    if (sources.out != nullptr) {
        add_egress_rows(rows, *sources.out);
    }
    if (sources.mails != nullptr && sources.mails_wanted != nullptr) {
        add_mail_rows(rows, *sources.mails, *sources.mails_wanted,
                      sources.data.count_mails()[static_cast<std::size_t>(mail_status::waiting)]);
    }
    add_clock_rows(rows, sources.time.standing());
    add(rows, "pawl_ready", "1 while storage takes changes.", gauge, sources.data.why_not_ready() == nullptr ? 1 : 0);
    add(rows, "pawl_diagnostic_lines_dropped_total", "Lines of the process's own log dropped by a slow reader.",
        counter, number(sources.log.dropped()));
    add(rows, "pawl_build_info", "1; the labels say what was built.", gauge, 1,
        "version=\"" + std::string(sources.version) + "\",compiler=\"" + __VERSION__ + "\"");
    add_process_rows(rows, sources.start_time_s);
    return rows;
}

} // namespace pawl::app
