// Runs requests in every order in which their steps can fall (up to a number of forced switches), one order after the
// other, the same every time. Each request is a thread, but only one has the turn; it gives it away at point() and
// where it waits for the disk. The disk is one more party, whose one step makes everything enqueued durable.
#pragma once

#include "tests/support/choice_walk.hpp"
#include "tests/support/memory_store.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pawl::test {

class interleaver {
public:
    // `switches_max`: how often a party that could go on is made to wait.
    interleaver(memory_store& data, choice_walk& walk, unsigned switches_max)
        : data_(data), walk_(walk), switches_left_(switches_max) {}

    // A point where another party may get the turn. Called by the party that has it.
    void point() { hand_over(false); }
    // The party that has the turn has nothing to do until `ready` is durable.
    void wait_for(ticket ready) {
        parties_[turn_].waits_for = ready;
        hand_over(false);
    }
    // Runs all to their end. Rethrows what one threw.
    void run(const std::vector<std::function<void()>>& requests) {
        parties_.resize(requests.size());
        std::vector<std::thread> threads;
        threads.reserve(requests.size());
        for (std::size_t i = 0; i < requests.size(); ++i) {
            threads.emplace_back([this, i, &request = requests[i]] { live(i, request); });
        }
        {
            const std::lock_guard lock(mutex_);
            started_ = true;
            choose_next(true);
            parties_[turn_].woken.notify_one();
        }
        for (std::thread& t : threads) {
            t.join();
        }
        if (thrown_) {
            std::rethrow_exception(thrown_);
        }
    }

private:
    struct party {
        ticket waits_for = ticket::none;
        bool done = false;
        std::condition_variable woken;
    };

    void live(std::size_t self, const std::function<void()>& request) {
        std::unique_lock lock(mutex_);
        parties_[self].woken.wait(lock, [&] { return started_ && turn_ == self; });
        lock.unlock();
        try {
            request();
        } catch (...) {
            thrown_ = std::current_exception();
        }
        parties_[self].done = true;
        hand_over(true);
    }

    bool can_go_on(const party& p) const { return !p.done && data_.is_durable(p.waits_for); }

    // Sets turn_ to the party that goes on; the disk may work before that. No party is left: turn_ stays.
    void choose_next(bool free) {
        for (;;) {
            std::vector<std::size_t> open; // parties by number; the disk is parties_.size()
            if (can_go_on(parties_[turn_])) {
                open.push_back(turn_);
            } else {
                free = true;
            }
            if (free || switches_left_ > 0) {
                for (std::size_t i = 0; i < parties_.size(); ++i) {
                    if (i != turn_ && can_go_on(parties_[i])) {
                        open.push_back(i);
                    }
                }
            }
            if (free && data_.pending() > 0) { // while somebody could go on, the slowest disk tests most
                open.push_back(parties_.size());
            }
            if (open.empty()) {
                return;
            }
            const std::size_t chosen = open.size() == 1 ? open[0] : open[walk_.choose(open.size())];
            if (!free && chosen != turn_) {
                --switches_left_;
            }
            if (chosen < parties_.size()) {
                turn_ = chosen;
                return;
            }
            data_.make_durable();
            free = true; // no matter which goes on now, no party was held up once more
        }
    }

    void hand_over(bool leaving) {
        const std::size_t self = turn_;
        std::unique_lock lock(mutex_);
        choose_next(leaving);
        if (turn_ == self) {
            return;
        }
        parties_[turn_].woken.notify_one();
        if (!leaving) {
            parties_[self].woken.wait(lock, [&] { return turn_ == self; });
        }
    }

    memory_store& data_;
    choice_walk& walk_;
    unsigned switches_left_;
    std::deque<party> parties_;
    std::mutex mutex_;
    std::size_t turn_ = 0;
    bool started_ = false;
    std::exception_ptr thrown_;
};

} // namespace pawl::test
