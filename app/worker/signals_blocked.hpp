// Signals are for the main thread.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace pawl::app {

// While one lives, the calling thread takes no signal, and neither does a thread that it starts: that one inherits the
// mask and keeps it. At its end the caller has the mask of before, also where a thread could not be made.
class signals_blocked {
public:
    signals_blocked() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_); // fails only for a `how` that is none
    }
    ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;

private:
    sigset_t before_{};
};

} // namespace pawl::app
