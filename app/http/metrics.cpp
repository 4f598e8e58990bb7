#include "app/http/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <new>

namespace pawl::app {
namespace {

// Statuses that are counted by name; the last one stands for every other.
constexpr std::array<unsigned, 31> statuses{200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308,
                                            400, 401, 403, 404, 405, 406, 408, 409, 411, 413, 414,
                                            415, 421, 422, 429, 431, 500, 501, 503, 505};

constexpr std::array<std::string_view, 16> bucket_texts{"0.00005", "0.0001", "0.00025", "0.0005", "0.001", "0.0025",
                                                        "0.005",   "0.01",   "0.025",   "0.05",   "0.1",   "0.25",
                                                        "0.5",     "1",      "2.5",     "10"};
constexpr std::array<std::int64_t, 16> bucket_bounds_ns{
    50'000,     100'000,    250'000,     500'000,     1'000'000,   2'500'000,     5'000'000,     10'000'000,
    25'000'000, 50'000'000, 100'000'000, 250'000'000, 500'000'000, 1'000'000'000, 2'500'000'000, 10'000'000'000};
static_assert(std::is_sorted(bucket_bounds_ns.begin(), bucket_bounds_ns.end()));

// All statuses fit a byte's worth of table: 0 to 599.
constexpr std::array<std::uint8_t, 600> make_status_slots() {
    std::array<std::uint8_t, 600> slots{};
    slots.fill(statuses.size());
    for (std::size_t i = 0; i < statuses.size(); ++i) {
        slots[statuses[i]] = static_cast<std::uint8_t>(i);
    }
    return slots;
}
constexpr auto status_slots = make_status_slots();

std::uint64_t value_of(const std::atomic<std::uint64_t>& c) {
    return c.load(std::memory_order_relaxed);
}

void append_header(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
    out.append("# HELP ").append(name).append(" ");
    for (const char c : help) {
        if (c == '\n') {
            out.append("\\n");
        } else if (c == '\\') {
            out.append("\\\\");
        } else {
            out.push_back(c);
        }
    }
    out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

std::string number_text(double value) {
    if (std::isnan(value)) {
        return "NaN";
    }
    if (std::isinf(value)) {
        return value > 0 ? "+Inf" : "-Inf";
    }
    char text[32];
    constexpr double exact_max = 9007199254740992.0; // 2^53
    const bool whole = std::trunc(value) == value && std::fabs(value) < exact_max;
    std::snprintf(text, sizeof text, whole ? "%.0f" : "%.17g", value);
    return text;
}

std::string_view text_of(metric_type type) {
    switch (type) {
    case metric_type::counter:
        return "counter";
    case metric_type::gauge:
        return "gauge";
    case metric_type::histogram:
        return "histogram";
    }
    return "untyped";
}

void append_sample(std::string& out, std::string_view name, std::string_view labels, double value,
                   std::string_view suffix = {}) {
    out.append(name).append(suffix);
    if (!labels.empty()) {
        out.append("{").append(labels).append("}");
    }
    out.append(" ").append(number_text(value)).append("\n");
}

std::string status_label(std::size_t slot) {
    return slot < statuses.size() ? std::to_string(statuses[slot]) : std::string("other");
}

} // namespace

void append_metric_rows(std::string& out, std::span<const metric_row> rows) {
    std::string_view name;
    for (const metric_row& row : rows) {
        if (row.name != name) {
            append_header(out, row.name, row.help, text_of(row.type));
            name = row.name;
        }
        append_sample(out, row.name, row.labels, row.value, row.suffix);
    }
}

metrics_shard::metrics_shard(std::size_t name_count) : routes_(name_count) {
    static_assert(statuses.size() + 1 == status_count);
    static_assert(bucket_texts.size() == bucket_count && bucket_bounds_ns.size() == bucket_count);
}

metrics_shard::~metrics_shard() {
    for (const std::atomic<route_counters*>& r : routes_) {
        delete r.load(std::memory_order_relaxed);
    }
}

metrics_shard::route_counters* metrics_shard::make_counters(std::size_t slot) noexcept {
    auto* const made = new (std::nothrow) route_counters;
    routes_[slot].store(made, std::memory_order_release);
    return made;
}

void metrics_shard::count_request(std::size_t slot, unsigned status, std::chrono::nanoseconds took) noexcept {
    route_counters* const there = routes_[slot].load(std::memory_order_relaxed); // this thread alone writes it
    route_counters* const counters = there != nullptr ? there : make_counters(slot);
    if (counters == nullptr) {
        return;
    }
    route_counters& r = *counters;
    add(r.by_status[status < status_slots.size() ? status_slots[status] : statuses.size()]);
    const auto bucket = std::lower_bound(bucket_bounds_ns.begin(), bucket_bounds_ns.end(), took.count());
    add(r.by_bucket[static_cast<std::size_t>(bucket - bucket_bounds_ns.begin())]);
    add(r.nanoseconds, static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)));
}

void metrics_shard::count_refusal(head_refusal why) noexcept {
    add(refusals_[static_cast<std::size_t>(why)]);
}

metrics::metrics(std::span<const route> routes, std::size_t shard_count) {
    const auto slot_named = [this](std::string_view name) {
        const auto found = std::find(names_.begin(), names_.end(), name);
        const auto slot = static_cast<std::size_t>(found - names_.begin());
        if (found == names_.end()) {
            names_.push_back(name);
        }
        return slot;
    };
    for (const route& row : routes) {
        slots_.push_back(slot_named(row.name));
    }
    slots_.push_back(slot_named("none"));
    for (std::size_t i = 0; i < shard_count; ++i) {
        shards_.push_back(std::make_unique<metrics_shard>(names_.size()));
    }
}

std::uint64_t metrics::open_connections() const noexcept {
    std::uint64_t open = 0;
    for (const auto& s : shards_) {
        const std::uint64_t closed = value_of(s->closed_); // first: a connection closing now must not make it negative
        open += value_of(s->accepted_) - closed;
    }
    return open;
}

std::string metrics::render(std::span<const metric_row> others) const {
    std::string out;
    const auto sum = [this](auto&& counter_of) {
        std::uint64_t total = 0;
        for (const auto& s : shards_) {
            total += value_of(counter_of(*s));
        }
        return total;
    };
    const auto append_one = [&](std::string_view name, std::string_view help, auto&& counter_of) {
        append_header(out, name, help, "counter");
        append_sample(out, name, {}, static_cast<double>(sum(counter_of)));
    };

    append_header(out, "pawl_http_requests_total", "Requests answered, by route and status.", "counter");
    for (std::size_t n = 0; n < names_.size(); ++n) {
        for (std::size_t i = 0; i < metrics_shard::status_count; ++i) {
            const auto count = sum_of_slot(n, [&](const route_counters& r) -> auto& { return r.by_status[i]; });
            if (count > 0) {
                append_sample(out, "pawl_http_requests_total",
                              "route=\"" + std::string(names_[n]) + "\",status=\"" + status_label(i) + "\"",
                              static_cast<double>(count));
            }
        }
    }

    constexpr std::string_view histogram = "pawl_http_request_duration_seconds";
    append_header(out, histogram, "From a request's last byte read to its answer handed to the kernel.", "histogram");
    for (std::size_t n = 0; n < names_.size(); ++n) {
        const std::string label = "route=\"" + std::string(names_[n]) + "\"";
        std::uint64_t cumulative = 0;
        std::string lines;
        for (std::size_t i = 0; i <= metrics_shard::bucket_count; ++i) {
            cumulative += sum_of_slot(n, [&](const route_counters& r) -> auto& { return r.by_bucket[i]; });
            const std::string_view bound = i < bucket_texts.size() ? bucket_texts[i] : std::string_view("+Inf");
            append_sample(lines, std::string(histogram) + "_bucket", label + ",le=\"" + std::string(bound) + "\"",
                          static_cast<double>(cumulative));
        }
        if (cumulative == 0) {
            continue;
        }
        const std::uint64_t ns = sum_of_slot(n, [](const route_counters& r) -> auto& { return r.nanoseconds; });
        out.append(lines);
        append_sample(out, std::string(histogram) + "_sum", label, static_cast<double>(ns) / 1e9);
        append_sample(out, std::string(histogram) + "_count", label, static_cast<double>(cumulative));
    }

    append_header(out, "pawl_http_refusals_total", "Requests refused before routing, by reason.", "counter");
    for (std::size_t i = 1; i < head_refusal_count; ++i) {
        const std::uint64_t count = sum([&](const metrics_shard& s) -> auto& { return s.refusals_[i]; });
        append_sample(out, "pawl_http_refusals_total",
                      "reason=\"" + std::string(to_text(static_cast<head_refusal>(i))) + "\"",
                      static_cast<double>(count));
    }

    append_header(out, "pawl_http_connections_open", "Connections open now.", "gauge");
    append_sample(out, "pawl_http_connections_open", {}, static_cast<double>(open_connections()));
    append_one("pawl_http_connections_accepted_total", "Connections accepted and served.",
               [](const metrics_shard& s) -> auto& { return s.accepted_; });
    append_one("pawl_http_connections_refused_total", "Connections over a cap: answered 503 and closed.",
               [](const metrics_shard& s) -> auto& { return s.refused_; });
    append_one("pawl_http_accept_pauses_total", "Times accepting paused for want of descriptors or memory.",
               [](const metrics_shard& s) -> auto& { return s.accept_pauses_; });
    append_one("pawl_http_timeouts_total", "Connections ended by a deadline while a request or answer was under way.",
               [](const metrics_shard& s) -> auto& { return s.timeouts_; });
    append_one("pawl_http_exceptions_total", "Handlers that threw: defects of ours, answered 500.",
               [](const metrics_shard& s) -> auto& { return s.exceptions_; });
    append_metric_rows(out, others);
    return out;
}

} // namespace pawl::app
