// What the server counts, and the Prometheus text format 0.0.4 it is shown in.
#pragma once

#include "app/http/head_check.hpp"
#include "app/http/route.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

enum class metric_type : std::uint8_t { counter, gauge, histogram };

// One sample of somebody else's metric. Rows of one name must stand together; help and type are those of the first.
struct metric_row {
    std::string_view name; // static text: pawl_<component>_<noun>_<unit>_<total>
    std::string_view help;
    metric_type type = metric_type::counter;
    std::string labels; // `reason="full",kind="x"` with values from enums; empty for none
    double value = 0;
    std::string_view suffix = {}; // of a histogram's sample: _bucket, _sum or _count
};

// Appends rows in the text format, with HELP and TYPE once a name.
void append_metric_rows(std::string& out, std::span<const metric_row> rows);

// What one io thread counts: its own cache lines, relaxed atomics, read by any thread.
class metrics_shard {
public:
    metrics_shard(std::size_t name_count);
    ~metrics_shard();
    metrics_shard(const metrics_shard&) = delete;
    metrics_shard& operator=(const metrics_shard&) = delete;
    // `slot` is metrics::slot_of(route index). The first request of a slot makes its counters; one for which there is
    // no memory is not counted.
    void count_request(std::size_t slot, unsigned status, std::chrono::nanoseconds took) noexcept;
    void count_refusal(head_refusal why) noexcept;
    void count_accepted() noexcept { add(accepted_); }
    void count_refused_connection() noexcept { add(refused_); }
    void count_accept_pause() noexcept { add(accept_pauses_); }
    void count_timeout() noexcept { add(timeouts_); }
    void count_closed() noexcept { add(closed_); }
    void count_exception() noexcept { add(exceptions_); }

private:
    friend class metrics;
    using counter = std::atomic<std::uint64_t>;
    static constexpr std::size_t status_count = 32;
    static constexpr std::size_t bucket_count = 16;
    struct route_counters {
        std::array<counter, status_count> by_status{};
        std::array<counter, bucket_count + 1> by_bucket{}; // the last one is +Inf; not cumulative
        counter nanoseconds{0};
    };
    static void add(counter& c, std::uint64_t n = 1) noexcept {
        // One writer, so no read-modify-write is needed.
        c.store(c.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    route_counters* make_counters(std::size_t slot) noexcept;
    // One counter of a slot, which `counter_of` picks: 0 where no request came yet.
    template <class Of>
    std::uint64_t of_slot(std::size_t slot, Of&& counter_of) const {
        const route_counters* r = routes_[slot].load(std::memory_order_acquire);
        return r == nullptr ? 0 : counter_of(*r).load(std::memory_order_relaxed);
    }
    // Owned; nullptr until the first request. Most servers are asked for a few of a hundred routes.
    std::vector<std::atomic<route_counters*>> routes_;
    std::array<counter, head_refusal_count> refusals_{};
    counter accepted_{0}, refused_{0}, accept_pauses_{0}, timeouts_{0}, closed_{0}, exceptions_{0};
};

class metrics {
public:
    // `routes` as the server has them; rows of one name are counted together. One shard per io thread.
    metrics(std::span<const route> routes, std::size_t shard_count);

    metrics_shard& shard(std::size_t index) { return *shards_[index]; }
    // Where requests of a route are counted; index routes.size() is for what no route took.
    std::size_t slot_of(std::size_t route_index) const { return slots_[route_index]; }
    std::string_view name_of_slot(std::size_t slot) const { return names_[slot]; }
    // Connections open now.
    std::uint64_t open_connections() const noexcept;
    // The whole text: the server's own metrics, then `others`. Any thread.
    std::string render(std::span<const metric_row> others = {}) const;

private:
    using route_counters = metrics_shard::route_counters;
    template <class Of>
    std::uint64_t sum_of_slot(std::size_t slot, Of&& counter_of) const {
        std::uint64_t total = 0;
        for (const auto& s : shards_) {
            total += s->of_slot(slot, counter_of);
        }
        return total;
    }

    std::vector<std::string_view> names_;
    std::vector<std::size_t> slots_;
    std::vector<std::unique_ptr<metrics_shard>> shards_;
};

} // namespace pawl::app
