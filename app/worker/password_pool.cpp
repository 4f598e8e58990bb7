#include "app/worker/password_pool.hpp"

#include "app/worker/cooperative_yield.hpp"
#include "app/worker/hash_memory.hpp"
#include "app/worker/suspended.hpp"
#include "storage/exit_code.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/assert.hpp>

#include <csignal>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace pawl::app {

namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds mean_guess = std::chrono::milliseconds(50); // until one hash is done

} // namespace

enum class job_kind : std::uint8_t { verify, hash };

struct password_pool::job {
    job_kind kind{};
    secret_string password;
    std::string stored;
    // What came of it, written by the hash thread before it wakes the coroutine.
    verified_password verified;
    std::string hashed;
    bool refused = false;
    bool no_memory = false; // why it is refused
    std::exception_ptr error;
    std::unique_ptr<waiter> waiting;
};

struct password_pool::state {
    state(const password_pool_settings& s, password_work w) : settings(s), work(std::move(w)) {}

    const password_pool_settings settings;
    const password_work work;

    std::mutex mutex;
    std::condition_variable wakeup;
    std::deque<std::shared_ptr<job>> queue; // guarded by mutex
    std::size_t admitted = 0;               // queued, about to be, or running; guarded by mutex
    bool stopping = false;                  // guarded by mutex
    std::vector<std::thread> threads;

    std::atomic<std::uint64_t> running{0}, done{0}, rejected{0}, hash_ns_total{0}, queued{0}, no_memory{0};
    std::atomic<bool> starved{false}; // the hash that ended last got no memory

    // The permit is the job's: it is given back when the hash is done, not when its caller goes away.
    bool admit() {
        const std::lock_guard lock(mutex);
        if (stopping || admitted >= settings.threads + settings.queue_max) {
            rejected.fetch_add(1, std::memory_order_relaxed);
            return false;
        }
        ++admitted;
        return true;
    }

    void push(std::shared_ptr<job> j) {
        {
            const std::lock_guard lock(mutex);
            if (!stopping) {
                queue.push_back(std::move(j));
                queued.fetch_add(1, std::memory_order_relaxed);
                wakeup.notify_one();
                return;
            }
            --admitted;
        }
        refuse(*j); // stop() came between admit() and here
    }

    static void refuse(job& j) {
        j.refused = true;
        const auto waiting = std::move(j.waiting);
        waiting->wake();
    }

    seconds retry_after() {
        const auto finished = done.load(std::memory_order_relaxed);
        const auto total = hash_ns_total.load(std::memory_order_relaxed);
        const auto mean = finished == 0 ? mean_guess : nanoseconds(total / finished);
        return password_retry_after(settings.threads + settings.queue_max, settings.threads, mean);
    }

    failure refusal_of(const job& j) {
        failure why(errc::password_queue_full, retry_after());
        if (j.no_memory) {
            why.fields.push_back({"password", "can't be checked: there is no memory for it now."});
        }
        return why;
    }

    void run(job& j) noexcept {
        const auto start = std::chrono::steady_clock::now();
        try {
            if (j.kind == job_kind::hash) {
                j.hashed = work.hash(j.password);
            } else {
                const std::string& stored = j.stored.empty() ? work.dummy : j.stored;
                j.verified.matches = work.verify(j.password, stored) && !j.stored.empty();
                j.verified.needs_rehash = j.verified.matches && work.needs_rehash(stored);
            }
            starved.store(false, std::memory_order_relaxed);
        } catch (const std::bad_alloc&) { // no verdict; the caller is told so, and so are the operators
            j.refused = true;
            j.no_memory = true;
            no_memory.fetch_add(1, std::memory_order_relaxed);
            starved.store(true, std::memory_order_relaxed);
        } catch (...) {
            j.error = std::current_exception();
        }
        j.password = secret_string();
        const auto took = std::chrono::steady_clock::now() - start;
        hash_ns_total.fetch_add(static_cast<std::uint64_t>(nanoseconds(took).count()), std::memory_order_relaxed);
        done.fetch_add(1, std::memory_order_relaxed);
    }

    void serve() {
        cooperative_yield others;
        std::unique_lock lock(mutex);
        for (;;) {
            wakeup.wait(lock, [this] { return stopping || !queue.empty(); });
            if (stopping) {
                return;
            }
            const std::shared_ptr<job> j = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            queued.fetch_sub(1, std::memory_order_relaxed);
            running.fetch_add(1, std::memory_order_relaxed);
            {
                const cooperative_yield::scope scope(others);
                run(*j);
            }
            running.fetch_sub(1, std::memory_order_relaxed);
            lock.lock();
            --admitted;
            lock.unlock();
            const auto waiting = std::move(j->waiting);
            waiting->wake();
            lock.lock();
        }
    }

    void start_threads(const std::shared_ptr<state>& self) {
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before);
        std::string failed;
        try {
            for (unsigned i = 0; i < settings.threads; ++i) {
                threads.emplace_back([self] {
                    prctl(PR_SET_NAME, "pawl-hash");
                    hash_in_huge_pages();
                    const auto tid = static_cast<id_t>(syscall(SYS_gettid));
                    setpriority(PRIO_PROCESS, tid,
                                self->settings.niceness); // where it fails, hashes are merely less polite
                    self->serve();
                });
            }
        } catch (const std::system_error& why) {
            failed = why.code().message();
        }
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        if (!failed.empty()) {
            const std::size_t made = threads.size();
            end_threads();
            throw storage::refused(storage::exit_code::storage_failed,
                                   "--password-threads " + std::to_string(settings.threads) + ": hash thread " +
                                       std::to_string(made + 1) + " can't be made: " + failed +
                                       "; the limits of memory and processes leave no more room (ulimit, pids.max)");
        }
    }

    // Takes no more, answers what is queued, waits for what runs.
    void end_threads() {
        std::deque<std::shared_ptr<job>> left;
        {
            const std::lock_guard lock(mutex);
            stopping = true;
            left.swap(queue);
            queued.store(0, std::memory_order_relaxed);
            admitted -= left.size();
        }
        wakeup.notify_all();
        for (const auto& j : left) {
            refuse(*j);
        }
        for (std::thread& t : threads) {
            t.join();
        }
        threads.clear();
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

password_pool::password_pool(const password_pool_settings& settings, password_work work)
    : state_(std::make_shared<state>(settings, std::move(work))) {
    BOOST_ASSERT(settings.threads > 0);
    state_->start_threads(state_);
}

password_pool::~password_pool() {
    stop();
}

void password_pool::stop() {
    state_->end_threads();
}

const char* password_pool::trouble() const noexcept {
    return state_->starved.load(std::memory_order_relaxed)
               ? "There was no memory to check a password: fewer --password-threads, or more memory"
               : nullptr;
}

// Not a coroutine: the initiation runs when the awaitable is awaited, and owns its arguments.
task<void> password_pool::completion(std::shared_ptr<state> pool, std::shared_ptr<job> j) {
    auto initiation = [](auto handler, const std::shared_ptr<state>& owner, std::shared_ptr<job> started) {
        using handler_type = decltype(handler);
        started->waiting = std::make_unique<handler_waiter<handler_type>>(std::move(handler));
        owner->push(std::move(started));
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        std::move(initiation), boost::asio::use_awaitable, std::move(pool), std::move(j));
}

task<result<verified_password>> password_pool::verify(secret_string password, std::string stored) {
    if (!state_->admit()) {
        co_return failure(errc::password_queue_full, state_->retry_after());
    }
    const auto pool = state_;
    const auto j = std::make_shared<job>();
    j->kind = job_kind::verify;
    j->password = std::move(password);
    j->stored = std::move(stored);
    co_await completion(pool, j);
    if (j->error) {
        std::rethrow_exception(j->error);
    }
    if (j->refused) {
        co_return pool->refusal_of(*j);
    }
    co_return j->verified;
}

task<result<std::string>> password_pool::hash(secret_string password) {
    if (!state_->admit()) {
        co_return failure(errc::password_queue_full, state_->retry_after());
    }
    const auto pool = state_;
    const auto j = std::make_shared<job>();
    j->kind = job_kind::hash;
    j->password = std::move(password);
    co_await completion(pool, j);
    if (j->error) {
        std::rethrow_exception(j->error);
    }
    if (j->refused) {
        co_return pool->refusal_of(*j);
    }
    co_return std::move(j->hashed);
}

password_pool_stats password_pool::stats() const noexcept {
    password_pool_stats out;
    out.queued = state_->queued.load(std::memory_order_relaxed);
    out.running = state_->running.load(std::memory_order_relaxed);
    out.done = state_->done.load(std::memory_order_relaxed);
    out.rejected = state_->rejected.load(std::memory_order_relaxed);
    out.no_memory = state_->no_memory.load(std::memory_order_relaxed);
    out.hash_ns_total = state_->hash_ns_total.load(std::memory_order_relaxed);
    out.threads = state_->settings.threads;
    out.queue_max = state_->settings.queue_max;
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
