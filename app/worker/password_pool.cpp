#include "app/worker/password_pool.hpp"

#include "app/worker/hash_memory.hpp"
#include "storage/exit_code.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <new>
#include <utility>

namespace pawl::app {

namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds mean_guess = std::chrono::milliseconds(50); // until one hash is done

worker_pool_settings pool_settings_of(const password_pool_settings& settings) {
    return {.name = "pawl-hash",
            .threads = settings.threads,
            .queue_max = settings.queue_max,
            .niceness = settings.niceness,
            .yields = true,
            .prepare = [] { hash_in_huge_pages(); }};
}

} // namespace

// What its jobs share, which may outlive the pool in frames of coroutines.
struct password_pool::memory {
    std::atomic<std::uint64_t> refused{0}; // hashes that there was no memory for
    std::atomic<bool> starved{false};      // the hash that ended last was one
};

enum class job_kind : std::uint8_t { verify, hash };

struct password_pool::job final : worker_pool::job {
    job(job_kind k, secret_string p, std::string s, std::shared_ptr<const password_work> w, std::shared_ptr<memory> m)
        : kind(k), password(std::move(p)), stored(std::move(s)), work(std::move(w)), kept(std::move(m)) {}

    const job_kind kind;
    secret_string password; // gone once it has run
    const std::string stored;
    const std::shared_ptr<const password_work> work;
    const std::shared_ptr<memory> kept;
    // What came of it.
    verified_password verified;
    std::string hashed;
    bool no_memory = false;
    std::exception_ptr error;

private:
    void run() noexcept override {
        try {
            hash_or_verify();
            kept->starved.store(false, std::memory_order_relaxed);
        } catch (const std::bad_alloc&) { // no verdict; the caller is told so, and so are the operators
            no_memory = true;
            kept->refused.fetch_add(1, std::memory_order_relaxed);
            kept->starved.store(true, std::memory_order_relaxed);
        } catch (...) {
            error = std::current_exception();
        }
        password = secret_string();
    }
    void hash_or_verify() {
        if (kind == job_kind::hash) {
            hashed = work->hash(password);
            return;
        }
        const std::string& against = stored.empty() ? work->dummy : stored;
        verified.matches = work->verify(password, against) && !stored.empty();
        verified.needs_rehash = verified.matches && work->needs_rehash(against);
    }
};

password_work real_password_work(const argon2_cost& cost, random_source& random) {
    password_work work;
    work.hash = [cost, &random](const secret_string& password) {
        return hash_password_blocking(password, cost, random);
    };
    work.dummy = dummy_hash(cost);
    work.verify = [dummy = work.dummy](const secret_string& password, const std::string& stored) {
        const bool known = scheme_of(stored) != hash_scheme::unknown;
        return verify_password_blocking(password, known ? stored : dummy);
    };
    work.needs_rehash = [cost](const std::string& stored) { return needs_rehash(stored, cost); };
    return work;
}

password_pool::password_pool(const password_pool_settings& settings, password_work work) try
    : settings_(settings), work_(std::make_shared<const password_work>(std::move(work))),
      memory_(std::make_shared<memory>()), pool_(pool_settings_of(settings)) {
} catch (const thread_refused& why) {
    throw storage::refused(storage::exit_code::storage_failed,
                           "--password-threads " + std::to_string(settings.threads) + ": hash thread " +
                               std::to_string(why.made + 1) + " can't be made: " + why.code().message() +
                               "; the limits of memory and processes leave no more room (ulimit, pids.max)");
}

password_pool::~password_pool() {
    stop();
}

void password_pool::stop() {
    pool_.stop();
}

const char* password_pool::trouble() const noexcept {
    return memory_->starved.load(std::memory_order_relaxed)
               ? "There was no memory to check a password: fewer --password-threads, or more memory"
               : nullptr;
}

// Until a queue that is full is done.
seconds password_pool::retry_after() const {
    const worker_pool_stats now = pool_.stats();
    const auto mean = now.done == 0 ? mean_guess : nanoseconds(now.busy_ns / now.done);
    return password_retry_after(settings_.threads + settings_.queue_max, settings_.threads, mean);
}

failure password_pool::full() const {
    return {errc::password_queue_full, retry_after()};
}

// Null, or why the job came to nothing.
std::optional<failure> password_pool::refusal_of(const job& j) const {
    if (j.error) {
        std::rethrow_exception(j.error);
    }
    if (j.no_memory) {
        return failure(errc::hash_memory_unavailable, retry_after());
    }
    return j.refused() ? std::optional(full()) : std::nullopt;
}

task<result<verified_password>> password_pool::verify(secret_string password, std::string stored) {
    worker_pool::place place = pool_.admit();
    if (!place) {
        co_return full();
    }
    const auto j = std::make_shared<job>(job_kind::verify, std::move(password), std::move(stored), work_, memory_);
    auto pending = pool_.run(std::move(place), j);
    co_await std::move(pending);
    if (auto why = refusal_of(*j)) {
        co_return *std::move(why);
    }
    co_return j->verified;
}

task<result<std::string>> password_pool::hash(secret_string password) {
    worker_pool::place place = pool_.admit();
    if (!place) {
        co_return full();
    }
    const auto j = std::make_shared<job>(job_kind::hash, std::move(password), std::string(), work_, memory_);
    auto pending = pool_.run(std::move(place), j);
    co_await std::move(pending);
    if (auto why = refusal_of(*j)) {
        co_return *std::move(why);
    }
    co_return std::move(j->hashed);
}

password_pool_stats password_pool::stats() const noexcept {
    const worker_pool_stats now = pool_.stats();
    password_pool_stats out;
    out.queued = now.queued;
    out.running = now.running;
    out.done = now.done;
    out.rejected = now.rejected;
    out.hash_ns_total = now.busy_ns;
    out.no_memory = memory_->refused.load(std::memory_order_relaxed);
    out.threads = settings_.threads;
    out.queue_max = settings_.queue_max;
    return out;
}

seconds password_retry_after(std::size_t waiting, unsigned threads, nanoseconds mean) {
    const double wait_s =
        static_cast<double>(waiting) * static_cast<double>(mean.count()) / 1e9 / std::max(1U, threads);
    if (wait_s >= static_cast<double>(password_retry_max.count())) {
        return password_retry_max;
    }
    return std::max(seconds(1), seconds(static_cast<std::int64_t>(wait_s) + 1));
}

} // namespace pawl::app
