#include "app/process/signals.hpp"

#include "storage/exit_code.hpp"

#include <cerrno>
#include <csignal>
#include <pthread.h>
#include <unistd.h>

#include <string_view>

namespace pawl::app {

namespace {

sigset_t awaited_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

// Async-signal-safe: write and _exit only.
void give_up(int /*signal*/) {
    static constexpr std::string_view line = "pawld: the stop took too long; ending without it\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    ::_exit(static_cast<int>(storage::exit_code::storage_failed));
}

} // namespace

void set_up_signals() {
    const sigset_t set = awaited_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

signal_request wait_for_signal(std::chrono::seconds interval, const std::function<void()>& meanwhile) {
    const sigset_t set = awaited_signals();
    const timespec wait{interval.count(), 0};
    for (;;) {
        const int which = sigtimedwait(&set, nullptr, &wait);
        if (which > 0) {
            return which == SIGHUP ? signal_request::reload : signal_request::stop;
        }
        if (errno == EAGAIN) {
            meanwhile();
        }
    }
}

void arm_stop_watchdog(std::chrono::seconds limit) {
    std::signal(SIGALRM, give_up);
    ::alarm(static_cast<unsigned>(limit.count()));
}

} // namespace pawl::app
