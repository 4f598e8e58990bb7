// Makes a data directory with many of one kind, for tests/bench/memory:
//   fill_provider DIRECTORY KIND COUNT
// KIND: users; families (of the first party); client (families of a client, with scopes and an API); bound (the same,
// each hanging on a browser session); sessions (of browsers); consents; clients. Beside COUNT of them there is what
// they need: users (one for ten families, sessions or consents), clients. Writes keys.json and a snapshot of it all.
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

constexpr std::uint64_t of_a_user = 10;
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

class filler {
public:
    filler(storage::embedded_store& data, timestamp now) : data_(data), now_(now) {}

    void users(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            user u;
            u.email = "user" + std::to_string(i) + "@example.com";
            u.username = u.email;
            u.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g";
            users_.push_back(retry([&] { return data_.insert_user(u); }).id);
        }
    }

    void clients(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            client c;
            c.client_id = "shop-" + std::to_string(i);
            c.name = "Shop number " + std::to_string(i);
            c.redirect_uris = {"https://shop-" + std::to_string(i) + ".example/callback"};
            c.post_logout_redirect_uris = {"https://shop-" + std::to_string(i) + ".example/"};
            c.authorization_code = c.refresh_token = true;
            c.scopes = {"openid", "profile", "email", "offline_access"};
            c.secrets.resize(1);
            c.created_at = now_;
            clients_.push_back({retry([&] { return data_.put_client(c); }).number});
        }
    }

    void families(std::uint64_t count, client_number of, bool bound) {
        family_use use;
        use.at = now_;
        for (std::uint64_t i = 0; i < count; ++i) {
            family_facts facts;
            draw(facts.id);
            facts.user = users_[i % users_.size()];
            facts.created_at = now_;
            facts.idle_ttl = seconds(14 * 86400);
            facts.absolute_ttl = seconds(90 * 86400);
            facts.client = of;
            if (of != first_party_client && of != web_client) {
                facts.grant.scopes.insert(0);
                facts.grant.scopes.insert(2);
                facts.grant.apis[0] = 1;
            }
            if (of != first_party_client) {
                facts.origin.auth_time = now_;
                facts.origin.acr = acr_password;
                facts.origin.amr = amr_password;
            }
            if (bound) {
                facts.origin.parent = sessions_[i % sessions_.size()];
            }
            use.agent =
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/" + std::to_string(i % agents);
            retry([&] { return data_.insert_family(facts, family_word(), use); });
            if (of == web_client && sessions_.size() < users_.size()) {
                sessions_.push_back(facts.id);
            }
        }
    }

    void consents(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            consent c;
            c.user = users_[i / of_a_user];
            c.client = clients_[i % of_a_user];
            c.scopes.insert(0);
            c.scopes.insert(2);
            c.granted_at = now_;
            retry([&] { return data_.put_consent(c); });
        }
    }

    client_number a_client() const { return clients_.front(); }

private:
    void draw(family_id& id) {
        for (std::uint8_t& byte : id.bytes) {
            byte = static_cast<std::uint8_t>(random_());
        }
    }

    storage::embedded_store& data_;
    timestamp now_;
    std::mt19937_64 random_{1};
    std::vector<user_id> users_;
    std::vector<client_number> clients_;
    std::vector<family_id> sessions_; // one a user
};

// False where there is no such kind.
bool fill(filler& f, std::string_view kind, std::uint64_t count) {
    if (kind == "clients") {
        f.clients(count);
        return true;
    }
    f.users(kind == "users" ? count : count / of_a_user + 1);
    if (kind == "users") {
        return true;
    }
    f.clients(of_a_user);
    if (kind == "consents") {
        f.consents(count);
    } else if (kind == "families") {
        f.families(count, first_party_client, false);
    } else if (kind == "sessions") {
        f.families(count, web_client, false);
    } else if (kind == "client" || kind == "bound") {
        f.families(count / of_a_user + 1, web_client, false); // one a user, in both
        f.families(count, f.a_client(), kind == "bound");
    } else {
        return false;
    }
    return true;
}

int run(const std::string& directory, std::string_view kind, std::uint64_t count) {
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
    filler f(*data, time.now());
    if (!fill(f, kind, count)) {
        std::fprintf(stderr, "fill_provider: no such kind\n");
        return 2;
    }
    const bool good = data->snapshot_now();
    return data->stop(milliseconds(600'000)) && good ? 0 : 70;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: fill_provider DIRECTORY KIND COUNT\n");
        return 2;
    }
    try {
        return run(argv[1], argv[2], std::strtoull(argv[3], nullptr, 10));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "fill_provider: %s\n", e.what());
        return 1;
    }
}
