// What the log costs: synced batches of several sizes, a bulk of records, recovery, a snapshot and its loading. On a
// real directory, which is removed: `log_bench DIRECTORY [records]`. CPU is that of the whole process; sync times are
// the disk's and say little on a shared machine.
#include "storage/directory/log_directory.hpp"
#include "storage/log/log_writer.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace pawl;
using namespace pawl::storage;

namespace {

constexpr std::size_t body_size = 139; // with its header the 147 bytes of a family
const std::vector<std::uint8_t> body(body_size, 5);

double seconds_of(clockid_t clock) {
    timespec t{};
    ::clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

struct stopwatch {
    double wall = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    double wall_s() const { return seconds_of(CLOCK_MONOTONIC) - wall; }
    double cpu_s() const { return seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu; }
};

timestamp_ms now() {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

class bench {
public:
    explicit bench(const directory_options& options) : directory_(options) {
        const stopwatch watch;
        std::uint64_t records = 0;
        const recovery_report report =
            directory_.recover([](const snapshot_counts&) {}, [&](const record_view&) { ++records; });
        std::printf("open: %llu records (snapshot %llu ms, log %llu ms, %llu frames) in %.0f ms, cpu %.0f ms\n",
                    static_cast<unsigned long long>(records), static_cast<unsigned long long>(report.ms_snapshot),
                    static_cast<unsigned long long>(report.ms_log), static_cast<unsigned long long>(report.frames),
                    watch.wall_s() * 1e3, watch.cpu_s() * 1e3);
        log_callbacks cb;
        cb.now = now;
        cb.on_durable = [this](std::span<const record_tag>, std::uint64_t through) {
            const std::lock_guard lock(mutex_);
            durable_ = through;
            changed_.notify_all();
        };
        cb.on_failed = [](const std::string& why) {
            std::puts(why.c_str());
            std::_Exit(70);
        };
        writer_ = std::make_unique<log_writer>(directory_.supply(), log_writer_options{}, cb);
        writer_->start();
        while (writer_->stats().segments_created < 2 && writer_->stats().records == 0 && report.fresh) {
            std::this_thread::sleep_for(milliseconds{1});
        }
    }

    // Batches of `batch` records, each waited for before the next is begun.
    void batches(std::uint64_t batch, std::uint64_t count) {
        std::vector<double> times;
        const stopwatch watch;
        for (std::uint64_t i = 0; i < count; ++i) {
            const stopwatch one;
            for (std::uint64_t k = 1; k < batch; ++k) {
                put(log_urgency::lazy);
            }
            wait(put(log_urgency::now));
            times.push_back(one.wall_s() * 1e6);
        }
        const double cpu = watch.cpu_s(), wall = watch.wall_s();
        std::sort(times.begin(), times.end());
        const auto at = [&](double q) {
            return times[static_cast<std::size_t>(q * static_cast<double>(times.size() - 1))];
        };
        std::printf(
            "batches of %4llu: %9.0f records/s; a batch min %.0f, p50 %.0f, p99 %.0f us; cpu %.2f us a record\n",
            static_cast<unsigned long long>(batch), static_cast<double>(batch * count) / wall, at(0), at(0.5), at(0.99),
            cpu * 1e6 / static_cast<double>(batch * count));
    }

    void bulk(std::uint64_t records) {
        const stopwatch watch;
        std::uint64_t last = 0;
        for (std::uint64_t i = 0; i < records; ++i) {
            last = put(log_urgency::now);
        }
        wait(last);
        const log_stats s = writer_->stats();
        std::printf("bulk: %.0f records/s, cpu %.2f us a record; %llu syncs in all, %.0f us each\n",
                    static_cast<double>(records) / watch.wall_s(), watch.cpu_s() * 1e6 / static_cast<double>(records),
                    static_cast<unsigned long long>(s.syncs),
                    static_cast<double>(s.sync_ns_total) / 1e3 / static_cast<double>(s.syncs));
    }

    void snapshot(std::uint64_t records) {
        const auto at = writer_->seal();
        if (!at) {
            return;
        }
        const stopwatch watch;
        std::string why;
        const auto size = directory_.write_snapshot(
            *at, now(),
            [&](const record_sink& sink) {
                for (std::uint64_t i = 0; i < records; ++i) {
                    sink(static_cast<std::uint16_t>(record_type::family_word), 1, body);
                }
                return snapshot_counts{0, records, 1};
            },
            why);
        std::printf("snapshot of %llu records, %.0f MB: %.0f ms, cpu %.0f ms %s\n",
                    static_cast<unsigned long long>(records), static_cast<double>(size.value_or(0)) / 1e6,
                    watch.wall_s() * 1e3, watch.cpu_s() * 1e3, why.c_str());
    }

    void stop() { writer_->stop(milliseconds{10'000}); }

private:
    std::uint64_t put(log_urgency urgency) {
        while (!writer_->reserve(log_room::ordinary, 1)) {
            std::this_thread::sleep_for(std::chrono::microseconds{100});
        }
        return writer_->enqueue(log_room::ordinary, urgency, record_type::family_word, 1, body, {});
    }
    void wait(std::uint64_t sequence) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return durable_ >= sequence; });
    }

    log_directory directory_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t durable_ = 0;
    std::unique_ptr<log_writer> writer_;
};

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::puts("log_bench DIRECTORY [records]");
        return 2;
    }
    const std::uint64_t records = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
    const secret_bytes key(32, 7);
    directory_options options;
    options.path = argv[1];
    options.log_key = &key;
    try {
        {
            bench b(options);
            for (const std::uint64_t batch : {1U, 8U, 64U, 512U}) {
                b.batches(batch, batch == 512 ? 200 : 1000);
            }
            b.bulk(records);
        } // destroyed without a stop: the next opening repairs
        {
            bench b(options);
            b.snapshot(records);
            b.stop();
        }
        bench b(options);
        b.stop();
    } catch (const refused& r) {
        std::puts(r.what());
        return r.status();
    }
    std::filesystem::remove_all(options.path);
}
