// The one thread for what blocks: order, bounds, errors, the end.
#include "app/worker/admin_worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

// Keeps the worker's thread busy until it is opened.
class barrier {
public:
    void pass() {
        std::unique_lock lock(mutex_);
        entered_ = true;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
    }
    void wait_until_entered() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return entered_; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool entered_ = false, open_ = false;
};

struct worker_fixture {
    boost::asio::io_context io{1};
    admin_worker worker;
    std::vector<std::string> log; // of the io thread alone

    void start(std::function<void()> job, std::string name) {
        boost::asio::co_spawn(io, work(std::move(job), std::move(name)), [](std::exception_ptr) {});
        io.restart(); // where the job before was done within its poll(), the context has stopped
        io.poll();
    }
    void run_all() {
        io.restart();
        io.run();
    }
    task<void> work(std::function<void()> job, std::string name) {
        std::string end = " refused";
        try {
            task<bool> running = worker.run(std::move(job));
            const bool ran = co_await std::move(running);
            end = ran ? " ran" : end;
        } catch (const std::runtime_error& e) {
            end = std::string(" threw ") + e.what();
        }
        log.push_back(name + end);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(admin_workers, worker_fixture)

BOOST_AUTO_TEST_CASE(jobs_run_one_after_the_other_on_a_thread_of_its_own) {
    std::vector<std::thread::id> threads;
    for (const char* name : {"a", "b", "c"}) {
        start([&threads] { threads.push_back(std::this_thread::get_id()); }, name);
    }
    run_all();
    BOOST_TEST((log == std::vector<std::string>{"a ran", "b ran", "c ran"}));
    BOOST_TEST_REQUIRE(threads.size() == 3U);
    BOOST_TEST((threads[0] == threads[2] && threads[0] != std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(what_a_job_throws_comes_out_and_the_next_one_runs) {
    start([] { throw std::runtime_error("no disk"); }, "a");
    start([] {}, "b");
    run_all();
    BOOST_TEST((log == std::vector<std::string>{"a threw no disk", "b ran"}));
}

BOOST_AUTO_TEST_CASE(beyond_its_bound_it_refuses_at_once) {
    barrier busy;
    start([&busy] { busy.pass(); }, "first");
    busy.wait_until_entered();
    for (std::size_t i = 1; i < admin_worker::queue_max; ++i) {
        start([] {}, "queued");
    }
    start([] {}, "over");
    BOOST_TEST((log == std::vector<std::string>{"over refused"}));
    busy.open();
    run_all();
    BOOST_TEST(log.size() == admin_worker::queue_max + 1);
}

BOOST_AUTO_TEST_CASE(a_stop_waits_for_what_runs_and_refuses_the_rest) {
    barrier busy;
    start([&busy] { busy.pass(); }, "running");
    busy.wait_until_entered();
    start([] {}, "waiting");
    std::thread stopping([this] { worker.stop(); });
    // The one that waits is refused first; only then may the one that runs end.
    while (log.empty()) {
        io.run_one();
    }
    BOOST_TEST((log == std::vector<std::string>{"waiting refused"}));
    busy.open();
    stopping.join();
    start([] {}, "late");
    run_all();
    BOOST_TEST((log == std::vector<std::string>{"waiting refused", "running ran", "late refused"}));
}

BOOST_AUTO_TEST_SUITE_END()
