// --exit-with-parent: the server ends when the process that started it has.
#pragma once

#include "storage/unique_fd.hpp"

#include <string>
#include <thread>

namespace pawl::app {

// What is known of this process and its parent when it starts.
struct parentage {
    int parent = 0;          // 0: not to be seen from here: in another pid namespace
    int expected = 0;        // what --exit-with-parent=PID says; 0: nothing
    int process = 0;         // this one
    int session = 0;         // of this process; 0: one that began outside of this pid namespace, or init's own
    int parent_session = -1; // of the parent, counted the same; below 0: not known
};

// Pure. Empty where `p.parent` is the process to watch; else why it is not, a sentence. A process is of the session
// that the one that started it is of, unless it made one of its own. So a parent of another session only took it over
// (init, or a process that reaps) because the one that started it has ended.
std::string why_not_watched(const parentage& p);

// Waits for the end of the parent process on a thread of its own, then sends SIGTERM to this one. It is the process
// that counts: PR_SET_PDEATHSIG would fire when the parent's *thread* that forked ends, which test runners' do.
class parent_watch {
public:
    // The parent as it is at the program's start; before anything that takes time.
    static int parent_now();
    // `parent` is parent_now(), `expected` 0 or who is said to be it. Throws refused(usage) where there is none to
    // watch, or another than expected: before anything is made on disk.
    static void check(int parent, int expected);
    // `parent` is parent_now(). A parent that has ended since is noticed at once. Signals set up before. Throws
    // std::system_error where the system has no way to watch (Linux before 5.3).
    explicit parent_watch(int parent);
    ~parent_watch();
    parent_watch(const parent_watch&) = delete;
    parent_watch& operator=(const parent_watch&) = delete;

private:
    storage::unique_fd parent_, stop_;
    std::thread thread_;
};

} // namespace pawl::app
