#include "app/egress/egress.hpp"
#include "app/instance/metrics_wiring.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace pawl;
using namespace pawl::app;

namespace {

double value_of(const std::vector<metric_row>& rows, std::string_view name, std::string_view labels = {}) {
    for (const metric_row& row : rows) {
        if (std::string(row.name).append(row.suffix) == name && row.labels == labels) {
            return row.value;
        }
    }
    BOOST_ERROR("no row " << name << "{" << labels << "}");
    return -1;
}

std::vector<metric_row> all_rows() {
    std::vector<metric_row> rows;
    const service_counters counters;
    add_service_rows(rows, counters);
    add_store_rows(rows, {});
    add_log_rows(rows, {});
    add_password_rows(rows, {});
    add_egress_rows(rows, {});
    add_clock_rows(rows, {});
    add_process_rows(rows, 1);
    return rows;
}

} // namespace

BOOST_AUTO_TEST_SUITE(metrics_wiring_test)

BOOST_AUTO_TEST_CASE(rows_of_one_name_stand_together_and_none_comes_twice) {
    std::set<std::string> samples;
    std::set<std::string> names_done;
    std::string last;
    for (const metric_row& row : all_rows()) {
        const std::string name(row.name);
        BOOST_TEST(samples.insert(name + std::string(row.suffix) + row.labels).second, name << row.labels);
        if (name != last) {
            BOOST_TEST(names_done.insert(name).second, name << " stands in two places");
            BOOST_TEST(!row.help.empty(), name);
        }
        last = name;
        BOOST_TEST((row.type != metric_type::counter || name.ends_with("_total")), name);
        BOOST_TEST((row.type == metric_type::histogram) == !row.suffix.empty(), name);
    }
}

BOOST_AUTO_TEST_CASE(families_of_every_status_are_counted) {
    storage::store_statistics s;
    for (std::size_t i = 0; i < s.families_by_status.size(); ++i) {
        s.families_by_status.at(i) = 10 + i;
    }
    std::vector<metric_row> rows;
    add_store_rows(rows, s);
    BOOST_TEST(value_of(rows, "pawl_store_families", "status=\"live\"") == 10);
    BOOST_TEST(value_of(rows, "pawl_store_families", "status=\"ahead\"") == 16);
    BOOST_TEST(value_of(rows, "pawl_store_families", "status=\"code_reuse\"") == 19);
    BOOST_TEST(value_of(rows, "pawl_store_families", "status=\"revoked\"") == 23);
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_behind_or_held_reaches_its_row) {
    std::vector<metric_row> rows;
    add_clock_rows(rows, {{}, milliseconds(1'500), milliseconds(0)});
    BOOST_TEST(value_of(rows, "pawl_clock_behind_seconds") == 1.5);
    BOOST_TEST(value_of(rows, "pawl_clock_held_seconds") == 0);
    rows.clear();
    add_clock_rows(rows, {{}, milliseconds(0), milliseconds(90'000)});
    BOOST_TEST(value_of(rows, "pawl_clock_behind_seconds") == 0);
    BOOST_TEST(value_of(rows, "pawl_clock_held_seconds") == 90);
}

BOOST_AUTO_TEST_CASE(counters_reach_their_rows) {
    service_counters counters;
    counters.rotations = 3;
    counters.reuses = 1;
    counters.logins_throttled = 7;
    std::vector<metric_row> rows;
    add_service_rows(rows, counters);
    BOOST_TEST(value_of(rows, "pawl_refreshes_total", "outcome=\"rotated\"") == 3);
    BOOST_TEST(value_of(rows, "pawl_refreshes_total", "outcome=\"reuse\"") == 1);
    BOOST_TEST(value_of(rows, "pawl_logins_total", "outcome=\"throttled\"") == 7);
}

BOOST_AUTO_TEST_CASE(what_was_shown_is_counted_by_kind_and_by_outcome) {
    service_counters counters;
    counters.checks.codes.count(checked_code::recovery, code_outcome::used);
    counters.checks.codes.count(checked_code::totp, code_outcome::throttled);
    counters.checks.codes.count(checked_code::totp, code_outcome::throttled);
    counters.checks.capsules.count(checked_capsule::device, capsule_outcome::invalid);
    counters.checks.capsules.count(checked_capsule::verify_email, capsule_outcome::good);
    std::vector<metric_row> rows;
    add_check_rows(rows, counters.checks);
    BOOST_TEST(rows.size() == 2U * 4U + 9U * 4U);
    const std::string_view codes = "pawl_factor_checks_total", capsules = "pawl_capsules_total";
    BOOST_TEST(value_of(rows, codes, R"(kind="recovery",outcome="used")") == 1);
    BOOST_TEST(value_of(rows, codes, R"(kind="totp",outcome="throttled")") == 2);
    BOOST_TEST(value_of(rows, codes, R"(kind="totp",outcome="accepted")") == 0);
    BOOST_TEST(value_of(rows, capsules, R"(purpose="device",outcome="invalid")") == 1);
    BOOST_TEST(value_of(rows, capsules, R"(purpose="verify_email",outcome="good")") == 1);
    BOOST_TEST(value_of(rows, capsules, R"(purpose="enrol",outcome="used")") == 0);
}

BOOST_AUTO_TEST_CASE(histograms_are_cumulative_with_bounds_in_seconds) {
    storage::log_stats stats;
    stats.sync_histogram[0] = 5;
    stats.sync_histogram[2] = 1;
    stats.sync_histogram[15] = 2;
    stats.sync_ns_total = 1'500'000'000;
    stats.batch_histogram[1] = 4;
    stats.records = 9;
    std::vector<metric_row> rows;
    add_log_rows(rows, stats);
    BOOST_TEST(value_of(rows, "pawl_log_sync_duration_seconds_bucket", "le=\"1.6e-05\"") == 5);
    BOOST_TEST(value_of(rows, "pawl_log_sync_duration_seconds_bucket", "le=\"3.2e-05\"") == 5);
    BOOST_TEST(value_of(rows, "pawl_log_sync_duration_seconds_bucket", "le=\"6.4e-05\"") == 6);
    BOOST_TEST(value_of(rows, "pawl_log_sync_duration_seconds_bucket", "le=\"+Inf\"") == 8);
    BOOST_TEST(value_of(rows, "pawl_log_sync_duration_seconds_sum") == 1.5);
    BOOST_TEST(value_of(rows, "pawl_log_sync_duration_seconds_count") == 8);
    BOOST_TEST(value_of(rows, "pawl_log_batch_records_bucket", "le=\"1\"") == 4);
    BOOST_TEST(value_of(rows, "pawl_log_batch_records_sum") == 9);
    BOOST_TEST(value_of(rows, "pawl_log_batch_records_count") == 4);
    std::string text;
    append_metric_rows(text, rows);
    BOOST_TEST(text.find("# TYPE pawl_log_sync_duration_seconds histogram\n") != std::string::npos);
    BOOST_TEST(text.find("\npawl_log_sync_duration_seconds_bucket{le=\"+Inf\"} 8\n") != std::string::npos);
    BOOST_TEST(text.find("# TYPE pawl_log_sync_duration_seconds_") ==
               text.find("# TYPE pawl_log_sync_duration_seconds_max"));
}

BOOST_AUTO_TEST_CASE(process_rows_are_of_this_process) {
    std::vector<metric_row> rows;
    add_process_rows(rows, 42);
    BOOST_TEST(value_of(rows, "process_resident_memory_bytes") > 1e6);
    BOOST_TEST(value_of(rows, "process_open_fds") >= 3);
    BOOST_TEST(value_of(rows, "process_cpu_seconds_total") > 0);
    BOOST_TEST(value_of(rows, "process_start_time_seconds") == 42);
}

BOOST_AUTO_TEST_SUITE_END()
