// Devices that keep histories of a server that is killed again and again: the fast half of tests/soak/histories, which
// starts and kills the server and tells this where it is.
//
//     histories_client SEED DEVICES CONNECTIONS REUSE_WINDOW LOST_RESPONSE_WINDOW
//
// The windows are in seconds. Standard input:
//     run PORT GOAL     load until the server is gone; `reached` is printed once GOAL replies were checked in all
//     until PORT GOAL   the same load until then, and what is under way is finished; the server goes on without any
//     finish PORT       everything is looked at once
//     gone              the server that is without load is about to end, or one ended that had none
//     ahead, far_ahead  the next server's wall clock is days ahead, or so far that sessions look expired
//     leapt             its wall clock leaps, as after a long outage
//     reset             it was set back to where it belongs
// Each is answered by `checked N LOST`, or `down N LOST` if the server went away. What can't be ends it: exit 1.
#include "tests/soak/history/device.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <memory>

namespace {

using namespace pawl::history;

class load {
public:
    load(std::uint64_t seed, std::size_t devices, std::size_t connections, const windows& w)
        : epoll_(::epoll_create1(EPOLL_CLOEXEC)), links_(connections) {
        std::seed_seq seeds{seed};
        std::mt19937_64 random(seeds);
        for (std::size_t i = 0; i < devices; ++i) {
            devices_.emplace_back(i, random(), w);
        }
        for (std::size_t i = 0; i < connections; ++i) {
            links_[i] = std::make_unique<link>();
            idle_.push_back(i);
        }
    }
    ~load() { ::close(epoll_); }
    load(const load&) = delete;
    load& operator=(const load&) = delete;

    void run(std::uint16_t port, std::uint64_t goal) { drive(port, goal, until::gone); }
    // False if the server went away.
    bool run_until(std::uint16_t port, std::uint64_t goal) { return drive(port, goal, until::goal); }
    bool finish(std::uint16_t port) { return drive(port, 0, until::looked); }
    // Between two of these.
    void server_ends() { service_.end(); }
    void clock_leaps(wall clock) {
        if (clock == wall::right && look().clock != wall::right) {
            for (device& d : devices_) {
                d.clock_was_set(look());
            }
        }
        service_.leapt(clock);
    }
    wall clock() const { return look().clock; }
    std::uint64_t checked() const { return checked_; }
    std::uint64_t lost() const { return lost_; }

private:
    struct link {
        connection wire;
        std::size_t device = 0, part = 0;
    };
    struct work { // of a device: its step under way
        std::vector<request> requests;
        std::vector<reply> replies;
        std::size_t missing = 0;
    };

    enum class until : std::uint8_t { gone, goal, looked };

    instant look() const { return service_.look(std::chrono::steady_clock::now()); }

    bool drive(std::uint16_t port, std::uint64_t goal, until end) {
        service_.begin(std::chrono::steady_clock::now());
        down_ = false;
        port_ = port;
        waiting_.clear();
        work_.assign(devices_.size(), {});
        for (const bool first : {true, false}) { // what is uncertain is asked before windows close
            for (std::size_t i = 0; i < devices_.size(); ++i) {
                if (devices_[i].uncertain() == first) {
                    waiting_.push_back(i);
                }
            }
        }
        bool told = false;
        do {
            if (end != until::goal || checked_ < goal) {
                start_steps(end == until::looked);
            }
            wait_for_replies();
            if (end == until::gone && !told && checked_ >= goal) {
                told = true;
                std::puts("reached");
                std::fflush(stdout);
            }
        } while (idle_.size() < links_.size() ||
                 (!down_ && !waiting_.empty() && (end != until::goal || checked_ < goal)));
        if (down_) {
            service_.end();
        }
        for (const auto& l : links_) {
            l->wire.close();
        }
        return !down_;
    }

    void start_steps(bool closing) {
        while (!down_ && !waiting_.empty() && idle_.size() >= requests_max) {
            const std::size_t which = waiting_.front();
            waiting_.pop_front();
            work& w = work_[which];
            w.requests = devices_[which].begin(closing, look());
            if (devices_[which].done()) {
                continue;
            }
            w.replies.assign(w.requests.size(), {});
            w.missing = w.requests.size();
            for (std::size_t part = 0; part < w.requests.size(); ++part) {
                send(which, part);
            }
        }
    }

    void send(std::size_t which, std::size_t part) {
        const std::size_t at = idle_.back();
        idle_.pop_back();
        link& l = *links_[at];
        l.device = which;
        l.part = part;
        bool fresh = false;
        if (!l.wire.send(port_, work_[which].requests[part], fresh)) {
            down_ = true;
            return answered(at, {});
        }
        if (fresh) {
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = at;
            ::epoll_ctl(epoll_, EPOLL_CTL_ADD, l.wire.descriptor(), &event);
        }
    }

    void wait_for_replies() {
        if (idle_.size() == links_.size()) {
            return;
        }
        constexpr int a_minute = 60'000;
        std::array<epoll_event, 64> events{};
        const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), a_minute);
        if (n == 0) {
            throw violation("no reply for a minute");
        }
        for (int i = 0; i < n; ++i) {
            const auto at = static_cast<std::size_t>(events.at(static_cast<std::size_t>(i)).data.u64);
            reply r;
            if (links_[at]->wire.receive(r)) {
                answered(at, std::move(r));
            }
        }
    }

    void answered(std::size_t at, reply r) {
        const link& l = *links_[at];
        const std::size_t which = l.device;
        work& w = work_[which];
        if (!r.lost()) {
            service_.replied(std::chrono::steady_clock::now());
        }
        ++(r.lost() ? lost_ : checked_);
        w.replies[l.part] = std::move(r);
        idle_.push_back(at);
        if (--w.missing == 0) {
            devices_[which].finish(w.replies, look());
            waiting_.push_back(which);
        }
    }

    static constexpr std::size_t requests_max = 3; // of one step

    int epoll_;
    std::vector<std::unique_ptr<link>> links_;
    std::vector<device> devices_;
    std::vector<work> work_;
    std::vector<std::size_t> idle_;
    std::deque<std::size_t> waiting_;
    service service_;
    std::uint64_t checked_ = 0, lost_ = 0;
    std::uint16_t port_ = 0;
    bool down_ = false;
};

// False if the server went away while it should not.
bool obey(load& work, const std::string& command) {
    if (command == "gone") {
        work.server_ends();
    } else if (command == "leapt") {
        work.clock_leaps(work.clock());
    } else if (command == "ahead" || command == "far_ahead") {
        work.clock_leaps(command == "ahead" ? wall::ahead : wall::far_ahead);
    } else if (command == "reset") {
        work.clock_leaps(wall::right);
    } else {
        std::uint16_t port = 0;
        std::uint64_t goal = 0;
        std::cin >> port;
        if (command == "finish") {
            return work.finish(port);
        }
        std::cin >> goal;
        if (command == "until") {
            return work.run_until(port, goal);
        }
        work.run(port, goal);
    }
    return true;
}

int serve(load& work) {
    std::string command;
    while (std::cin >> command) {
        const bool whole = obey(work, command);
        std::printf("%s %llu %llu\n", whole ? "checked" : "down", static_cast<unsigned long long>(work.checked()),
                    static_cast<unsigned long long>(work.lost()));
        std::fflush(stdout);
    }
    return 0;
}

} // namespace

int main(int count, char** arguments) {
    if (count != 6) {
        std::fputs("histories_client SEED DEVICES CONNECTIONS REUSE_WINDOW LOST_RESPONSE_WINDOW\n", stderr);
        return 2;
    }
    try {
        load work(std::stoull(arguments[1]), std::stoull(arguments[2]), std::stoull(arguments[3]),
                  {span(std::stod(arguments[4])), span(std::stod(arguments[5]))});
        return serve(work);
    } catch (const std::exception& why) {
        std::printf("WRONG %s\n", why.what());
        return 1;
    }
}
