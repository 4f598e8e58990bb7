// Devices that keep histories of a server that is killed again and again: the fast half of tests/soak/histories, which
// starts and kills the server and tells this where it is.
//
//     histories_client SEED DEVICES CONNECTIONS
//
// Standard input: `run PORT GOAL`: load until the server is gone; `reached` is printed once GOAL replies were checked
// in all. `finish PORT`: everything is looked at once. Both end with `checked N LOST`. What can't be ends it: exit 1.
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
    load(std::uint64_t seed, std::size_t devices, std::size_t connections)
        : epoll_(::epoll_create1(EPOLL_CLOEXEC)), links_(connections) {
        std::seed_seq seeds{seed};
        std::mt19937_64 random(seeds);
        for (std::size_t i = 0; i < devices; ++i) {
            devices_.emplace_back(i, random());
        }
        for (std::size_t i = 0; i < connections; ++i) {
            links_[i] = std::make_unique<link>();
            idle_.push_back(i);
        }
    }
    ~load() { ::close(epoll_); }
    load(const load&) = delete;
    load& operator=(const load&) = delete;

    void run(std::uint16_t port, std::uint64_t goal) { drive(port, goal, false); }
    // False where the server went away.
    bool finish(std::uint16_t port) { return drive(port, 0, true); }
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

    bool drive(std::uint16_t port, std::uint64_t goal, bool closing) {
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
            start_steps(closing);
            wait_for_replies();
            if (!told && goal > 0 && checked_ >= goal) {
                told = true;
                std::puts("reached");
                std::fflush(stdout);
            }
        } while (idle_.size() < links_.size() || (!down_ && !waiting_.empty()));
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
            w.requests = devices_[which].begin(closing, std::chrono::steady_clock::now());
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
        ++(r.lost() ? lost_ : checked_);
        w.replies[l.part] = std::move(r);
        idle_.push_back(at);
        if (--w.missing == 0) {
            devices_[which].finish(w.replies);
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
    std::uint64_t checked_ = 0, lost_ = 0;
    std::uint16_t port_ = 0;
    bool down_ = false;
};

int serve(load& work) {
    std::string command;
    unsigned port = 0;
    while (std::cin >> command >> port) {
        const auto at = static_cast<std::uint16_t>(port);
        bool whole = true;
        if (command == "run") {
            std::uint64_t goal = 0;
            std::cin >> goal;
            work.run(at, goal);
        } else {
            whole = work.finish(at);
        }
        std::printf("%s %llu %llu\n", whole ? "checked" : "down", static_cast<unsigned long long>(work.checked()),
                    static_cast<unsigned long long>(work.lost()));
        std::fflush(stdout);
    }
    return 0;
}

} // namespace

int main(int count, char** arguments) {
    if (count != 4) {
        std::fputs("histories_client SEED DEVICES CONNECTIONS\n", stderr);
        return 2;
    }
    try {
        load work(std::stoull(arguments[1]), std::stoull(arguments[2]), std::stoull(arguments[3]));
        return serve(work);
    } catch (const std::exception& why) {
        std::printf("WRONG %s\n", why.what());
        return 1;
    }
}
