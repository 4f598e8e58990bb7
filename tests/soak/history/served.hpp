// Time served, as a client can know it: what a server surely served, and what can have passed at most.
//
// The client is told of every start and stop. Between them it counts as served, from the first request to the last
// reply; what passes on its own clock is never less than what was served. The wall clock of the server is moved by the
// one who starts it, so it is of no account here.
#pragma once

#include <chrono>
#include <cstdint>

namespace pawl::history {

using moment = std::chrono::steady_clock::time_point;
using span = std::chrono::duration<double>;

// --reuse-window and --lost-response-window of the server. A crash of a quiet server may hide a quarter of the second.
struct windows {
    span reuse{60}, lost_response{600};
};

// What the server's wall clock is at: where it belongs, days ahead, or so far ahead that sessions look expired.
enum class wall : std::uint8_t { right, ahead, far_ahead };

// A look at all of it.
struct instant {
    moment at;
    span served{0};     // surely, since the first start
    unsigned stops = 0; // of the server, crashes and others
    unsigned leaps = 0; // of its wall clock: access tokens of before may have expired
    wall clock = wall::right;
};

// The server's side of the story, kept by the load.
class service {
public:
    void begin(moment now) { up_ = true, began_ = last_ = now; }
    void replied(moment now) { last_ = now; }
    // It is gone, or about to be: served until its last reply.
    void end() {
        served_ += up_ ? last_ - began_ : span(0);
        up_ = false;
        ++stops_;
    }
    void leapt(wall clock) { clock_ = clock, ++leaps_; }

    instant look(moment now) const { return {now, served_ + (up_ ? now - began_ : span(0)), stops_, leaps_, clock_}; }

private:
    moment began_, last_;
    span served_{0};
    unsigned stops_ = 0, leaps_ = 0;
    wall clock_ = wall::right;
    bool up_ = false;
};

// When a rotation was: not before `asked`, and over by `told`.
struct rotation {
    instant asked, told;

    // How old it is at most in a reply that came at `now`, and at least in a request that is sent at `now`.
    span at_most(const instant& now) const { return now.at - asked.at; }
    span at_least(const instant& now, const windows& w) const {
        constexpr span cut_seconds{2.5}; // ages are cut to whole seconds, and so are their ends
        constexpr span late{1};          // of a COMMIT on a busy machine
        return now.served - told.served - cut_seconds - (now.stops - asked.stops) * (w.lost_response / 4 + late);
    }
};

} // namespace pawl::history
