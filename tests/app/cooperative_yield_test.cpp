#include "app/worker/cooperative_yield.hpp"

#include <boost/test/unit_test.hpp>

#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <thread>

using namespace pawl::app;

namespace {

constexpr std::chrono::seconds patience{60};

// Computes until this thread has yielded `wanted` times; false where that takes too long.
bool yields(std::uint64_t wanted) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (cooperative_yield::times() < wanted) {
        if (std::chrono::steady_clock::now() > until) {
            return false;
        }
    }
    return true;
}

} // namespace

BOOST_AUTO_TEST_SUITE(cooperative_yield_suite)

BOOST_AUTO_TEST_CASE(a_thread_that_computes_yields_again_and_again) {
    std::thread([] {
        cooperative_yield others;
        BOOST_TEST(!others.armed());
        {
            const cooperative_yield::scope scope(others);
            BOOST_TEST(others.armed());
            BOOST_TEST(yields(5));
        }
        BOOST_TEST(!others.armed());
    }).join();
}

BOOST_AUTO_TEST_CASE(it_does_so_where_its_maker_has_blocked_every_signal) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    std::thread thread([] {
        cooperative_yield others;
        const cooperative_yield::scope scope(others);
        BOOST_TEST(yields(1));
    });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    thread.join();
}

BOOST_AUTO_TEST_CASE(each_thread_gives_way_for_itself_alone) {
    std::thread([] {
        cooperative_yield others;
        const cooperative_yield::scope scope(others);
        std::thread([] {
            const cooperative_yield own;
            BOOST_TEST(!own.armed());
            BOOST_TEST(cooperative_yield::times() == 0U);
        }).join();
        BOOST_TEST(yields(1));
    }).join();
}

BOOST_AUTO_TEST_CASE(after_a_yield_that_took_long_a_thread_keeps_its_turns_for_as_long) {
    using namespace std::chrono_literals;
    BOOST_TEST((rest_after(0ns) == 0ns));
    BOOST_TEST((rest_after(5ms) == 0ns)); // threads that answer requests
    BOOST_TEST((rest_after(long_yield) == 0ns));
    BOOST_TEST((rest_after(21ms) == 21ms));
    BOOST_TEST((rest_after(700ms) == 700ms));
    BOOST_TEST((rest_after(1h) == yield_rest_max));
}

BOOST_AUTO_TEST_SUITE_END()
