#include "app/process/parent_watch.hpp"

#include "app/worker/signals_blocked.hpp"
#include "storage/exit_code.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace pawl::app {

namespace {

// To the main thread, which waits for it: the sandbox leaves no other way.
void end_this_process() {
    ::tgkill(::getpid(), ::getpid(), SIGTERM);
}

void watch(int parent, int stop) {
    std::array<pollfd, 2> looked_at{{{parent, POLLIN, 0}, {stop, POLLIN, 0}}};
    while (::poll(looked_at.data(), looked_at.size(), -1) < 0 && errno == EINTR) {
    }
    if (looked_at[1].revents == 0) {
        end_this_process();
    }
}

} // namespace

int parent_watch::parent_now() {
    return ::getppid();
}

std::string why_not_watched(const parentage& p) {
    const std::string now = std::to_string(p.parent);
    if (p.parent == 0) {
        return "the process that started this one can't be seen from here, as where a container starts it: leave the "
               "option out, the container's end is this one's";
    }
    if (p.expected != 0 && p.expected != p.parent) {
        return "process " + std::to_string(p.expected) +
               " has ended, or did not start this one: the parent is process " + now;
    }
    const bool has_own_session = p.session == p.process;
    const bool of_another = p.parent_session >= 0 && p.parent_session != p.session;
    if (p.expected == 0 && !has_own_session && of_another) {
        return "the process that started this one has ended: process " + now + " took it over";
    }
    return {};
}

void parent_watch::check(int parent, int expected) {
    const int parent_session = parent == 0 ? -1 : ::getsid(parent);
    const std::string why = why_not_watched({parent, expected, ::getpid(), ::getsid(0), parent_session});
    if (!why.empty()) {
        throw storage::refused(storage::exit_code::usage, "--exit-with-parent: " + why);
    }
}

// The number could have been given to another process only after the parent ended, and then this one has another
// parent.
parent_watch::parent_watch(int parent)
    : parent_(static_cast<int>(::syscall(SYS_pidfd_open, parent, 0U))), stop_(::eventfd(0, EFD_CLOEXEC)) {
    const int error = errno;
    if (::getppid() != parent) {
        end_this_process();
        return;
    }
    if (!parent_ || !stop_) {
        throw std::system_error(error, std::system_category(), "--exit-with-parent: the parent can't be watched");
    }
    const signals_blocked meanwhile;
    thread_ = std::thread([this] { watch(parent_.get(), stop_.get()); });
}

parent_watch::~parent_watch() {
    if (thread_.joinable()) {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof one);
        thread_.join();
    }
}

} // namespace pawl::app
