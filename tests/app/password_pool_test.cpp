#include "app/worker/cooperative_yield.hpp"
#include "app/worker/hash_memory.hpp"
#include "app/worker/password_pool.hpp"
#include "storage/system_random.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <exception>
#include <new>
#include <semaphore>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

constexpr std::ptrdiff_t many = 1024;

// Hashes that stand still until the test lets them go on.
struct gated_work {
    std::counting_semaphore<many> started{0}, go_on{0};
    std::atomic<int> at_once{0}, at_once_max{0};

    void pass() {
        const int now = ++at_once;
        int seen = at_once_max.load();
        while (seen < now && !at_once_max.compare_exchange_weak(seen, now)) {
        }
        started.release();
        go_on.acquire();
        --at_once;
    }
    password_work work() {
        password_work w = plain();
        w.verify = [this](const secret_string&, const std::string&) {
            pass();
            return true;
        };
        return w;
    }
    static password_work plain() {
        password_work w;
        w.hash = [](const secret_string& password) { return "hash of " + std::string(password.reveal()); };
        w.verify = [](const secret_string& password, const std::string& stored) {
            return stored == "hash of " + std::string(password.reveal());
        };
        w.needs_rehash = [](const std::string& stored) { return stored.ends_with("old"); };
        w.dummy = "hash of no one";
        return w;
    }
};

struct outcome {
    bool done = false;
    bool refused = false;
    seconds retry_after{0};
    verified_password verified;
    errc code{}; // of the refusal
    std::string error;
    std::thread::id resumed_on;
};

task<void> verify_into(password_pool& pool, std::string password, std::string stored, outcome& out) {
    try {
        const auto verified = co_await pool.verify(secret_string(password), stored);
        if (verified) {
            out.verified = *verified;
        } else {
            out.code = verified.error().code;
            out.refused = out.code == errc::password_queue_full;
            out.retry_after = verified.error().retry_after;
        }
    } catch (const std::exception& e) {
        out.error = e.what();
    }
    out.resumed_on = std::this_thread::get_id();
    out.done = true;
}

void start(boost::asio::io_context& io, task<void> t) {
    boost::asio::co_spawn(io, std::move(t), [](const std::exception_ptr& e) {
        if (e) {
            std::rethrow_exception(e);
        }
    });
}

outcome verify_now(password_pool& pool, const std::string& password, const std::string& stored) {
    boost::asio::io_context io(1);
    outcome out;
    start(io, verify_into(pool, password, stored, out));
    io.run();
    BOOST_TEST(out.done);
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(password_pool_test)

BOOST_AUTO_TEST_CASE(verifies_and_resumes_on_the_callers_own_thread) {
    password_pool pool({2, 4}, gated_work::plain());
    const outcome right = verify_now(pool, "a", "hash of a");
    BOOST_TEST(right.verified.matches);
    BOOST_TEST(!right.verified.needs_rehash);
    BOOST_TEST((right.resumed_on == std::this_thread::get_id()));
    BOOST_TEST(!verify_now(pool, "a", "hash of b").verified.matches);
    BOOST_TEST(verify_now(pool, "old", "hash of old").verified.needs_rehash);
    BOOST_TEST(!verify_now(pool, "b", "hash of old").verified.needs_rehash);
    BOOST_TEST(pool.stats().done == 4U);
}

BOOST_AUTO_TEST_CASE(unknown_user_costs_one_hash_and_never_matches) {
    std::atomic<int> verified{0};
    password_work work = gated_work::plain();
    work.verify = [&](const secret_string&, const std::string& stored) {
        ++verified;
        BOOST_TEST(stored == "hash of no one");
        return true;
    };
    password_pool pool({1, 4}, std::move(work));
    const outcome out = verify_now(pool, "anything", "");
    BOOST_TEST(!out.verified.matches);
    BOOST_TEST(!out.verified.needs_rehash);
    BOOST_TEST(verified == 1);
}

BOOST_AUTO_TEST_CASE(a_hash_that_cannot_be_verified_costs_what_one_of_ours_does) {
    storage::system_random random;
    const password_work work = real_password_work(argon2_cost{16384, 1}, random);
    const auto cpu_time = [&](const std::string& stored) {
        const auto now = [] {
            timespec t{};
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
            return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
        };
        const auto before = now();
        BOOST_TEST(!work.verify(secret_string("a password"), stored));
        return now() - before;
    };
    for (const char* stored : {"*", "$1$salt$qJH7.N4xYta3aEG/dfqo/0"}) {
        BOOST_TEST((cpu_time(stored) > std::chrono::milliseconds(2))); // to say no by its text takes microseconds
    }
}

BOOST_AUTO_TEST_CASE(its_threads_hash_in_huge_pages_and_give_way_while_they_do) {
    bool replaced = false; // not where a sanitizer watches mappings
    std::thread([&] { replaced = hash_in_huge_pages(); }).join();
    std::uint64_t blocks = 0;
    std::uint64_t yields = 0;
    password_work work = gated_work::plain();
    work.verify = [&](const secret_string& password, const std::string&) {
        storage::system_random random;
        static_cast<void>(hash_password_blocking(password, {.memory_kib = 7168, .passes = 5}, random));
        blocks = hash_blocks_mapped();
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while ((yields = cooperative_yield::times()) == 0 && std::chrono::steady_clock::now() < until) {
        }
        return true;
    };
    password_pool pool({1, 4}, std::move(work));
    BOOST_TEST(verify_now(pool, "a", "hash of a").verified.matches);
    BOOST_TEST(blocks == (replaced ? 1U : 0U));
    BOOST_TEST(yields > 0U);
}

BOOST_AUTO_TEST_CASE(hash_gives_the_text_of_the_worker) {
    password_pool pool({1, 4}, gated_work::plain());
    boost::asio::io_context io(1);
    std::string hashed;
    const auto hash_into = [](password_pool& p, std::string& out) -> task<void> {
        const auto h = co_await p.hash(secret_string("x"));
        out = h.has_value() ? *h : "refused";
    };
    start(io, hash_into(pool, hashed));
    io.run();
    BOOST_TEST(hashed == "hash of x");
}

BOOST_AUTO_TEST_CASE(full_pool_and_queue_refuse_with_a_time_to_wait) {
    gated_work gate;
    password_pool pool({2, 3}, gate.work());
    boost::asio::io_context io(1);
    std::vector<outcome> outcomes(8);
    for (outcome& out : outcomes) {
        start(io, verify_into(pool, "p", "s", out));
    }
    // The io_context is not out of work while the pool has its coroutines: poll() runs all that can go on now.
    io.poll();
    gate.started.acquire();
    gate.started.acquire();
    int refused = 0;
    for (const outcome& out : outcomes) {
        refused += out.done && out.refused ? 1 : 0;
        BOOST_TEST((!out.done || out.retry_after >= seconds(1)));
    }
    BOOST_TEST(refused == 3);
    const password_pool_stats full = pool.stats();
    BOOST_TEST(full.running == 2U);
    BOOST_TEST(full.queued == 3U);
    BOOST_TEST(full.rejected == 3U);
    gate.go_on.release(5);
    io.run();
    int verified = 0;
    for (const outcome& out : outcomes) {
        verified += out.verified.matches ? 1 : 0;
    }
    BOOST_TEST(verified == 5);
    BOOST_TEST(gate.at_once_max == 2);
    BOOST_TEST(pool.stats().done == 5U);
}

BOOST_AUTO_TEST_CASE(permit_stays_with_the_job_when_its_caller_goes_away) {
    gated_work gate;
    password_pool pool({1, 0}, gate.work());
    std::vector<outcome> outcomes(2);
    boost::asio::io_context io(1);
    {
        boost::asio::io_context gone(1);
        start(gone, verify_into(pool, "p", "s", outcomes[0]));
        gone.poll();
        gate.started.acquire();
        // Another caller, while the job of the one that goes away still runs.
        start(io, verify_into(pool, "p", "s", outcomes[1]));
        io.poll();
        BOOST_TEST(outcomes[1].refused);
        gate.go_on.release();
        gone.run();
    }
    const outcome after = [&] {
        gate.go_on.release();
        return verify_now(pool, "p", "s");
    }();
    BOOST_TEST(after.verified.matches);
    BOOST_TEST(gate.at_once_max == 1);
}

BOOST_AUTO_TEST_CASE(stop_refuses_what_is_queued_and_waits_for_what_runs) {
    gated_work gate;
    password_pool pool({1, 2}, gate.work());
    boost::asio::io_context io(1);
    std::vector<outcome> outcomes(3);
    for (outcome& out : outcomes) {
        start(io, verify_into(pool, "p", "s", out));
    }
    io.poll();
    gate.started.acquire();
    std::thread stopper([&] { pool.stop(); });
    io.run_one(); // a queued job is answered although the running one is not done
    BOOST_TEST((outcomes[1].refused || outcomes[2].refused));
    gate.go_on.release();
    io.run();
    stopper.join();
    BOOST_TEST(outcomes[0].verified.matches);
    BOOST_TEST(outcomes[1].refused);
    BOOST_TEST(outcomes[2].refused);
    BOOST_TEST(verify_now(pool, "p", "s").refused);
}

BOOST_AUTO_TEST_CASE(no_memory_is_told_as_such_until_a_hash_gets_some_again) {
    password_work work = gated_work::plain();
    work.verify = [](const secret_string& password, const std::string&) -> bool {
        return password.reveal() == "memory" ? throw std::bad_alloc() : true;
    };
    password_pool pool({1, 4}, std::move(work));
    BOOST_TEST(pool.trouble() == nullptr);
    const outcome none = verify_now(pool, "memory", "s");
    BOOST_TEST((none.code == errc::hash_memory_unavailable)); // nothing was decided, and no queue is full
    BOOST_TEST(none.retry_after >= seconds(1));
    BOOST_TEST(pool.trouble() != nullptr);
    BOOST_TEST(pool.stats().no_memory == 1U);
    BOOST_TEST(pool.stats().rejected == 0U);
    BOOST_TEST(verify_now(pool, "other", "s").verified.matches);
    BOOST_TEST(pool.trouble() == nullptr);
    BOOST_TEST(pool.stats().no_memory == 1U);
}

BOOST_AUTO_TEST_CASE(another_exception_reaches_the_caller) {
    password_work work = gated_work::plain();
    work.verify = [](const secret_string& password, const std::string&) -> bool {
        throw std::runtime_error("a defect to " + std::string(password.reveal()));
    };
    password_pool pool({1, 4}, std::move(work));
    BOOST_TEST(verify_now(pool, "other", "s").error == "a defect to other");
}

BOOST_AUTO_TEST_CASE(hash_threads_are_polite) {
    std::atomic<int> niceness{0};
    password_work work = gated_work::plain();
    work.verify = [&](const secret_string&, const std::string&) {
        niceness = getpriority(PRIO_PROCESS, 0);
        return true;
    };
    const int before = getpriority(PRIO_PROCESS, 0);
    password_pool pool({1, 4, before + 1}, std::move(work));
    verify_now(pool, "p", "s");
    BOOST_TEST(niceness == before + 1);
    BOOST_TEST(getpriority(PRIO_PROCESS, 0) == before);
}

BOOST_AUTO_TEST_CASE(time_to_wait_grows_with_the_queue_and_is_bounded) {
    using std::chrono::milliseconds;
    BOOST_TEST(password_retry_after(0, 2, milliseconds(30)).count() == 1);
    BOOST_TEST(password_retry_after(66, 2, milliseconds(30)).count() == 1);
    BOOST_TEST(password_retry_after(64, 2, milliseconds(100)).count() == 4);
    BOOST_TEST(password_retry_after(64, 1, milliseconds(100)).count() == 7);
    BOOST_TEST((password_retry_after(100'000, 1, milliseconds(100)) == password_retry_max));
    BOOST_TEST(password_retry_after(1, 0, milliseconds(1)).count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
