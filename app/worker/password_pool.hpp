// The bounded pool that password hashes run in: own threads at nice 10, a bounded queue, a refusal with a time to wait
// when both are full, so that a flood of logins leaves refresh and bearer checks as quick as ever.
#pragma once

#include "app/worker/worker_pool.hpp"
#include "core/password/password.hpp"
#include "core/port/password_hasher.hpp"
#include "core/random_source.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pawl::app {

// What the threads run; tests pass their own. Blocking, any thread.
struct password_work {
    std::function<std::string(const secret_string& password)> hash;
    std::function<bool(const secret_string& password, const std::string& stored)> verify;
    std::function<bool(const std::string& stored)> needs_rehash;
    std::string dummy; // what is verified where there is no stored hash
};
// core/password at `cost`; `random` must outlive it.
password_work real_password_work(const argon2_cost& cost, random_source& random);

struct password_pool_settings {
    unsigned threads = 1;
    std::size_t queue_max = 64; // jobs that wait for a thread
    int niceness = 10;          // not idle priority: hashes would starve
};

struct password_pool_stats { // a copy; relaxed reads
    std::uint64_t queued = 0, running = 0, done = 0, rejected = 0, hash_ns_total = 0;
    std::uint64_t no_memory = 0; // hashes that there was no memory for
    unsigned threads = 0;
    std::size_t queue_max = 0;
};

class password_pool final : public password_hasher {
public:
    // Starts the threads, signals blocked in them. Throws storage::refused where the system gives no more of them.
    password_pool(const password_pool_settings& settings, password_work work);
    ~password_pool() override; // stop()
    password_pool(const password_pool&) = delete;
    password_pool& operator=(const password_pool&) = delete;

    // See the port; worker_pool::run() says where they resume. password_queue_full, or
    // hash_memory_unavailable for a hash that gets no memory; both with retry_after.
    task<result<verified_password>> verify(secret_string password, std::string stored) override;
    task<result<std::string>> hash(secret_string password) override;

    // Takes no more, answers what is queued with password_queue_full, waits for what runs, joins. Owner's thread.
    void stop();

    password_pool_stats stats() const noexcept;
    // Null, or for people why passwords can't be checked: the hash that ended last got no memory. Any thread.
    const char* trouble() const noexcept;

private:
    struct job;
    struct memory;
    seconds retry_after() const;
    failure full() const;
    std::optional<failure> refusal_of(const job& j) const;

    const password_pool_settings settings_;
    const std::shared_ptr<const password_work> work_;
    const std::shared_ptr<memory> memory_;
    worker_pool pool_; // last: its jobs use what stands before
};

// How long a refused caller should wait: until `waiting` jobs of `mean` each are through `threads` threads; 1 s at
// least, password_retry_max at most. Pure.
inline constexpr seconds password_retry_max{60};
seconds password_retry_after(std::size_t waiting, unsigned threads, std::chrono::nanoseconds mean);

} // namespace pawl::app
