// The bounded pool under hashes and the work of operators: places, threads, the end.
#include "app/worker/worker_pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

struct plain_job final : worker_pool::job {
    explicit plain_job(std::function<void()> w) : work(std::move(w)) {}
    std::function<void()> work;

private:
    void run() noexcept override { work(); }
};

task<void> run_into(worker_pool& pool, std::function<void()> work, std::string& end) {
    worker_pool::place place = pool.admit();
    if (!place) {
        end = "no place";
        co_return;
    }
    const auto j = std::make_shared<plain_job>(std::move(work));
    auto pending = pool.run(std::move(place), j);
    co_await std::move(pending);
    end = j->refused() ? "refused" : "ran";
}

void start(boost::asio::io_context& io, task<void> t) {
    boost::asio::co_spawn(io, std::move(t), [](const std::exception_ptr& e) {
        if (e) {
            std::rethrow_exception(e);
        }
    });
}

std::string run_now(worker_pool& pool, std::function<void()> work) {
    boost::asio::io_context io(1);
    std::string end;
    start(io, run_into(pool, std::move(work), end));
    io.run();
    return end;
}

} // namespace

BOOST_AUTO_TEST_SUITE(worker_pools)

BOOST_AUTO_TEST_CASE(a_job_runs_on_a_thread_of_that_name_prepared_and_as_nice_as_said) {
    static std::atomic<int> prepared{0};
    const int before = getpriority(PRIO_PROCESS, 0);
    worker_pool pool({.name = "some-work", .niceness = before + 1, .prepare = [] { ++prepared; }});
    std::array<char, 16> name{};
    int niceness = 0;
    const auto look = [&] {
        prctl(PR_GET_NAME, name.data());
        niceness = getpriority(PRIO_PROCESS, 0);
    };
    BOOST_TEST(run_now(pool, look) == "ran");
    BOOST_TEST(name.data() == std::string("some-work"));
    BOOST_TEST(niceness == before + 1);
    BOOST_TEST(prepared == 1);
    BOOST_TEST(pool.stats().done == 1U);
}

BOOST_AUTO_TEST_CASE(a_lazy_pool_has_no_thread_before_its_first_job) {
    static std::atomic<int> prepared{0};
    worker_pool pool({.name = "lazy", .threads = 2, .lazy = true, .prepare = [] { ++prepared; }});
    BOOST_TEST(prepared == 0);
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(run_now(pool, [] {}) == "ran");
    }
    pool.stop();
    BOOST_TEST(prepared == 2);
}

BOOST_AUTO_TEST_CASE(there_are_as_many_places_as_threads_and_queue_have) {
    worker_pool pool({.name = "places", .threads = 2, .queue_max = 3});
    std::vector<worker_pool::place> taken;
    for (int i = 0; i < 5; ++i) {
        taken.push_back(pool.admit());
        BOOST_TEST(static_cast<bool>(taken.back()));
    }
    BOOST_TEST(!pool.admit());
    BOOST_TEST(run_now(pool, [] {}) == "no place");
    BOOST_TEST(pool.stats().rejected == 2U);
    taken.pop_back();
    BOOST_TEST(run_now(pool, [] {}) == "ran");
}

// Between taking a place and queueing a job there may be no memory for the job.
BOOST_AUTO_TEST_CASE(a_place_that_no_job_took_is_given_back) {
    worker_pool pool({.name = "dropped", .queue_max = 0});
    for (int i = 0; i < 3; ++i) {
        const worker_pool::place dropped = pool.admit();
        BOOST_TEST(static_cast<bool>(dropped));
    }
    {
        const auto never = std::make_shared<plain_job>([] {});
        task<void> not_awaited = pool.run(pool.admit(), never);
        BOOST_TEST(!pool.admit()); // the job has it
    }
    BOOST_TEST(run_now(pool, [] {}) == "ran");
}

BOOST_AUTO_TEST_CASE(a_stop_refuses_what_is_queued_waits_for_what_runs_and_takes_no_more) {
    std::binary_semaphore entered{0};
    std::binary_semaphore go_on{0};
    worker_pool pool({.name = "stopping", .queue_max = 1});
    boost::asio::io_context io(1);
    std::array<std::string, 2> ends;
    start(io, run_into(
                  pool,
                  [&] {
                      entered.release();
                      go_on.acquire();
                  },
                  ends[0]));
    start(io, run_into(pool, [] {}, ends[1]));
    io.poll();
    entered.acquire();
    std::thread stopping([&] { pool.stop(); });
    io.run_one(); // the queued one, while the other runs
    BOOST_TEST(ends[1] == "refused");
    go_on.release();
    io.run();
    stopping.join();
    BOOST_TEST(ends[0] == "ran");
    BOOST_TEST(run_now(pool, [] {}) == "no place");
}

BOOST_AUTO_TEST_SUITE_END()
