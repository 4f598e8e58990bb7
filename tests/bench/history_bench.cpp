// What reading a log costs: made with the real writer, then verified and replayed without changing it, each as a
// process of its own so that the most memory it took can be told.
//   history_bench make DIRECTORY RECORDS FAMILIES | verify DIRECTORY | replay DIRECTORY
#include "storage/directory/log_directory.hpp"
#include "storage/entity/record_codec.hpp"
#include "storage/history/state_builder.hpp"
#include "storage/history/verify.hpp"
#include "storage/log/log_writer.hpp"

#include <sys/resource.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace pawl;
using namespace pawl::storage;

namespace {

constexpr std::uint64_t families_of_a_user = 4;
const secret_bytes key(32, 7);

double seconds_of(clockid_t clock) {
    timespec t{};
    ::clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

class writing {
public:
    explicit writing(const directory_options& options) : directory_(options) {
        directory_.recover([](const snapshot_counts&) {}, [](const record_view&) {});
        log_writer::callbacks cb;
        cb.now = [] { return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now()); };
        cb.on_durable = [](std::span<const record_tag>, std::uint64_t) {};
        cb.on_failed = [](const std::string& why) {
            std::puts(why.c_str());
            std::_Exit(70);
        };
        writer_ = std::make_unique<log_writer>(directory_, log_writer_options{}, cb);
        writer_->start();
    }
    void put(record_type type, std::span<const std::uint8_t> body) {
        while (!writer_->reserve(log_room::ordinary, 1)) {
            std::this_thread::sleep_for(milliseconds{1});
        }
        writer_->enqueue(log_room::ordinary, log_urgency::now, type, record_version, body, {});
    }
    bool stop() { return writer_->stop(milliseconds{600'000}); }

private:
    log_directory directory_;
    std::unique_ptr<log_writer> writer_;
};

family_id id_of(std::uint64_t number) {
    std::uint64_t mixed = number * 0x9E3779B97F4A7C15ULL + 1;
    family_id id;
    store_le(id.bytes.data(), mixed ^ (mixed >> 29U));
    store_le(id.bytes.data() + 8, number + 1);
    return id;
}

// Users, then their families, then rotations of all families in turn, as a busy server's log has them.
int make(const directory_options& options, std::uint64_t records, std::uint64_t families) {
    writing to(options);
    record_buffer buffer;
    const timestamp born(seconds(1'800'000'000));
    const peer_address from = peer_address_from_text("192.0.2.1").value();
    const use_view use{0, born, from, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"};
    const std::uint64_t users = families / families_of_a_user + 1;
    std::uint64_t done = 0;
    for (std::uint64_t i = 1; i <= users && done < records; ++i, ++done) {
        user u;
        u.id = user_id{i};
        u.email = u.username = "user" + std::to_string(i) + "@example.com";
        u.password_hash =
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGg";
        u.created_at = born;
        to.put(record_type::user, encode_user(u));
    }
    for (std::uint64_t i = 0; i < families && done < records; ++i, ++done) {
        family_created_record r;
        r.facts = {id_of(i), user_id{i / families_of_a_user + 1}, {}, 0, born, seconds(1'209'600), seconds(7'776'000)};
        r.use = use;
        to.put(record_type::family_created, buffer.encode(r));
    }
    for (std::uint32_t generation = 1; done < records; ++generation) {
        for (std::uint64_t i = 0; i < families && done < records; ++i, ++done) {
            family_word_record r;
            r.id = id_of(i);
            r.word = family_word().with_generation(generation).with_rotated_at(generation);
            r.use = use;
            r.use.generation = generation;
            to.put(record_type::family_word, buffer.encode(r));
        }
    }
    return to.stop() ? 0 : 1;
}

void report(const char* what, std::uint64_t records, std::uint64_t bytes, double wall, double cpu) {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const double mb = static_cast<double>(bytes) / 1e6;
    std::printf(
        "%s: %llu records, %.0f MB in %.2f s (cpu %.2f s): per cpu second %.0f MB, %.0f records; max RSS %ld MB\n",
        what, static_cast<unsigned long long>(records), mb, wall, cpu, mb / cpu, static_cast<double>(records) / cpu,
        used.ru_maxrss / 1024);
}

int read(const std::string& how, const std::string& path) {
    view_options options;
    options.path = path;
    options.log_key = &key;
    directory_view view(options);
    const double wall = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    const auto wall_s = [&] { return seconds_of(CLOCK_MONOTONIC) - wall; };
    const auto cpu_s = [&] { return seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu; };
    if (how == "verify") {
        const verified_directory v = verify_directory(view);
        report("verify", v.records, v.bytes, wall_s(), cpu_s());
        return static_cast<int>(v.kind());
    }
    const past_state state = build_state(view);
    report("replay", state.records, state.log_bytes, wall_s(), cpu_s());
    std::printf("        %zu users, %zu families\n", state.users.size(), state.families.size());
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    try {
        if (arguments.size() == 4 && arguments[0] == "make") {
            directory_options options;
            options.path = arguments[1];
            options.log_key = &key;
            return make(options, std::strtoull(arguments[2].c_str(), nullptr, 10),
                        std::strtoull(arguments[3].c_str(), nullptr, 10));
        }
        if (arguments.size() == 2 && (arguments[0] == "verify" || arguments[0] == "replay")) {
            return read(arguments[0], arguments[1]);
        }
    } catch (const refused& r) {
        std::puts(r.what());
        return r.status();
    }
    std::puts("history_bench make DIRECTORY RECORDS FAMILIES | verify DIRECTORY | replay DIRECTORY");
    return 2;
}
