#include "app/worker/cooperative_yield.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace pawl::app {

namespace {

// Ignored where nobody asked for it: one that comes late, or to a program that has no handler yet, does nothing.
constexpr int signal_number = SIGURG;

thread_local std::atomic<std::uint64_t> yields{0};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free); // a handler's requirement

extern "C" void yield_now(int /*signal*/) {
    ::sched_yield(); // never fails, so errno stays as it was
    yields.fetch_add(1, std::memory_order_relaxed);
}

bool handler_is_set() noexcept {
    static const bool set = [] {
        struct sigaction action{};
        action.sa_handler = yield_now;
        action.sa_flags = SA_RESTART;
        return ::sigaction(signal_number, &action, nullptr) == 0;
    }();
    return set;
}

} // namespace

cooperative_yield::cooperative_yield() noexcept {
    yields.store(0, std::memory_order_relaxed); // the thread's own, made before a handler looks at it
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal_number);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = signal_number;
    event._sigev_un._tid = static_cast<pid_t>(::syscall(SYS_gettid)); // sigev_notify_thread_id of timer_create(2)
    has_timer_ = handler_is_set() && ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr) == 0 &&
                 ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
}

cooperative_yield::~cooperative_yield() {
    if (has_timer_) {
        ::timer_delete(timer_);
    }
}

void cooperative_yield::set(std::chrono::nanoseconds period) noexcept {
    itimerspec times{};
    times.it_value.tv_nsec = times.it_interval.tv_nsec = static_cast<long>(period.count());
    armed_ = has_timer_ && ::timer_settime(timer_, 0, &times, nullptr) == 0 && period.count() > 0;
}

std::uint64_t cooperative_yield::times() noexcept {
    return yields.load(std::memory_order_relaxed);
}

cooperative_yield::scope::scope(cooperative_yield& owner) noexcept : owner_(owner) {
    owner_.set(turn);
}

cooperative_yield::scope::~scope() {
    owner_.set(std::chrono::nanoseconds::zero());
}

} // namespace pawl::app
