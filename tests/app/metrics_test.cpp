#include "app/http/metrics.hpp"

#include "tests/app/fake_server.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

namespace pawl::app {
namespace {

// What promtool checks, near enough: HELP and TYPE once and before the samples, names and labels well-formed, samples
// of a name together, no series twice, histograms cumulative with +Inf equal to _count.
struct prometheus_text {
    std::map<std::string, double> samples; // "name{labels}"
    std::map<std::string, std::string> types;
    std::vector<std::string> errors;

    explicit prometheus_text(const std::string& text) {
        static const std::regex sample(R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([^}]*)\})? (\S+))");
        static const std::regex labels(R"(([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\.)*"(,|$))*)");
        if (text.empty() || text.back() != '\n') {
            errors.emplace_back("no newline at the end");
        }
        std::istringstream in(text);
        std::set<std::string> helped, finished;
        std::string family;
        for (std::string line; std::getline(in, line);) {
            std::smatch m;
            if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) {
                std::istringstream words(line.substr(7));
                std::string name, type;
                words >> name >> type;
                if (line[2] == 'H' && !helped.insert(name).second) {
                    errors.push_back("HELP twice: " + name);
                }
                if (line[2] == 'T' && !types.emplace(name, type).second) {
                    errors.push_back("TYPE twice: " + name);
                }
                if (name != family && !finished.insert(name).second) {
                    errors.push_back("not together: " + name);
                }
                family = name;
            } else if (std::regex_match(line, m, sample)) {
                std::string base = m[1];
                if (types[family] == "histogram") {
                    base = std::regex_replace(base, std::regex("_(bucket|sum|count)$"), "");
                }
                if (base != family || types[family].empty() || !helped.contains(family)) {
                    errors.push_back("sample without HELP and TYPE: " + line);
                }
                if (!std::regex_match(m[3].str(), labels)) {
                    errors.push_back("labels: " + line);
                }
                const std::string value = m[4];
                const double number = value == "+Inf" ? INFINITY : std::stod(value);
                if (!samples.emplace(m[1].str() + m[2].str(), number).second) {
                    errors.push_back("twice: " + line);
                }
                if (types[family] == "counter" && !family.ends_with("_total")) {
                    errors.push_back("counter not named _total: " + family);
                }
            } else {
                errors.push_back("neither comment nor sample: " + line);
            }
        }
    }
};

void check(const prometheus_text& text) {
    for (const std::string& e : text.errors) {
        BOOST_ERROR(e);
    }
}

BOOST_AUTO_TEST_SUITE(metrics_)

BOOST_AUTO_TEST_CASE(text_is_well_formed_when_nothing_has_happened) {
    const metrics m(test::fake_routes(), 2);
    check(prometheus_text(m.render()));
}

BOOST_AUTO_TEST_CASE(requests_are_counted_by_route_name_and_status_over_all_shards) {
    using namespace std::chrono_literals;
    metrics m(test::fake_routes(), 2);
    const std::size_t get_echo = m.slot_of(1);
    const std::size_t post_echo = m.slot_of(2);
    BOOST_TEST(get_echo == post_echo); // one name, one series
    m.shard(0).count_request(get_echo, 200, 40us);
    m.shard(1).count_request(post_echo, 200, 3ms);
    m.shard(1).count_request(post_echo, 599, 1h);
    m.shard(0).count_request(m.slot_of(test::fake_routes().size()), 404, 0ns);
    m.shard(0).count_refusal(head_refusal::folded_field);
    m.shard(0).count_accepted();
    m.shard(1).count_accepted();
    m.shard(1).count_closed();
    prometheus_text text(m.render());
    check(text);
    auto& s = text.samples;
    BOOST_TEST(s["pawl_http_requests_total{route=\"echo\",status=\"200\"}"] == 2);
    BOOST_TEST(s["pawl_http_requests_total{route=\"echo\",status=\"other\"}"] == 1);
    BOOST_TEST(s["pawl_http_requests_total{route=\"none\",status=\"404\"}"] == 1);
    BOOST_TEST(s["pawl_http_request_duration_seconds_bucket{route=\"echo\",le=\"0.00005\"}"] == 1);
    BOOST_TEST(s["pawl_http_request_duration_seconds_bucket{route=\"echo\",le=\"0.005\"}"] == 2);
    BOOST_TEST(s["pawl_http_request_duration_seconds_bucket{route=\"echo\",le=\"10\"}"] == 2);
    BOOST_TEST(s["pawl_http_request_duration_seconds_bucket{route=\"echo\",le=\"+Inf\"}"] == 3);
    BOOST_TEST(s["pawl_http_request_duration_seconds_count{route=\"echo\"}"] == 3);
    BOOST_TEST(std::fabs(s["pawl_http_request_duration_seconds_sum{route=\"echo\"}"] - 3600.00304) < 1e-6);
    BOOST_TEST(s["pawl_http_refusals_total{reason=\"folded_field\"}"] == 1);
    BOOST_TEST(s["pawl_http_connections_open"] == 1);
    BOOST_TEST(s["pawl_http_connections_accepted_total"] == 2);
}

BOOST_AUTO_TEST_CASE(rows_of_others_follow_with_help_and_type_once_a_name) {
    const metrics m(test::fake_routes(), 1);
    const metric_row rows[] = {
        {"pawl_logins_total", "Logins, \\ and\nmore.", metric_type::counter, "outcome=\"ok\"", 3},
        {"pawl_logins_total", "", metric_type::counter, "outcome=\"failed\"", 9007199254740993.0},
        {"pawl_log_bytes", "Bytes.", metric_type::gauge, "", 0.5},
        {"pawl_log_limit_bytes", "Bytes.", metric_type::gauge, "", INFINITY},
    };
    const std::string rendered = m.render(rows);
    prometheus_text text(rendered);
    check(text);
    BOOST_TEST(text.samples["pawl_logins_total{outcome=\"ok\"}"] == 3);
    BOOST_TEST(text.samples["pawl_log_bytes"] == 0.5);
    BOOST_TEST(text.samples["pawl_log_limit_bytes"] == INFINITY);
    BOOST_TEST(rendered.find("# HELP pawl_logins_total Logins, \\\\ and\\nmore.\n") != std::string::npos);
    BOOST_TEST(text.types["pawl_log_bytes"] == "gauge");
}

BOOST_AUTO_TEST_CASE(reading_while_counting_is_no_race) {
    metrics m(test::fake_routes(), 1);
    constexpr int n = 20'000;
    std::thread writer([&] {
        for (int i = 0; i < n; ++i) {
            m.shard(0).count_request(0, 200, std::chrono::nanoseconds(i));
        }
    });
    for (int i = 0; i < 20; ++i) {
        check(prometheus_text(m.render()));
    }
    writer.join();
    BOOST_TEST(prometheus_text(m.render()).samples["pawl_http_requests_total{route=\"root\",status=\"200\"}"] == n);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
