#include "tests/soak/history/device.hpp"

#include <algorithm>
#include <utility>

namespace pawl::history {

namespace {

constexpr std::size_t sessions_max = 4, told_max = 12;
constexpr std::chrono::minutes access_age_max{20}; // well within an access token's hour

constexpr unsigned ok = 200, no_content = 204, unauthorized = 401;

std::string json_of(std::string_view name, std::string_view value) {
    return "{\"" + std::string(name) + "\":\"" + std::string(value) + "\"}";
}

unsigned sextet(char c) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const std::size_t at = digits.find(c);
    if (at == std::string_view::npos) {
        throw violation("a refresh token that is no base64url");
    }
    return static_cast<unsigned>(at);
}

} // namespace

place_in_chain place_of(std::string_view refresh_token) {
    constexpr std::size_t prefix = 4,
                          digits = 32; // of which 24 bytes: version, key id, family, generation, two of the MAC
    if (refresh_token.size() < prefix + digits || !refresh_token.starts_with("prt_")) {
        throw violation("no refresh token: \"" + std::string(refresh_token) + "\"");
    }
    std::array<unsigned char, 24> bytes{};
    for (std::size_t i = 0; i < digits / 4; ++i) {
        unsigned group = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            group = group << 6U | sextet(refresh_token[prefix + 4 * i + j]);
        }
        bytes.at(3 * i) = static_cast<unsigned char>(group >> 16U);
        bytes.at(3 * i + 1) = static_cast<unsigned char>(group >> 8U & 0xffU);
        bytes.at(3 * i + 2) = static_cast<unsigned char>(group & 0xffU);
    }
    place_in_chain out;
    std::copy_n(bytes.begin() + 2, out.family.size(), out.family.begin());
    for (std::size_t i = 18; i < 22; ++i) {
        out.generation = out.generation << 8U | bytes.at(i);
    }
    return out;
}

device::device(std::size_t number, std::uint64_t seed, const windows& w)
    : email_("device" + std::to_string(number) + "@example.com"), password_("correct horse battery"), random_(seed),
      windows_(w) {}

// While the clock is far ahead nothing can be found out of a session of before.
bool device::uncertain(const session& s) const {
    return (s.refresh_lost || s.maybe_dead || s.of_all) && !looks_expired(s);
}

bool device::uncertain() const {
    return !maybe_password_.empty() || std::ranges::any_of(sessions_, [&](const session& s) { return uncertain(s); });
}

bool device::access_good(const session& s) const {
    return s.access_leaps == asked_.leaps && asked_.at - s.rotated.asked.at < access_age_max;
}

bool device::looks_expired(const session& s) const {
    return asked_.clock == wall::far_ahead && !s.of_wrong_time;
}

std::vector<request> device::ask(step what, std::vector<request> requests) {
    step_ = what;
    return requests;
}

request device::refresh_of(const std::string& token) const {
    return {"POST", "/refresh", json_of("refresh_token", token), {}};
}

request device::login_with(const std::string& password) const {
    return {"POST", "/login", R"({"email":")" + email_ + R"(","password":")" + password + "\"}", {}};
}

std::vector<request> device::begin(bool closing, const instant& now) {
    asked_ = now;
    looking_ = closing && signed_up_ && !uncertain();
    if (!signed_up_) {
        if (closing && !maybe_signed_up_) {
            done_ = true; // it never came to be
        }
        maybe_signed_up_ = true;
        return ask(step::sign_up,
                   {{"POST", "/signup", R"({"email":")" + email_ + R"(","password":")" + password_ + "\"}", {}}});
    }
    if (uncertain()) {
        return settle();
    }
    return closing ? look_at_everything() : choose();
}

std::vector<request> device::settle() {
    if (!maybe_password_.empty()) {
        return ask(step::which_password, {login_with(maybe_password_), login_with(password_)});
    }
    const auto found = std::ranges::find_if(sessions_, [&](const session& s) { return uncertain(s); });
    chosen_ = static_cast<std::size_t>(found - sessions_.begin());
    if (found->never_replayed && !found->previous.empty() && random_() % 2 == 0) {
        return ask(step::replay, {refresh_of(found->previous)});
    }
    return ask(step::still_alive, {refresh_of(found->current)});
}

// After the last stop: its password, every session, every token of those that have ended.
std::vector<request> device::look_at_everything() {
    const std::size_t at = looked_at_;
    if (at == 0) { // one session more
        return ask(step::log_in, {login_with(password_)});
    }
    if (at <= sessions_.size()) {
        chosen_ = at - 1;
        return ask(step::refresh, {refresh_of(sessions_[chosen_].current)});
    }
    dead_chosen_ = at - 1 - sessions_.size();
    if (dead_chosen_ < ended_.size()) {
        return ask(step::dead_refresh, {refresh_of(ended_[dead_chosen_].refresh)});
    }
    done_ = true;
    return {};
}

// Sessions of before look expired. Their ends are as good as ever.
std::vector<request> device::choose_while_far_ahead() {
    const session& s = sessions_[chosen_];
    if (random_() % 4 == 0) {
        return ask(step::log_out, {{"POST", "/logout", json_of("refresh_token", s.current), {}}});
    }
    return ask(step::looks_expired, {refresh_of(s.current)});
}

std::vector<request> device::choose() {
    const auto percent = static_cast<double>(random_() >> 11U) * 0x1.0p-53 * 100;
    if (sessions_.empty() || (sessions_.size() < sessions_max && percent >= 98.5)) {
        return ask(step::log_in, {login_with(password_)});
    }
    chosen_ = random_() % sessions_.size();
    const session& s = sessions_[chosen_];
    if (looks_expired(s)) {
        return choose_while_far_ahead();
    }
    const bool access_good = this->access_good(s);
    const request log_out{"POST", "/logout", json_of("refresh_token", s.current), {}};
    const request log_out_all{"POST", "/logout/all", {}, s.access};
    if (!ended_.empty() && percent >= 95.5) {
        dead_chosen_ = random_() % ended_.size();
        const ended& dead = ended_[dead_chosen_];
        return percent < 97 ? ask(step::dead_refresh, {refresh_of(dead.refresh)})
                            : ask(step::dead_bearer, {{"GET", "/users/me", {}, dead.access}});
    }
    if (percent >= 94.5) {
        return ask(step::log_out, {log_out});
    }
    if (percent >= 93.5) {
        return ask(step::refresh_and_log_out, {refresh_of(s.current), log_out});
    }
    if (access_good && percent >= 93) {
        return ask(step::log_out_all, {log_out_all});
    }
    if (access_good && percent >= 92.5) {
        return ask(step::refresh_and_log_out_all, {refresh_of(s.current), log_out_all});
    }
    if (!s.stale.empty() && percent >= 92) {
        return ask(step::reuse, {refresh_of(s.stale)});
    }
    if (access_good && percent >= 91.8) {
        maybe_password_ = "passphrase " + std::to_string(random_() >> 4U);
        survivor_ = s.place.family;
        return ask(
            step::change_password,
            {{"POST", "/users/me/password",
              R"({"current_password":")" + password_ + R"(","new_password":")" + maybe_password_ + "\"}", s.access}});
    }
    if (access_good && percent >= 82) {
        sessions_[chosen_].maybe_confirmed = true;
        return ask(step::bearer, {{"GET", "/users/me", {}, s.access}});
    }
    if (!s.previous.empty() && percent >= 75) {
        return ask(step::replay, {refresh_of(s.previous)});
    }
    return ask(step::refresh, std::vector<request>(percent >= 62 ? 2 + random_() % 2 : 1, refresh_of(s.current)));
}

void device::finish(const std::vector<reply>& replies, const instant& now) {
    told_at_ = now;
    told_.push_back("step " + std::to_string(static_cast<int>(step_)) + " of session " + std::to_string(chosen_));
    for (const reply& r : replies) {
        told_.back() += ", " + (r.lost() ? "lost" : std::to_string(r.status)) + " " + r.refreshed;
    }
    if (told_.size() > told_max) {
        told_.pop_front();
    }
    const reply& first = replies.front();
    if (looking_ && !first.lost()) {
        ++looked_at_;
    }
    switch (step_) {
    case step::sign_up:
        return after_sign_up(first);
    case step::log_in:
        return after_log_in(first);
    case step::refresh:
        return after_refreshes(replies);
    case step::replay:
        return after_replay(first);
    case step::reuse:
        return after_end(first, unauthorized);
    case step::bearer:
        if (!first.lost() && first.status != ok) {
            wrong("a live session's access token", first);
        }
        return;
    case step::log_out:
        return after_end(first, no_content);
    case step::log_out_all:
        return after_end_of_all(first);
    case step::refresh_and_log_out:
    case step::refresh_and_log_out_all:
        return after_race_with_end(replies, step_ == step::refresh_and_log_out_all);
    case step::change_password:
        return after_password(first);
    case step::dead_refresh:
        return expect_refusal(first, "a refresh token of an ended session");
    case step::dead_bearer:
        return expect_refusal(first, "an access token of an ended session");
    case step::which_password:
        return after_which_password(replies);
    case step::still_alive:
        return after_still_alive(first);
    case step::looks_expired:
        return after_looks_expired(first);
    }
}

} // namespace pawl::history
