// What the answers are worth: device.hpp's oracle.
#include "tests/soak/history/device.hpp"

#include <algorithm>
#include <utility>

namespace pawl::history {

namespace {

constexpr std::size_t ended_max = 12;
constexpr unsigned replays_max = 6; // of a generation that is not confirmed: one less than the server's

constexpr unsigned ok = 200, created = 201, no_content = 204, unauthorized = 401, conflict = 409;

// Over, and no word of reuse: revoked, expired, or swept since.
bool is_over(const reply& r) {
    return r.member("code") == "session_revoked" || r.member("code") == "session_expired";
}

} // namespace

void device::after_sign_up(const reply& r) {
    if (r.lost()) {
        return;
    }
    if (r.status != created && r.status != conflict) { // of its own, before the server went away
        wrong("a sign-up", r);
    }
    signed_up_ = true;
}

void device::after_log_in(const reply& r) {
    if (r.lost()) {
        return;
    }
    if (r.status != ok) {
        wrong("lost a user or a password", r);
    }
    add_session(r);
}

void device::after_refreshes(const std::vector<reply>& replies) {
    session& s = sessions_[chosen_];
    const reply* told = nullptr;
    std::size_t rotated = 0, answered = 0;
    for (const reply& r : replies) {
        if (r.lost()) {
            continue;
        }
        ++answered;
        if (r.status != ok || (r.refreshed != "rotated" && r.refreshed != "replayed")) {
            wrong("a refresh", r);
        }
        if (r.refreshed == "rotated") {
            ++rotated;
        }
        if (told != nullptr && r.member("refresh_token") != told->member("refresh_token")) {
            wrong("two successors of one token", r);
        }
        told = &r;
    }
    if (rotated > 1 || (answered == replies.size() && rotated != 1)) {
        wrong(std::to_string(rotated) + " rotations of one token", *told);
    }
    if (told == nullptr) {
        lose_refresh(s);
        return;
    }
    advance(s, *told);
    s.replays = static_cast<unsigned>(replies.size()) - 1;
}

void device::lose_refresh(session& s) {
    s.refresh_lost = true;
    s.lost_since = s.lost_since ? s.lost_since : asked_;
    ++s.replays;
}

void device::after_replay(const reply& r) {
    session& s = sessions_[chosen_];
    ++s.replays;
    if (r.lost()) {
        s.maybe_dead = s.maybe_dead || s.rotated.at_most(told_at_) > windows_.reuse; // it may have been reuse
        return;
    }
    if (r.status == ok && r.member("refresh_token") != s.current) {
        wrong("another successor in a replay", r);
    }
    if (s.maybe_dead && r.status == unauthorized && is_over(r)) {
        return bury(chosen_);
    }
    judge_predecessor(r, s.rotated, !s.maybe_confirmed && s.replays <= replays_max);
    if (r.status != ok) {
        bury(chosen_);
    }
}

// Of a generation that was rotated: replayed within the window, reuse after it.
void device::judge_predecessor(const reply& r, const rotation& to, bool unconfirmed) {
    const bool replayed = r.status == ok && r.refreshed == "replayed";
    if (!replayed && (r.status != unauthorized || r.member("code") != "refresh_token_reused")) {
        wrong("a predecessor", r);
    }
    const session& s = sessions_[chosen_];
    const std::string ages = " (" + std::to_string(to.at_least(asked_, windows_).count()) + " to " +
                             std::to_string(to.at_most(told_at_).count()) + " s)";
    if (replayed && (s.never_replayed || to.at_least(asked_, windows_) > windows_.lost_response)) {
        wrong("a predecessor is replayed after the window" + ages, r);
    }
    if (!replayed && !s.maybe_shut && to.at_most(told_at_) <= (unconfirmed ? windows_.lost_response : windows_.reuse)) {
        wrong("a predecessor is called reuse within the window" + ages, r);
    }
}

void device::after_end(const reply& r, unsigned expected) {
    if (r.lost()) {
        sessions_[chosen_].maybe_dead = true;
        return;
    }
    if (r.status != expected || (expected == unauthorized && r.member("code") != "refresh_token_reused")) {
        wrong("what ends a session", r);
    }
    bury(chosen_);
}

void device::after_end_of_all(const reply& r) {
    if (r.lost()) {
        all_ended_.reset();
        for (session& s : sessions_) {
            s.of_all = true;
        }
        return;
    }
    if (r.status != no_content) {
        wrong("a logout of all", r);
    }
    bury_all_but(std::nullopt);
}

// A refresh and the end of its session at once: either may come first; after both nothing works.
void device::after_race_with_end(const std::vector<reply>& replies, bool of_all) {
    const reply& refreshed = replies[0];
    const reply& end = replies[1];
    session& s = sessions_[chosen_];
    if (refreshed.lost()) {
        lose_refresh(s);
    } else if (refreshed.status == ok) {
        if (refreshed.refreshed != "rotated") {
            wrong("a refresh beside a logout", refreshed);
        }
        advance(s, refreshed);
    } else if (refreshed.status != unauthorized || refreshed.member("code") != "session_revoked") {
        wrong("a refresh beside a logout", refreshed);
    }
    const bool seen_dead = refreshed.status == unauthorized;
    if (!of_all) {
        after_end(end, no_content);
        if (end.lost() && seen_dead) {
            bury(chosen_);
        }
        return;
    }
    after_end_of_all(end);
    if (end.lost() && seen_dead) {
        settle_all(true);
    }
}

void device::after_password(const reply& r) {
    if (r.lost()) {
        return; // settled by which of the two it takes
    }
    if (r.status != no_content) {
        wrong("a password change", r);
    }
    password_ = std::exchange(maybe_password_, {});
    bury_all_but(chosen_);
}

void device::after_which_password(const std::vector<reply>& replies) {
    const reply& with_new = replies[0];
    const reply& with_old = replies[1];
    for (const reply& r : replies) {
        if (!r.lost() && r.status != ok && r.status != unauthorized) {
            wrong("a login", r);
        }
    }
    if (with_new.lost() || with_old.lost()) {
        return; // asked again
    }
    if (with_new.status == with_old.status) {
        wrong("after a password change in flight: new and old both", with_new);
    }
    const bool changed = with_new.status == ok;
    if (changed) {
        password_ = maybe_password_;
        const auto found =
            std::ranges::find_if(sessions_, [&](const session& s) { return s.place.family == survivor_; });
        bury_all_but(static_cast<std::size_t>(found - sessions_.begin()));
    }
    maybe_password_.clear();
    add_session(changed ? with_new : with_old);
}

void device::after_still_alive(const reply& r) {
    session& s = sessions_[chosen_];
    if (r.lost()) {
        lose_refresh(s);
        return;
    }
    const bool may_be_next = s.refresh_lost; // its token may be a predecessor by now
    const rotation to{s.lost_since.value_or(asked_), told_at_};
    if (r.status == ok) {
        if (s.of_all && all_ended_ == true) {
            wrong("one of all sessions that were logged out lives", r);
        }
        if (r.refreshed != "rotated" && !(may_be_next && r.refreshed == "replayed")) {
            wrong("its token after the server came back", r);
        }
        s.refresh_lost = s.maybe_dead = false;
        const bool replayed = r.refreshed == "replayed"; // of a rotation whose time is not known
        const unsigned replays = replayed ? s.replays + 1 : 0;
        advance(s, r);
        s.replays = replays;
        s.surely_of_wrong_time = s.surely_of_wrong_time && !replayed;
        if (std::exchange(s.of_all, false)) {
            settle_all(false);
        }
        return;
    }
    if (may_be_next && r.member("code") == "refresh_token_reused") {
        if (!s.maybe_dead) {
            judge_predecessor(r, to, s.replays <= replays_max);
        }
        return bury(chosen_);
    }
    const bool may_be = s.maybe_dead || (s.of_all && all_ended_ != false);
    if (!may_be || r.status != unauthorized || !is_over(r)) {
        wrong("its token after the server came back", r);
    }
    if (s.of_all && !s.maybe_dead) {
        settle_all(true);
    } else {
        bury(chosen_);
    }
}

// Sessions of the wrong time may be dead, and what was rotated so shortly before the time it is now that its window
// would open again.
void device::clock_was_set(const instant& now) {
    constexpr span a_little{8};
    for (session& s : sessions_) {
        const bool just_now = now.at - s.rotated.told.at < windows_.lost_response + a_little;
        s.maybe_shut = s.maybe_shut || s.of_wrong_time || s.refresh_lost || just_now;
        s.maybe_dead = s.maybe_dead || s.maybe_shut || now.clock == wall::far_ahead;
        s.never_replayed = s.surely_of_wrong_time && !s.refresh_lost;
        s.of_wrong_time = s.surely_of_wrong_time = false;
    }
}

void device::after_looks_expired(const reply& r) {
    if (r.lost()) {
        return;
    }
    if (sessions_[chosen_].maybe_dead && r.status == unauthorized && r.member("code") == "session_revoked") {
        return bury(chosen_);
    }
    if (r.status != unauthorized || r.member("code") != "session_expired") {
        wrong("a session while the clock is far ahead", r);
    }
}

void device::expect_refusal(const reply& r, const char* what) {
    if (!r.lost() && r.status != unauthorized) {
        wrong(what, r);
    }
}

void device::add_session(const reply& r) {
    session s;
    s.current = r.member("refresh_token");
    s.access = r.member("access_token");
    s.access_leaps = asked_.leaps;
    s.place = place_of(s.current);
    s.rotated = {asked_, told_at_};
    s.of_wrong_time = asked_.clock != wall::right;
    if (s.place.generation != 0 || s.access.empty()) {
        wrong("a login's tokens", r);
    }
    sessions_.push_back(std::move(s));
}

void device::advance(session& s, const reply& r) {
    const std::string_view token = r.member("refresh_token");
    const place_in_chain next = place_of(token);
    if (next.family != s.place.family || next.generation != s.place.generation + 1) {
        wrong("generation " + std::to_string(next.generation) + " follows " + std::to_string(s.place.generation) +
                  (next.family == s.place.family ? "" : ", of another family"),
              r);
    }
    s.stale = std::exchange(s.previous, std::exchange(s.current, std::string(token)));
    s.access = r.member("access_token");
    s.access_leaps = asked_.leaps;
    s.place = next;
    s.rotated = {s.lost_since.value_or(asked_), told_at_};
    s.surely_of_wrong_time = asked_.clock != wall::right;
    s.of_wrong_time = s.of_wrong_time || s.surely_of_wrong_time;
    s.lost_since.reset();
    s.replays = 0;
    s.refresh_lost = s.maybe_confirmed = s.never_replayed = s.maybe_shut = false;
}

void device::bury(std::size_t index) {
    ended_.push_back({sessions_[index].current, sessions_[index].access});
    if (ended_.size() > ended_max) {
        ended_.pop_front();
    }
    sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(index));
}

void device::bury_all_but(std::optional<std::size_t> survivor) {
    for (std::size_t i = sessions_.size(); i-- > 0;) {
        if (i != survivor) {
            bury(i);
        }
    }
}

// What became of a change of all sessions that was in flight. One that lives shows that it did not happen.
void device::settle_all(bool happened) {
    all_ended_ = happened;
    for (std::size_t i = sessions_.size(); i-- > 0;) {
        if (happened && sessions_[i].of_all) {
            bury(i);
        }
    }
}

void device::wrong(const std::string& what, const reply& r) const {
    std::string line = email_ + ": " + what + ": " + std::to_string(r.status) + " " + r.refreshed + " " + r.body;
    for (const std::string& before : told_) {
        line += "\n  " + before;
    }
    throw violation(line);
}

} // namespace pawl::history
