// Keys for ID tokens: one of each algorithm that a client wants, made when the first such client is there.
#include "app/instance/operations.hpp"
#include "app/process/logging.hpp"
#include "core/provider/client.hpp"

#include <functional>
#include <mutex>
#include <utility>

namespace pawl::app {

namespace {

constexpr seconds busy_retry_after{5};

key_change refused_change(failure why) {
    key_change change;
    change.refused = std::move(why);
    return change;
}

// The ring with a fresh key of a further algorithm, which no file holds.
key_ring_ptr with_signer_in_memory(const key_ring& current, jws_algorithm algorithm, random_source& random,
                                   timestamp now) {
    const key_ring_ptr fresh = keys_in_memory({.algorithm = algorithm}, random, now);
    auto ring = std::make_shared<key_ring>(current);
    ring->generation = fresh->generation;
    ring->other_signers.push_back({now, fresh->signing_key});
    ring->verifying_keys.push_back(fresh->signing_key);
    ring->signing_created_at.push_back(now);
    ring->signing_from.push_back(now);
    return ring;
}

} // namespace

key_change operations::ensure_signer_blocking(jws_algorithm algorithm) {
    const timestamp now = parts_.time.now();
    if (parts_.settings.algorithm == jws_algorithm::hs256) {
        return refused_change(errc::signing_key_external); // a symmetric key and others never verify side by side
    }
    if (parts_.keys.get()->signer_of(algorithm, now) != nullptr) {
        return {};
    }
    if (!parts_.data.is_on_disk()) {
        const std::lock_guard lock(parts_.keys.changing());
        parts_.keys.set(with_signer_in_memory(*parts_.keys.get(), algorithm, parts_.random, now));
        return {};
    }
    if (parts_.settings.key_file_is_credential) {
        return refused_change(errc::key_file_read_only);
    }
    const key_edit edit = [this, algorithm, now](std::string_view text) {
        return add_signing_algorithm(text, algorithm, parts_.random, now);
    };
    return change_keys_blocking(edit, key_check());
}

task<key_change> operations::ensure_signer(jws_algorithm algorithm) {
    if (parts_.keys.get()->signer_of(algorithm, parts_.time.now()) != nullptr) {
        co_return key_change{};
    }
    key_change change;
    std::function<void()> job = [this, algorithm, &change] { change = ensure_signer_blocking(algorithm); };
    task<bool> running_job = worker_.run(std::move(job));
    const bool ran = co_await std::move(running_job);
    if (!ran) {
        co_return refused_change(failure(errc::operations_busy, busy_retry_after));
    }
    co_return change;
}

void operations::make_signers_of_clients(logger* log) {
    const registry* const entities = parts_.services == nullptr ? nullptr : parts_.services->entities;
    if (entities == nullptr || parts_.settings.algorithm == jws_algorithm::hs256) {
        return;
    }
    constexpr std::size_t at_once = 256;
    client_number last{0};
    for (auto some = entities->clients_after(last, at_once); !some.empty();
         some = entities->clients_after(last, at_once)) {
        for (const client_ptr& one : some) {
            const jws_algorithm algorithm = jws_algorithm_of(one->id_token_alg);
            if (!one->authorization_code || parts_.keys.get()->signer_of(algorithm, parts_.time.now()) != nullptr) {
                continue;
            }
            const key_change change = ensure_signer_blocking(algorithm);
            if (change.refused && log != nullptr) {
                log->warn("keys.no_id_token_signer", {{"alg", to_text(algorithm)}, {"client", one->client_id}});
            } else if (!change.about.empty() && log != nullptr) {
                log->info("keys.created", {{"alg", to_text(algorithm)}, {"for", "id_tokens"}});
            }
        }
        last = some.back()->number;
    }
}

} // namespace pawl::app
