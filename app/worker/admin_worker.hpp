// One thread for what an operator asks that blocks: snapshots, key files, reading the log. Never an io thread.
#pragma once

#include "core/port/task.hpp"

#include <cstddef>
#include <functional>
#include <memory>

namespace pawl::app {

class admin_worker {
public:
    static constexpr std::size_t queue_max = 16; // jobs that wait or run; beyond it run() refuses

    // The thread starts with the first job. `name`: of the thread, static text of at most 15 characters.
    explicit admin_worker(const char* name = "pawl-admin");
    ~admin_worker(); // stop()
    admin_worker(const admin_worker&) = delete;
    admin_worker& operator=(const admin_worker&) = delete;

    // Runs `job` on the thread, after those before it, and resumes on the caller's executor, which must be running
    // until then. False where there is no room or the worker stops: the job was not run. What the job throws comes out
    // here. Cancellation does not reach it. Any thread.
    task<bool> run(std::function<void()> job);

    // Takes no more, refuses what is queued, waits for what runs, joins. Owner's thread.
    void stop();

private:
    struct job;
    struct state;
    static task<void> completion(std::shared_ptr<state> worker, std::shared_ptr<job> j);
    std::shared_ptr<state> state_;
};

} // namespace pawl::app
