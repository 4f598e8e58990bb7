#include "tests/schedules/scheduler.hpp"

#include <sched.h>

#include <array>

namespace pawl::test {

namespace {

struct whose_turn {
    scheduler* of = nullptr;
    std::size_t number = parties_max;
};
thread_local whose_turn here;

// For this thread and those it begins: only one of them has the turn, and a core that idles is slow to be woken.
void stay_on_this_core() {
    const int core = ::sched_getcpu();
    if (core >= 0 && core < CPU_SETSIZE) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<std::size_t>(core), &one);
        static_cast<void>(::sched_setaffinity(0, sizeof one, &one)); // where it is refused: on all, as before
    }
}

// While it lives, no point gives the turn away: what is asked for by the scheduler itself.
class quiet_time {
public:
    explicit quiet_time(bool& quiet) : quiet_(quiet), before_(quiet) { quiet = true; }
    ~quiet_time() { quiet_ = before_; }
    quiet_time(const quiet_time&) = delete;
    quiet_time& operator=(const quiet_time&) = delete;

private:
    bool& quiet_;
    const bool before_;
};

} // namespace

std::size_t this_party() noexcept {
    return here.number;
}

void schedule_point() noexcept {
    if (here.of != nullptr) {
        here.of->point();
    }
}

void schedule_wait(const std::function<bool()>& ready) {
    if (here.of == nullptr) {
        return;
    }
    scheduler& s = *here.of;
    scheduler::party& self = s.parties_[here.number];
    const auto is_ready = [&] {
        const quiet_time quiet(s.quiet_);
        return ready();
    };
    if (is_ready()) {
        return;
    }
    self.waits_for = &ready;
    s.hand_over(self);
    self.waits_for = nullptr;
    if (!is_ready()) {
        throw never_ready();
    }
}

scheduler::scheduler(unsigned preemptions_max) : preemptions_max_(preemptions_max) {
    for (std::size_t i = 0; i < parties_max; ++i) {
        party& p = parties_.emplace_back();
        p.number = i;
    }
    stay_on_this_core();
    for (party& p : parties_) {
        p.thread = std::thread([this, &p] { live(p); });
    }
}

scheduler::~scheduler() {
    over_ = true;
    for (party& p : parties_) {
        p.turn.give();
        p.thread.join();
    }
}

void scheduler::live(party& self) {
    here = {this, self.number};
    for (;;) {
        self.turn.await();
        if (over_) {
            return;
        }
        try {
            (*self.work)();
        } catch (...) {
            if (!thrown_) {
                thrown_ = std::current_exception();
            }
        }
        self.done = true;
        party* const to = next(self, true);
        (to == nullptr ? finished_ : to->turn).give();
    }
}

void scheduler::run(choice_walk& walk, const std::vector<std::function<void()>>& work) {
    walk_ = &walk;
    count_ = work.size();
    preemptions_left_ = preemptions_max_;
    now_ = 0;
    stuck_ = false;
    thrown_ = nullptr;
    for (std::size_t i = 0; i < count_; ++i) {
        parties_[i].done = false;
        parties_[i].work = &work[i];
        parties_[i].waits_for = nullptr;
    }
    next(parties_[0], true)->turn.give();
    finished_.await();
    if (thrown_) {
        std::rethrow_exception(thrown_);
    }
}

void scheduler::point() noexcept {
    ++now_;
    if (!quiet_ && !stuck_ && preemptions_left_ > 0) {
        hand_over(parties_[here.number]);
    }
}

scheduler::party* scheduler::next(const party& last, bool leaves) {
    const quiet_time quiet(quiet_);
    for (;;) {
        std::array<party*, parties_max> open{};
        std::size_t count = 0;
        const bool goes_on = !leaves && can_go_on(last);
        if (goes_on) {
            open[count++] = &parties_[last.number];
        }
        if (!goes_on || preemptions_left_ > 0) {
            for (std::size_t i = 0; i < count_; ++i) {
                if (!(goes_on && i == last.number) && can_go_on(parties_[i])) {
                    open[count++] = &parties_[i];
                }
            }
        }
        if (count > 0) {
            party* const chosen = count == 1 ? open[0] : open[walk_->choose(count)];
            preemptions_left_ -= goes_on && chosen != open[0] ? 1U : 0U;
            return chosen;
        }
        if (!help || !help()) {
            break;
        }
    }
    stuck_ = true;
    for (std::size_t i = 0; i < count_; ++i) {
        if (!parties_[i].done) {
            return &parties_[i];
        }
    }
    return nullptr;
}

void scheduler::hand_over(party& self) {
    party* const to = next(self, false);
    if (to != &self) {
        to->turn.give();
        self.turn.await();
    }
}

} // namespace pawl::test
