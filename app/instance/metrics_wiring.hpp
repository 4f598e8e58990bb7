// /metrics beyond HTTP: what services, store, log, password pool, clock and process have to say, as rows.
#pragma once

#include "app/http/metrics.hpp"
#include "app/process/logging.hpp"
#include "app/process/service_clock.hpp"
#include "app/worker/password_pool.hpp"
#include "core/service/mail_service.hpp"
#include "core/service/services.hpp"
#include "storage/store/embedded_store.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

struct egress_figures;  // app/egress/egress.hpp
struct event_figures;   // app/events/event_service.hpp
struct webhook_figures; // app/webhook/sender.hpp
struct mail_figures;    // app/mail/mail_desk.hpp

// All outlive their use.
struct metrics_sources {
    const service_counters& counters;
    const storage::embedded_store& data;
    const password_pool& passwords;
    const service_clock& time;
    const logger& log;
    std::string_view version;
    double start_time_s = 0; // of the process, by the wall clock
    const event_figures* events = nullptr;
    const webhook_figures* webhook = nullptr; // null: there is none
    const egress_figures* out = nullptr;      // null: nothing goes out
    const mail_figures* mails = nullptr;      // the same
    const mail_counters* mails_wanted = nullptr;
};

// Rows of one name stand together, as app/http/metrics.hpp wants. Any thread.
std::vector<metric_row> wire_metrics(const metrics_sources& sources);

// Opens what the process's own figures are read from, once: the sandbox leaves /proc out of reach.
void keep_process_files();

// The parts, pure but for the last.
void add_service_rows(std::vector<metric_row>& rows, const service_counters& counters);
void add_check_rows(std::vector<metric_row>& rows, const check_counters& checks);
void add_store_rows(std::vector<metric_row>& rows, const storage::store_statistics& stats);
void add_log_rows(std::vector<metric_row>& rows, const storage::log_stats& stats);
void add_password_rows(std::vector<metric_row>& rows, const password_pool_stats& stats);
void add_event_rows(std::vector<metric_row>& rows, const event_figures& figures);
void add_webhook_rows(std::vector<metric_row>& rows, const webhook_figures& figures, std::uint64_t durable_lsn);
void add_egress_rows(std::vector<metric_row>& rows, const egress_figures& figures);
void add_mail_rows(std::vector<metric_row>& rows, const mail_figures& figures, const mail_counters& wanted,
                   std::size_t waiting);
void add_clock_rows(std::vector<metric_row>& rows, const clock_standing& standing);
void add_process_rows(std::vector<metric_row>& rows, double start_time_s);

} // namespace pawl::app
