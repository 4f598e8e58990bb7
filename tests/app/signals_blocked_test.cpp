#include "app/worker/signals_blocked.hpp"

#include <boost/test/unit_test.hpp>

#include <pthread.h>
#include <signal.h>

#include <stdexcept>
#include <thread>

namespace {

using pawl::app::signals_blocked;

constexpr int of_the_main_thread[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE};

sigset_t mask_here() {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return mask;
}

bool has(const sigset_t& mask, int signal) {
    return ::sigismember(&mask, signal) == 1;
}

bool same(const sigset_t& a, const sigset_t& b) {
    for (const int signal : of_the_main_thread) {
        if (has(a, signal) != has(b, signal)) {
            return false;
        }
    }
    return true;
}

} // namespace

BOOST_AUTO_TEST_SUITE(signals_blocked_test)

BOOST_AUTO_TEST_CASE(a_thread_that_is_started_meanwhile_takes_no_signal) {
    sigset_t there;
    sigemptyset(&there);
    std::thread started;
    {
        const signals_blocked meanwhile;
        started = std::thread([&] { there = mask_here(); });
    }
    started.join();
    BOOST_TEST(!has(mask_here(), SIGTERM));
    for (const int signal : of_the_main_thread) {
        BOOST_TEST(has(there, signal), "signal " << signal);
    }
}

BOOST_AUTO_TEST_CASE(the_one_who_starts_it_has_the_mask_of_before) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    sigset_t at_first;
    pthread_sigmask(SIG_BLOCK, &one, &at_first);
    const sigset_t before = mask_here();
    BOOST_TEST(!has(before, SIGTERM));
    {
        const signals_blocked meanwhile;
        BOOST_TEST(has(mask_here(), SIGTERM));
    }
    BOOST_TEST(same(mask_here(), before));
    pthread_sigmask(SIG_SETMASK, &at_first, nullptr);
}

BOOST_AUTO_TEST_CASE(also_where_the_thread_could_not_be_made) {
    const sigset_t before = mask_here();
    BOOST_TEST(!has(before, SIGTERM));
    const auto start = [] {
        const signals_blocked meanwhile;
        throw std::runtime_error("no thread");
    };
    BOOST_CHECK_THROW(start(), std::runtime_error);
    BOOST_TEST(same(mask_here(), before));
}

BOOST_AUTO_TEST_SUITE_END()
