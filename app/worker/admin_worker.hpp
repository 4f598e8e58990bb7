// One thread for what an operator asks that blocks: snapshots, key files, reading the log. Never an io thread.
#pragma once

#include "app/worker/worker_pool.hpp"
#include "core/port/task.hpp"

#include <cstddef>
#include <functional>

namespace pawl::app {

class admin_worker {
public:
    static constexpr std::size_t queue_max = 16; // jobs that wait or run; beyond it run() refuses

    // The thread starts with the first job. `name`: of the thread, static text of at most 15 characters.
    explicit admin_worker(const char* name = "pawl-admin");

    // Runs `job` on the thread, after those before it, and resumes on the caller's executor, which must be running
    // until then. False where there is no room or the worker stops: the job was not run. What the job throws comes out
    // here. Cancellation does not reach it. Any thread.
    task<bool> run(std::function<void()> job);

    // Takes no more, refuses what is queued, waits for what runs, joins. Owner's thread.
    void stop() { pool_.stop(); }

private:
    struct job;
    worker_pool pool_;
};

} // namespace pawl::app
