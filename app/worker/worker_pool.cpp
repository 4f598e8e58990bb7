#include "app/worker/worker_pool.hpp"

#include "app/worker/cooperative_yield.hpp"
#include "app/worker/signals_blocked.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/assert.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace pawl::app {

struct worker_pool::state : std::enable_shared_from_this<state> {
    explicit state(const worker_pool_settings& s) : settings(s) {}

    const worker_pool_settings settings;
    std::mutex mutex;
    std::condition_variable wakeup;
    std::deque<std::shared_ptr<job>> queue; // guarded by mutex, as are the next three
    std::size_t admitted = 0;               // places that are taken: jobs about to be queued, queued or running
    bool stopping = false;
    std::vector<std::thread> threads;
    std::atomic<std::uint64_t> queued{0}, running{0}, done{0}, rejected{0}, busy_ns{0};

    // With the mutex held, or before any thread. What was made stays if the next one can't be.
    void start_threads() {
        const signals_blocked meanwhile;
        try {
            while (threads.size() < settings.threads) {
                threads.emplace_back([self = shared_from_this()] { self->live(); });
            }
        } catch (const std::system_error& why) {
            throw thread_refused(why, threads.size());
        }
    }

    // The life of one thread.
    void live() {
        prctl(PR_SET_NAME, settings.name);
        if (settings.prepare != nullptr) {
            settings.prepare();
        }
        if (settings.niceness != 0) {
            // If it fails, the thread is merely less polite.
            setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), settings.niceness);
        }
        std::optional<cooperative_yield> others;
        if (settings.yields) {
            others.emplace();
        }
        while (const std::shared_ptr<job> next = take()) {
            run(*next, others);
            next->place_.give_back(); // before its coroutine goes on, which may want another
            wake(*next);
        }
    }

    // Null once the pool stops.
    std::shared_ptr<job> take() {
        std::unique_lock lock(mutex);
        wakeup.wait(lock, [this] { return stopping || !queue.empty(); });
        if (stopping) {
            return nullptr;
        }
        std::shared_ptr<job> first = std::move(queue.front());
        queue.pop_front();
        queued.fetch_sub(1, std::memory_order_relaxed);
        return first;
    }

    void run(job& j, std::optional<cooperative_yield>& others) {
        running.fetch_add(1, std::memory_order_relaxed);
        const auto start = std::chrono::steady_clock::now();
        {
            std::optional<cooperative_yield::scope> scope;
            if (others) {
                scope.emplace(*others);
            }
            j.run();
        }
        const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - start;
        busy_ns.fetch_add(static_cast<std::uint64_t>(took.count()), std::memory_order_relaxed);
        done.fetch_add(1, std::memory_order_relaxed);
        running.fetch_sub(1, std::memory_order_relaxed);
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
        }
        refuse(*j); // stop() came between admit() and here
    }

    static void wake(job& j) {
        const std::unique_ptr<waiter> waiting = std::move(j.waiting_); // the job may be gone once it is awake
        waiting->wake();
    }

    static void refuse(job& j) {
        j.refused_ = true;
        j.place_.give_back();
        wake(j);
    }

    void end_threads() {
        std::deque<std::shared_ptr<job>> left;
        std::vector<std::thread> ending;
        {
            const std::lock_guard lock(mutex);
            stopping = true;
            left.swap(queue);
            queued.store(0, std::memory_order_relaxed);
            ending.swap(threads);
        }
        wakeup.notify_all();
        for (const auto& j : left) {
            refuse(*j);
        }
        for (std::thread& t : ending) {
            t.join();
        }
    }
};

worker_pool::place& worker_pool::place::operator=(place&& other) noexcept {
    if (this != &other) {
        give_back();
        of_ = std::move(other.of_);
    }
    return *this;
}

void worker_pool::place::give_back() noexcept {
    if (const std::shared_ptr<state> pool = std::move(of_)) {
        const std::lock_guard lock(pool->mutex);
        --pool->admitted;
    }
}

worker_pool::worker_pool(const worker_pool_settings& settings) : state_(std::make_shared<state>(settings)) {
    BOOST_ASSERT(settings.threads > 0);
    if (settings.lazy) {
        return;
    }
    try {
        state_->start_threads();
    } catch (...) {
        state_->end_threads();
        throw;
    }
}

worker_pool::~worker_pool() {
    stop();
}

void worker_pool::stop() {
    state_->end_threads();
}

worker_pool::place worker_pool::admit() {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping || state_->admitted >= state_->settings.threads + state_->settings.queue_max) {
        state_->rejected.fetch_add(1, std::memory_order_relaxed);
        return {};
    }
    if (state_->threads.size() < state_->settings.threads) {
        state_->start_threads();
    }
    ++state_->admitted;
    return place(state_);
}

// Not a coroutine: the initiation runs when the awaitable is awaited, and owns its arguments. If it gets no memory, the
// job is destroyed with them and its place is free again.
task<void> worker_pool::run(place where, std::shared_ptr<job> j) {
    BOOST_ASSERT(where.of_ == state_);
    j->place_ = std::move(where);
    auto initiation = [](auto handler, const std::shared_ptr<state>& pool, std::shared_ptr<job> started) {
        using handler_type = decltype(handler);
        started->waiting_ = std::make_unique<handler_waiter<handler_type>>(std::move(handler));
        pool->push(std::move(started));
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        std::move(initiation), boost::asio::use_awaitable, state_, std::move(j));
}

worker_pool_stats worker_pool::stats() const noexcept {
    worker_pool_stats out;
    out.queued = state_->queued.load(std::memory_order_relaxed);
    out.running = state_->running.load(std::memory_order_relaxed);
    out.done = state_->done.load(std::memory_order_relaxed);
    out.rejected = state_->rejected.load(std::memory_order_relaxed);
    out.busy_ns = state_->busy_ns.load(std::memory_order_relaxed);
    return out;
}

} // namespace pawl::app
