// One user and up to a handful of sessions: what is asked of the server next, and whether its answers can be true.
//
// The oracle. A session is one chain: every rotation leads from generation g to g + 1 of the same family; all who
// present g's token get the same successor, byte for byte, and one of them at most was told that it rotated. Whatever
// ended a session (logout, all sessions', a changed password, reuse) was acknowledged before any token of it is
// presented again: it is refused for ever. No user and no password is lost. What was in flight when a connection ended
// may have happened or not, once and for good, and for all sessions of one change alike.
//
// A predecessor is replayed within the windows and is reuse after them, in time served (served.hpp), over any number of
// outages and wherever the wall clock went meanwhile. A clock that was set back may end what was made or rotated since
// it was wrong, and nothing else; it gives no window to a rotation of that time, and no session that ended comes back.
#pragma once

#include "tests/soak/history/http.hpp"
#include "tests/soak/history/served.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::history {

// What can't be: the whole run ends with it.
struct violation : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A refresh token's place in its chain.
struct place_in_chain {
    std::array<unsigned char, 16> family{};
    std::uint32_t generation = 0;
};
place_in_chain place_of(std::string_view refresh_token);

class device {
public:
    device(std::size_t number, std::uint64_t seed, const windows& w);

    // One step: requests to send at the same time, one or several. Then finish() with as many replies, in their order.
    // `closing`: what is uncertain is found out, then everything there is is looked at once; done() says when that is
    // over.
    std::vector<request> begin(bool closing, const instant& now);
    void finish(const std::vector<reply>& replies, const instant& now);
    // The clock was wrong and has been set back: said before the first request after it.
    void clock_was_set(const instant& now);

    bool uncertain() const;
    bool done() const { return done_; }
    std::size_t sessions() const { return sessions_.size(); }

private:
    enum class step : std::uint8_t {
        sign_up,
        log_in,
        refresh, // one or several at once
        replay,
        reuse,
        bearer,
        log_out,
        log_out_all,
        refresh_and_log_out,
        refresh_and_log_out_all,
        change_password,
        dead_refresh,
        dead_bearer,
        which_password,
        still_alive,  // of a session that may be dead, or whose refresh was lost
        looks_expired // of one that a wrong clock makes look so
    };
    struct session {
        std::string current, previous, stale; // refresh tokens of g, g - 1, g - 2
        std::string access;
        unsigned access_leaps = 0; // of the wall clock, when it was given
        place_in_chain place;
        rotation rotated;                                              // to `current`
        std::optional<instant> lost_since;                             // the first refresh that was lost was sent then
        unsigned replays = 0;                                          // of `previous`, asked for
        bool maybe_confirmed = false;                                  // its access token was shown
        bool refresh_lost = false, maybe_dead = false, of_all = false; // of_all: dead if the change of all happened
        bool of_wrong_time = false;        // made while the clock was wrong, or rotated, as far as is known
        bool surely_of_wrong_time = false; // its last rotation
        bool never_replayed = false;       // ... and the clock has been set back since
        bool maybe_shut = false;           // the reset may have shut its windows
    };
    struct ended {
        std::string refresh, access;
    };

    std::vector<request> choose();
    std::vector<request> choose_while_far_ahead();
    std::vector<request> settle();
    std::vector<request> look_at_everything();
    std::vector<request> ask(step what, std::vector<request> requests);
    bool access_good(const session& s) const;
    bool looks_expired(const session& s) const;
    bool uncertain(const session& s) const;
    request refresh_of(const std::string& token) const;
    request login_with(const std::string& password) const;

    void after_sign_up(const reply& r);
    void after_log_in(const reply& r);
    void after_refreshes(const std::vector<reply>& replies);
    void lose_refresh(session& s);
    void after_replay(const reply& r);
    void judge_predecessor(const reply& r, const rotation& to, bool unconfirmed);
    void after_end(const reply& r, unsigned expected);
    void after_end_of_all(const reply& r);
    void after_race_with_end(const std::vector<reply>& replies, bool of_all);
    void after_password(const reply& r);
    void after_which_password(const std::vector<reply>& replies);
    void after_still_alive(const reply& r);
    void after_looks_expired(const reply& r);
    void expect_refusal(const reply& r, const char* what);

    void add_session(const reply& r);
    void advance(session& s, const reply& r);
    void bury(std::size_t index);
    void bury_all_but(std::optional<std::size_t> survivor);
    void settle_all(bool happened);
    [[noreturn]] void wrong(const std::string& what, const reply& r) const;

    std::string email_, password_, maybe_password_;
    std::mt19937_64 random_;
    bool signed_up_ = false, maybe_signed_up_ = false;
    std::vector<session> sessions_;
    std::deque<ended> ended_;
    std::optional<bool> all_ended_; // of the change of all that was in flight: known once one session has shown it
    std::array<unsigned char, 16> survivor_{};
    step step_ = step::sign_up;
    std::size_t chosen_ = 0, dead_chosen_ = 0;
    const windows windows_;
    instant asked_, told_at_; // the step under way, or the last
    std::size_t looked_at_ = 0;
    bool looking_ = false, done_ = false;
    std::deque<std::string> told_; // the last steps and their answers, for the report
};

} // namespace pawl::history
