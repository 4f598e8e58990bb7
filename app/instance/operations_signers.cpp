// Keys for ID tokens: one of each algorithm that a client wants, made when the first such client is there.
#include "app/instance/operations.hpp"
#include "app/process/logging.hpp"
#include "core/jwt/key_rotation.hpp"
#include "core/provider/client.hpp"

#include <algorithm>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace pawl::app {

namespace {

constexpr seconds busy_retry_after{5};

key_change refused_change(failure why) {
    key_change change;
    change.refused = std::move(why);
    return change;
}

// An algorithm of ID tokens that no key signs with, and the first client that wants it.
struct wanted_signer {
    jws_algorithm algorithm{};
    std::string client_id;
};

// Each algorithm once.
std::vector<wanted_signer> wanted_signers(const registry& entities, const key_ring& ring, timestamp now) {
    constexpr std::size_t at_once = 256;
    std::vector<wanted_signer> wanted;
    client_number last{0};
    for (auto some = entities.clients_after(last, at_once); !some.empty();
         some = entities.clients_after(last, at_once)) {
        for (const client_ptr& one : some) {
            const jws_algorithm algorithm = jws_algorithm_of(one->id_token_alg);
            if (one->takes_id_tokens() && ring.signer_of(algorithm, now) == nullptr &&
                std::ranges::find(wanted, algorithm, &wanted_signer::algorithm) == wanted.end()) {
                wanted.push_back({algorithm, one->client_id});
            }
        }
        last = some.back()->number;
    }
    return wanted;
}

} // namespace

// In memory no file remembers the key, and no other process has it.
key_change operations::make_signer_in_memory(jws_algorithm algorithm) {
    const std::lock_guard lock(parts_.keys.changing());
    const timestamp now = parts_.time.now();
    const key_ring_ptr current = parts_.keys.get();
    key_change change;
    if (current->signer_of(algorithm, now) != nullptr) { // another was faster
        return change;
    }
    std::shared_ptr<const jws_key> key =
        parts_.fresh_signer ? parts_.fresh_signer(algorithm)
                            : keys_in_memory({.algorithm = algorithm}, parts_.random, now)->signing_key;
    change.about.push_back("signing " + key->kid());
    parts_.keys.set(with_signer(*current, std::move(key), now));
    return change;
}

key_change operations::rotate_in_memory_blocking(key_start start, std::optional<jws_algorithm> algorithm) {
    const std::lock_guard lock(parts_.keys.changing());
    const timestamp now = parts_.time.now();
    key_ring_ptr ring = parts_.keys.get();
    const std::vector<jws_algorithm> algorithms = algorithm ? std::vector{*algorithm} : algorithms_in_use(*ring);
    if (ring->verifying_keys.size() + algorithms.size() > signing_keys_max) {
        return refused_change(errc::too_many_keys);
    }
    key_change change;
    for (const jws_algorithm one : algorithms) {
        std::shared_ptr<const jws_key> key = parts_.another_signer
                                                 ? parts_.another_signer(one)
                                                 : keys_in_memory({.algorithm = one}, parts_.random, now)->signing_key;
        change.about.push_back("signing " + key->kid());
        ring = with_next_signer(*ring, std::move(key), now, start);
    }
    parts_.keys.set(std::move(ring));
    return change;
}

task<key_change> operations::rotate_in_memory(key_start start, std::optional<jws_algorithm> algorithm) {
    key_change change;
    std::function<void()> job = [this, start, algorithm, &change] {
        change = rotate_in_memory_blocking(start, algorithm);
    };
    task<bool> running_job = worker_.run(std::move(job));
    const bool ran = co_await std::move(running_job);
    if (!ran) {
        co_return refused_change(failure(errc::operations_busy, busy_retry_after));
    }
    co_return change;
}

key_change operations::make_signer_blocking(jws_algorithm algorithm) {
    if (parts_.settings.algorithm == jws_algorithm::hs256) {
        return refused_change(errc::signing_key_external); // a symmetric key and others never verify side by side
    }
    if (parts_.keys.get()->signer_of(algorithm, parts_.time.now()) != nullptr) {
        return {};
    }
    if (!parts_.data.is_on_disk()) {
        return make_signer_in_memory(algorithm);
    }
    if (parts_.settings.key_file_is_credential) {
        return refused_change(errc::key_file_read_only);
    }
    const key_edit edit = [this, algorithm](std::string_view text) {
        return add_signing_algorithm(text, algorithm, parts_.random, parts_.time.now());
    };
    return change_keys_blocking(edit, key_check());
}

task<key_change> operations::ensure_signer(jws_algorithm algorithm) {
    if (parts_.keys.get()->signer_of(algorithm, parts_.time.now()) != nullptr) {
        co_return key_change{};
    }
    key_change change;
    std::function<void()> job = [this, algorithm, &change] { change = make_signer_blocking(algorithm); };
    task<bool> running_job = worker_.run(std::move(job));
    const bool ran = co_await std::move(running_job);
    if (!ran) {
        co_return refused_change(failure(errc::operations_busy, busy_retry_after));
    }
    co_return change;
}

task<result<std::string>> operations::make_signer(jws_algorithm algorithm) {
    task<key_change> making = ensure_signer(algorithm);
    key_change made = co_await std::move(making);
    if (made.refused) {
        if (parts_.log != nullptr) {
            parts_.log->warn("keys.not_made", {{"alg", to_text(algorithm)}, {"why", made.detail}});
        }
        co_return *std::move(made.refused);
    }
    co_return made.about.empty() ? std::string() : std::move(made.about.front());
}

void operations::make_signers_of_clients() {
    const registry* const entities = parts_.services == nullptr ? nullptr : parts_.services->entities;
    if (entities == nullptr || parts_.settings.algorithm == jws_algorithm::hs256) {
        return;
    }
    logger* const log = parts_.log;
    for (const wanted_signer& one : wanted_signers(*entities, *parts_.keys.get(), parts_.time.now())) {
        const std::string_view name = to_text(one.algorithm);
        const key_change change = make_signer_blocking(one.algorithm);
        if (change.refused && log != nullptr) {
            log->warn("keys.no_id_token_signer", {{"alg", name}, {"client", one.client_id}, {"why", change.detail}});
        } else if (!change.about.empty() && log != nullptr) {
            log->info("keys.created", {{"alg", name}, {"for", "id_tokens"}});
        }
    }
}

} // namespace pawl::app
