// Runs parties in every order in which their operations on shared memory can fall, up to a number of pre-emptions: one
// schedule after the other, the same every time. Each party is a thread, but only one has the turn. It may lose it at
// every schedule_point() while there are pre-emptions left, and gives it away where it waits or ends.
#pragma once

#include "tests/support/choice_walk.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pawl::test {

// Called by what the parties run; elsewhere nothing happens.
void schedule_point() noexcept;
// Gives the turn away until `ready()`. Throws never_ready where no thread can make it so.
void schedule_wait(const std::function<bool()>& ready);
// The number of the party that runs this; parties_max where none does.
std::size_t this_party() noexcept;

inline constexpr std::size_t parties_max = 4;

struct never_ready : std::exception {
    const char* what() const noexcept override { return "it waits for what never comes"; }
};

// Hands the turn from one thread to another (libstdc++ 12's semaphores can lose a wake-up).
class baton {
public:
    void give() {
        {
            const std::lock_guard lock(mutex_);
            given_ = true;
        }
        woken_.notify_one();
    }
    void await() {
        std::unique_lock lock(mutex_);
        woken_.wait(lock, [this] { return given_; });
        given_ = false;
    }

private:
    std::mutex mutex_;
    std::condition_variable woken_;
    bool given_ = false;
};

class scheduler {
public:
    // `preemptions_max`: how often, in one schedule, a party that could go on is made to wait.
    explicit scheduler(unsigned preemptions_max);
    ~scheduler();
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;

    // No thread can go on: `help` may do something about it and says whether it did.
    std::function<bool()> help;
    // One schedule, as `walk` says. Rethrows what a party threw.
    void run(choice_walk& walk, const std::vector<std::function<void()>>& work);
    // Points passed so far in this schedule: orders what happened.
    std::uint64_t now() const noexcept { return now_; }

private:
    friend void schedule_point() noexcept;
    friend void schedule_wait(const std::function<bool()>& ready);
    friend std::size_t this_party() noexcept;
    struct party {
        std::size_t number = 0;
        bool done = true;
        const std::function<void()>* work = nullptr;
        const std::function<bool()>* waits_for = nullptr;
        baton turn;
        std::thread thread;
    };

    void live(party& self);
    void point() noexcept;
    bool can_go_on(const party& p) const { return !p.done && (p.waits_for == nullptr || (*p.waits_for)()); }
    // Who goes on: `last` had the turn. Null: all are done.
    party* next(const party& last, bool leaves);
    void hand_over(party& self);

    const unsigned preemptions_max_;
    unsigned preemptions_left_ = 0;
    std::uint64_t now_ = 0;
    bool stuck_ = false; // no thread could go on: each ends in turn
    bool quiet_ = false; // no thread is asked for at points
    bool over_ = false;
    choice_walk* walk_ = nullptr;
    std::size_t count_ = 0;
    std::deque<party> parties_;
    baton finished_;
    std::exception_ptr thrown_;
};

} // namespace pawl::test
