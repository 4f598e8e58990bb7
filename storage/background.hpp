// Threads that requests go before.
#pragma once

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace pawl::storage {

// Names the calling thread (at most 15 characters) and puts it behind those that serve: nice 10. Where the system
// refuses, it is merely less polite.
inline void work_in_the_background(const char* name) noexcept {
    constexpr int niceness = 10;
    ::pthread_setname_np(::pthread_self(), name);
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness);
}

} // namespace pawl::storage
