// The atomics and mutexes of what many threads share in memory (families, users, agents, what is known durable), by a
// name of their own: they are the standard's, but in tests/schedules, where a scheduler that tries every order of their
// operations stands in for them (PAWL_ATOMICS names its header). What only counts stays std::atomic.
#pragma once

#ifdef PAWL_ATOMICS
#include PAWL_ATOMICS
#else

#include <atomic>
#include <mutex>

namespace pawl::storage {

template <class T>
using atomic = std::atomic<T>;
template <class T>
using atomic_ref = std::atomic_ref<T>;
using mutex = std::mutex;

// How often a lock that protects a dozen stores is tried for.
inline constexpr int lock_spins_max = 1000;

} // namespace pawl::storage

#endif
