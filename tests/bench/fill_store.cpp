// Makes a data directory with many families, for measurements of start, memory and snapshots:
//   fill_store DIRECTORY FAMILIES TOKENS [log]
// Writes keys.json (ES256) and a snapshot of it all (with `log`: none, so that it is all in the log), and prints the
// refresh tokens of the first TOKENS families, one a line. What the snapshot took goes to stderr, in seconds.
#include "core/token/refresh_token.hpp"
#include "storage/directory/key_file.hpp"
#include "storage/store/embedded_store.hpp"
#include "storage/system_random.hpp"

#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace pawl;

class wall_clock final : public clock {
public:
    timestamp_ms now_ms() const override { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); }
};

constexpr std::uint64_t families_a_user = 10;
constexpr std::uint64_t agents = 1000;

// The queue is bounded: wait where it is full.
template <class F>
auto retry(F change) {
    for (;;) {
        auto done = change();
        if (done.has_value()) {
            return *done;
        }
        std::this_thread::sleep_for(milliseconds(1));
    }
}

std::vector<user_id> make_users(storage::embedded_store& data, std::uint64_t count) {
    std::vector<user_id> users;
    for (std::uint64_t i = 0; i < count; ++i) {
        user u;
        u.email = "user" + std::to_string(i) + "@example.com";
        u.username = u.email;
        u.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g";
        users.push_back(retry([&] { return data.insert_user(u); }).id);
    }
    return users;
}

void fill(storage::embedded_store& data, const key_ring& keys, std::uint64_t families, std::uint64_t tokens,
          timestamp now) {
    std::mt19937_64 random(1);
    const std::vector<user_id> users = make_users(data, families / families_a_user + 1);
    family_use use;
    use.at = now;
    for (std::uint64_t i = 0; i < families; ++i) {
        family_facts facts;
        for (std::uint8_t& byte : facts.id.bytes) {
            byte = static_cast<std::uint8_t>(random());
        }
        facts.user = users[random() % users.size()];
        facts.created_at = now;
        facts.idle_ttl = seconds(14 * 86400);
        facts.absolute_ttl = seconds(90 * 86400);
        use.agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/" + std::to_string(i % agents);
        retry([&] { return data.insert_family(facts, family_word(), use); });
        if (i < tokens) {
            const secret_string token = mint_refresh_token(keys, {facts.id, 0});
            std::printf("%.*s\n", static_cast<int>(token.reveal().size()), token.reveal().data());
        }
    }
}

int run(const std::string& directory, std::uint64_t families, std::uint64_t tokens, bool with_snapshot) {
    ::umask(077);
    if (::mkdir(directory.c_str(), 0700) != 0) {
        std::perror(directory.c_str());
        return 1;
    }
    const wall_clock time;
    storage::system_random random;
    storage::key_file_options key_options;
    key_options.path = directory + "/keys.json";
    key_options.ring.algorithm = jws_algorithm::es256;
    const storage::opened_key_file keys = storage::open_key_file(key_options, random, time.now());
    storage::embedded_store_options options;
    options.directory.path = directory;
    options.directory.log_key = &keys.ring->log_key;
    options.directory.log_retention_bytes = 0;
    options.snapshot_min_bytes = options.snapshot_log_bytes = ~std::uint64_t{0};
    const auto data = storage::embedded_store::open(std::move(options), time);
    fill(*data, *keys.ring, families, tokens, time.now());
    bool good = true;
    if (with_snapshot) {
        const auto began = std::chrono::steady_clock::now();
        good = data->snapshot_now();
        std::fprintf(stderr, "%.3f\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    }
    return data->stop(milliseconds(600'000)) && good ? 0 : 70;
}

} // namespace

int main(int argc, char** argv) {
    const bool only_log = argc == 5 && std::string_view(argv[4]) == "log";
    if (argc != 4 && !only_log) {
        std::fprintf(stderr, "usage: fill_store DIRECTORY FAMILIES TOKENS [log]\n");
        return 2;
    }
    try {
        return run(argv[1], std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10), !only_log);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "fill_store: %s\n", e.what());
        return 1;
    }
}
