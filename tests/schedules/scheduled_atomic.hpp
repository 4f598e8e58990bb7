// What stands in for the standard's atomics and mutexes in these tests (storage/map/atomic.hpp): before each of their
// operations another party may get the turn. Only one thread runs at a time, so the values themselves are plain; every
// schedule is sequentially consistent, whatever memory order was asked for.
#pragma once

#include "tests/schedules/scheduler.hpp"

#include <atomic> // std::memory_order
#include <mutex>  // std::lock_guard
#include <utility>

namespace pawl::test {

template <class T>
class scheduled_atomic {
public:
    constexpr scheduled_atomic() noexcept = default;
    constexpr scheduled_atomic(T value) noexcept : value_(value) {} // NOLINT(google-explicit-constructor): as std's
    scheduled_atomic(const scheduled_atomic&) = delete;
    scheduled_atomic& operator=(const scheduled_atomic&) = delete;

    T load(std::memory_order = std::memory_order_seq_cst) const noexcept {
        schedule_point();
        return value_;
    }
    void store(T value, std::memory_order = std::memory_order_seq_cst) noexcept {
        schedule_point();
        value_ = value;
    }
    T exchange(T value, std::memory_order = std::memory_order_seq_cst) noexcept {
        schedule_point();
        return std::exchange(value_, value);
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order = std::memory_order_seq_cst,
                                 std::memory_order = std::memory_order_seq_cst) noexcept {
        schedule_point();
        if (value_ != expected) {
            expected = value_;
            return false;
        }
        value_ = desired;
        return true;
    }
    bool compare_exchange_weak(T& expected, T desired, std::memory_order = std::memory_order_seq_cst,
                               std::memory_order = std::memory_order_seq_cst) noexcept {
        return compare_exchange_strong(expected, desired);
    }
    T fetch_add(T by, std::memory_order = std::memory_order_seq_cst) noexcept {
        schedule_point();
        return std::exchange(value_, value_ + by);
    }
    T fetch_sub(T by, std::memory_order = std::memory_order_seq_cst) noexcept {
        schedule_point();
        return std::exchange(value_, value_ - by);
    }
    T fetch_or(T bits, std::memory_order = std::memory_order_seq_cst) noexcept {
        schedule_point();
        return std::exchange(value_, value_ | bits);
    }
    T fetch_and(T bits, std::memory_order = std::memory_order_seq_cst) noexcept {
        schedule_point();
        return std::exchange(value_, value_ & bits);
    }

private:
    T value_{};
};

// What storage/map/slab_pool.hpp asks of std::atomic_ref.
template <class T>
class scheduled_atomic_ref {
public:
    explicit scheduled_atomic_ref(T& value) noexcept : value_(value) {}
    T load(std::memory_order = std::memory_order_seq_cst) const noexcept {
        schedule_point();
        return value_;
    }
    T fetch_or(T bits, std::memory_order = std::memory_order_seq_cst) noexcept {
        schedule_point();
        return std::exchange(value_, value_ | bits);
    }
    T fetch_and(T bits, std::memory_order = std::memory_order_seq_cst) noexcept {
        schedule_point();
        return std::exchange(value_, value_ & bits);
    }

private:
    T& value_;
};

class scheduled_mutex {
public:
    void lock() {
        schedule_point();
        schedule_wait([this] { return !locked_; });
        locked_ = true;
    }
    bool try_lock() {
        schedule_point();
        return !std::exchange(locked_, true);
    }
    void unlock() noexcept { locked_ = false; }

private:
    bool locked_ = false;
};

} // namespace pawl::test

namespace pawl::storage {

template <class T>
using atomic = test::scheduled_atomic<T>;
template <class T>
using atomic_ref = test::scheduled_atomic_ref<T>;
using mutex = test::scheduled_mutex;

inline constexpr int lock_spins_max = 2; // each try is one more place to switch at

} // namespace pawl::storage
