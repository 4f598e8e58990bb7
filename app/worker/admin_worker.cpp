#include "app/worker/admin_worker.hpp"

#include "app/worker/suspended.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <pthread.h>
#include <sys/prctl.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace pawl::app {

struct admin_worker::job {
    std::function<void()> work;
    bool refused = false;
    std::exception_ptr error;
    std::unique_ptr<waiter> waiting;
};

struct admin_worker::state {
    explicit state(const char* thread_name) : name(thread_name) {}

    const char* const name;
    std::mutex mutex;
    std::condition_variable wakeup;
    std::deque<std::shared_ptr<job>> queue; // guarded by mutex, as are the next
    std::size_t admitted = 0;               // queued or running
    bool stopping = false;
    std::thread thread;

    // Wakes the job's coroutine in the end, whatever becomes of it.
    void push(const std::shared_ptr<state>& self, std::shared_ptr<job> j) {
        {
            const std::lock_guard lock(mutex);
            if (!stopping && admitted < queue_max) {
                if (!thread.joinable()) {
                    start_thread(self);
                }
                ++admitted;
                queue.push_back(std::move(j));
                wakeup.notify_one();
                return;
            }
        }
        refuse(*j);
    }

    static void refuse(job& j) {
        j.refused = true;
        const auto waiting = std::move(j.waiting);
        waiting->wake();
    }

    void start_thread(const std::shared_ptr<state>& self) {
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before); // signals are for the main thread
        thread = std::thread([self] {
            prctl(PR_SET_NAME, self->name);
            self->serve();
        });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    void serve() {
        std::unique_lock lock(mutex);
        for (;;) {
            wakeup.wait(lock, [this] { return stopping || !queue.empty(); });
            if (stopping) {
                return;
            }
            const std::shared_ptr<job> j = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            try {
                j->work();
            } catch (...) {
                j->error = std::current_exception();
            }
            lock.lock();
            --admitted;
            lock.unlock();
            const auto waiting = std::move(j->waiting);
            waiting->wake();
            lock.lock();
        }
    }
};

admin_worker::admin_worker(const char* name) : state_(std::make_shared<state>(name)) {}

admin_worker::~admin_worker() {
    stop();
}

void admin_worker::stop() {
    std::deque<std::shared_ptr<job>> left;
    std::thread ending;
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
        left.swap(state_->queue);
        state_->admitted -= left.size();
        ending = std::move(state_->thread);
    }
    state_->wakeup.notify_all();
    for (const auto& j : left) {
        state::refuse(*j);
    }
    if (ending.joinable()) {
        ending.join();
    }
}

// Not a coroutine: the initiation runs when the awaitable is awaited, and owns its arguments.
task<void> admin_worker::completion(std::shared_ptr<state> worker, std::shared_ptr<job> j) {
    auto initiation = [](auto handler, const std::shared_ptr<state>& owner, std::shared_ptr<job> started) {
        using handler_type = decltype(handler);
        started->waiting = std::make_unique<handler_waiter<handler_type>>(std::move(handler));
        owner->push(owner, std::move(started));
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        std::move(initiation), boost::asio::use_awaitable, std::move(worker), std::move(j));
}

task<bool> admin_worker::run(std::function<void()> job_work) {
    const auto worker = state_;
    const auto j = std::make_shared<job>();
    j->work = std::move(job_work);
    co_await completion(worker, j);
    if (j->error) {
        std::rethrow_exception(j->error);
    }
    co_return !j->refused;
}

} // namespace pawl::app
