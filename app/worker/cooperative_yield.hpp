// A thread that computes for long and, while it does, gives way to the others on its core
// (docs/decisions/0020-hashes-give-way.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>

namespace pawl::app {

// Belongs to the thread that made it. A nice thread has a right to its share, and takes it in one go: until the next
// tick of the kernel's clock, 4 ms with 250 a second, in which nobody else on that core is looked at again. Here a
// timer's signal has the thread yield at the end of each turn, so that the share comes in many small parts.
class cooperative_yield {
public:
    static constexpr std::chrono::milliseconds turn{1};

    // Where the system has no timer for it, the thread goes on as any other.
    cooperative_yield() noexcept;
    ~cooperative_yield();
    cooperative_yield(const cooperative_yield&) = delete;
    cooperative_yield& operator=(const cooperative_yield&) = delete;

    // While one of these lives. Nothing is armed otherwise: a thread that waits is not woken.
    class scope {
    public:
        explicit scope(cooperative_yield& owner) noexcept;
        ~scope();
        scope(const scope&) = delete;
        scope& operator=(const scope&) = delete;

    private:
        cooperative_yield& owner_;
    };

    // Whether the thread is being made to yield. Its own thread.
    bool armed() const noexcept { return armed_; }
    // How often the calling thread has yielded.
    static std::uint64_t times() noexcept;

private:
    void set(std::chrono::nanoseconds period) noexcept;

    timer_t timer_{};
    bool has_timer_ = false, armed_ = false;
};

} // namespace pawl::app
