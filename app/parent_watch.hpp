// --exit-with-parent: the server ends when the process that started it has.
#pragma once

#include "app/listen.hpp"

#include <thread>

namespace pawl::app {

// Waits for the end of the parent process on a thread of its own, then sends SIGTERM to this one. It is the process
// that counts: PR_SET_PDEATHSIG would fire when the parent's *thread* that forked ends, which test runners' do.
class parent_watch {
public:
    // The parent as it is at the program's start; before anything that takes time.
    static int parent_now();
    // `parent` is parent_now(). A parent that has ended since is noticed at once. Signals set up before. Throws
    // std::system_error where the system has no way to watch (Linux before 5.3).
    explicit parent_watch(int parent);
    ~parent_watch();
    parent_watch(const parent_watch&) = delete;
    parent_watch& operator=(const parent_watch&) = delete;

private:
    unique_fd parent_, stop_;
    std::thread thread_;
};

} // namespace pawl::app
