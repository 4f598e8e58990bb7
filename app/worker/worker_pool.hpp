// A bounded pool for work that blocks: a queue, threads of its own, and an end. Password hashes (password_pool.hpp) and
// the work of operators (admin_worker.hpp) have one each (docs/decisions/0030-one-worker-pool-one-stream.md).
#pragma once

#include "app/worker/suspended.hpp"
#include "core/port/task.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>

namespace pawl::app {

struct worker_pool_settings {
    const char* name;            // of its threads: static text of at most 15 characters
    unsigned threads = 1;        // at least 1
    std::size_t queue_max = 16;  // jobs that wait for a thread
    int niceness = 0;            // of its threads; 0: the process's
    bool yields = false;         // while a thread runs a job, it yields again and again (cooperative_yield.hpp)
    bool lazy = false;           // the threads start with the first job, not with the pool
    void (*prepare)() = nullptr; // each thread calls it before its first job
};

struct worker_pool_stats { // a copy; relaxed reads
    std::uint64_t queued = 0, running = 0, done = 0;
    std::uint64_t rejected = 0; // there was no place for them
    std::uint64_t busy_ns = 0;  // in jobs, all threads together
};

// The system gives no more threads; `made` of them stand.
struct thread_refused : std::system_error {
    thread_refused(const std::system_error& why, std::size_t count) : std::system_error(why.code()), made(count) {}
    std::size_t made;
};

// Any thread, but for the constructor, the destructor and stop(), which belong to the owner's.
class worker_pool {
    struct state;

public:
    // The right of one job to wait and to run. Its destruction gives it back, and so does the end of its job.
    class place {
    public:
        place() = default;
        place(place&& other) noexcept = default;
        place& operator=(place&& other) noexcept;
        place(const place&) = delete;
        place& operator=(const place&) = delete;
        ~place() { give_back(); }
        explicit operator bool() const { return of_ != nullptr; }

    private:
        friend class worker_pool;
        explicit place(std::shared_ptr<state> of) : of_(std::move(of)) {}
        void give_back() noexcept;
        std::shared_ptr<state> of_; // null: no place
    };

    // One piece of work and what came of it. The coroutine that waits for it and the pool share it.
    class job {
    public:
        job() = default;
        job(const job&) = delete;
        job& operator=(const job&) = delete;
        virtual ~job() = default;
        // The pool stopped before it was run.
        bool refused() const { return refused_; }

    private:
        friend class worker_pool;
        virtual void run() noexcept = 0; // on a thread of the pool

        place place_;
        bool refused_ = false;
        std::unique_ptr<waiter> waiting_;
    };

    // Starts the threads unless it is lazy, with all signals blocked in them. Throws thread_refused.
    explicit worker_pool(const worker_pool_settings& settings);
    ~worker_pool(); // stop()
    worker_pool(const worker_pool&) = delete;
    worker_pool& operator=(const worker_pool&) = delete;

    // A place for one job. Empty if all are taken or the pool has stopped. A lazy pool starts its threads here, and
    // throws thread_refused.
    place admit();
    // Runs `j` on a thread, after those before it; resumes on the awaiting coroutine's own executor once the job has
    // run or is refused. That executor must run until then, which the pool helps by holding work on it. Cancellation
    // does not reach a job. `where` is of this pool and not empty.
    task<void> run(place where, std::shared_ptr<job> j);
    // Takes no more, refuses what is queued, waits for what runs, joins the threads.
    void stop();

    worker_pool_stats stats() const noexcept;

private:
    std::shared_ptr<state> state_; // frames of coroutines may outlive the pool
};

} // namespace pawl::app
