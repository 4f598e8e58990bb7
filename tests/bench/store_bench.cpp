// What the store costs: recovery, memory, find, compare-exchange, durable rotations. Not a test; run by hand:
//   store_bench [families] [directory]      (defaults: 1,000,000 and a temporary directory under /tmp)
// A directory that an earlier run filled is only loaded, written to a snapshot and loaded again.
// Prints one line a figure. Build release, on a quiet machine; trust the ratio of two runs more than one figure.
#include "storage/store/embedded_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

using namespace pawl;
using namespace pawl::storage;
using steady = std::chrono::steady_clock;

class wall_clock final : public clock {
public:
    timestamp_ms now_ms() const override { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); }
};

double seconds_since(steady::time_point begin) {
    return std::chrono::duration<double>(steady::now() - begin).count();
}

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
    rusage u{};
    ::getrusage(RUSAGE_SELF, &u);
    return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

struct bench {
    std::uint64_t families;
    embedded_store_options options;
    wall_clock time;
    std::unique_ptr<embedded_store> data;
    std::vector<family_id> ids;

    void open(const char* what) {
        const std::size_t before = resident_bytes();
        const double cpu = cpu_seconds();
        const auto begin = steady::now();
        data = embedded_store::open(options, time);
        const double wall = seconds_since(begin);
        const store_statistics s = data->statistics();
        std::printf("%s: %.2f s, %.2f s of CPU (snapshot %llu ms, log %llu ms), %llu families, %.0f bytes of RSS a "
                    "family\n",
                    what, wall, cpu_seconds() - cpu, static_cast<unsigned long long>(s.recovery.ms_snapshot),
                    static_cast<unsigned long long>(s.recovery.ms_log),
                    static_cast<unsigned long long>(s.recovered_families),
                    s.recovered_families == 0
                        ? 0.0
                        : static_cast<double>(resident_bytes() - before) / static_cast<double>(s.recovered_families));
    }

    void close() {
        if (!data->stop(milliseconds(60'000))) {
            std::fprintf(stderr, "the store did not stop in time\n");
            std::_Exit(70);
        }
        data.reset();
    }

    // The queue is bounded: wait where it is full.
    template <class F>
    static auto retry(F change) {
        for (;;) {
            auto r = change();
            if (r.has_value()) {
                return *r;
            }
            std::this_thread::sleep_for(milliseconds(1));
        }
    }

    void create() {
        std::mt19937_64 random(1);
        std::vector<user_id> users;
        for (int i = 0; i < 10'000; ++i) {
            user u;
            u.email = "user" + std::to_string(i) + "@example.com";
            u.username = u.email;
            u.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g";
            users.push_back(retry([&] { return data->insert_user(u); }).id);
        }
        family_use use;
        use.at = time.now();
        ids.reserve(families);
        const auto begin = steady::now();
        const std::size_t before = resident_bytes();
        for (std::uint64_t i = 0; i < families; ++i) {
            family_facts f;
            for (std::uint8_t& b : f.id.bytes) {
                b = static_cast<std::uint8_t>(random());
            }
            f.user = users[random() % users.size()];
            f.created_at = use.at;
            f.idle_ttl = seconds(14 * 86400);
            f.absolute_ttl = seconds(90 * 86400);
            use.agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/" + std::to_string(i % 1000);
            retry([&] { return data->insert_family(f, family_word(), use); });
            ids.push_back(f.id);
        }
        std::printf("create: %.2f s, %.0f bytes of RSS a family\n", seconds_since(begin),
                    static_cast<double>(resident_bytes() - before) / static_cast<double>(families));
    }

    void find() {
        std::mt19937_64 random(2);
        const std::size_t count = 2'000'000;
        std::uint64_t sum = 0;
        const auto begin = steady::now();
        for (std::size_t i = 0; i < count; ++i) {
            sum += data->find_family(ids[random() % ids.size()])->word.generation();
        }
        std::printf("find_family: %.0f ns (%llu)\n", seconds_since(begin) * 1e9 / static_cast<double>(count),
                    static_cast<unsigned long long>(sum));
    }

    // Hints only: the compare-exchange alone, without a record.
    void exchange_hints() {
        std::mt19937_64 random(3);
        const std::size_t count = 2'000'000;
        const family_use use;
        const auto begin = steady::now();
        for (std::size_t i = 0; i < count; ++i) {
            const family_id& id = ids[random() % ids.size()];
            const family_word seen = data->find_family(id)->word;
            static_cast<void>(data->exchange_family(id, seen, seen.with_replays((seen.replays() + 1) % 8), use));
        }
        std::printf("find + exchange of hints: %.0f ns\n", seconds_since(begin) * 1e9 / static_cast<double>(count));
    }

    static task<void> rotate(bench& self, std::uint64_t seed, std::size_t count, std::atomic<std::uint64_t>& done) {
        std::mt19937_64 random(seed);
        family_use use;
        use.at = self.time.now();
        use.agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128";
        for (std::size_t i = 0; i < count; ++i) {
            const family_id id = self.ids[random() % self.ids.size()];
            const family_word seen = self.data->find_family(id)->word;
            const auto r = self.data->exchange_family(id, seen, seen.with_generation(seen.generation() + 1), use);
            if (r.has_value() && r->outcome == exchange_outcome::exchanged) {
                const ticket t = r->wait_for;
                const bool durable = co_await self.data->durable(t);
                done += durable ? 1 : 0;
            }
        }
    }

    // So that there is something to take a snapshot of.
    void add_a_user() {
        user u;
        u.email = "once" + std::to_string(time.now_ms().time_since_epoch().count()) + "@example.com";
        u.username = u.email;
        u.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g";
        retry([&] { return data->insert_user(u); });
    }

    void rotate_durably(std::size_t coroutines) {
        const std::size_t total = coroutines == 1 ? 2'000 : 100'000; // one at a time is one flush each
        asio_run(
            [&](boost::asio::io_context& io, std::atomic<std::uint64_t>& done) {
                for (std::size_t c = 0; c < coroutines; ++c) {
                    boost::asio::co_spawn(io, rotate(*this, 10 + c, total / coroutines, done),
                                          [](std::exception_ptr e) {
                                              if (e) {
                                                  std::rethrow_exception(e);
                                              }
                                          });
                }
            },
            coroutines);
    }

    template <class F>
    void asio_run(F spawn, std::size_t coroutines) {
        boost::asio::io_context io(1);
        std::atomic<std::uint64_t> done{0};
        const log_stats before = data->statistics().log;
        spawn(io, done);
        const double cpu = cpu_seconds();
        const auto begin = steady::now();
        io.run();
        const double wall = seconds_since(begin);
        const log_stats after = data->statistics().log;
        std::printf(
            "durable rotations, %zu at once: %.0f a second, %.1f us of CPU each, %.1f records a batch\n", coroutines,
            static_cast<double>(done) / wall, (cpu_seconds() - cpu) * 1e6 / static_cast<double>(done),
            static_cast<double>(after.records - before.records) / static_cast<double>(after.batches - before.batches));
    }

    void snapshot() {
        const double cpu = cpu_seconds();
        const auto begin = steady::now();
        const bool done = data->snapshot_now();
        const double wall = seconds_since(begin);
        std::printf("snapshot: %.2f s, %.2f s of CPU, %llu bytes%s\n", wall, cpu_seconds() - cpu,
                    static_cast<unsigned long long>(data->statistics().snapshot_bytes), done ? "" : " FAILED");
    }
};

} // namespace

int main(int argc, char** argv) {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::string path = argc > 2 ? argv[2] : "/tmp/pawl-bench-XXXXXX";
    if (argc <= 2 && ::mkdtemp(path.data()) == nullptr) {
        return 1;
    }
    const secret_bytes key(32, 7);
    bench b{argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000, {}, {}, nullptr, {}};
    b.options.directory.path = path + "/data";
    b.options.directory.log_key = &key;
    b.options.snapshot_min_bytes = b.options.snapshot_log_bytes = ~std::uint64_t{0};
    b.open("first start");
    if (b.data->statistics().recovered_families == 0) {
        b.create();
        b.find();
        b.exchange_hints();
        for (const std::size_t coroutines : {std::size_t{1}, std::size_t{64}, std::size_t{512}}) {
            b.rotate_durably(coroutines);
        }
        b.close();
        b.open("recovery from the log");
    } else {
        b.add_a_user();
    }
    b.snapshot();
    b.close();
    b.open("recovery from the snapshot");
    b.close();
    if (argc <= 2) {
        std::filesystem::remove_all(path);
    }
    return 0;
}
