#include "core/mail/queue.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace pawl {

void mail_queue::add(const mail& m) {
    const auto [at, fresh] = all_.try_emplace(m.id);
    if (!fresh) {
        return;
    }
    at->second.due = m.not_before;
    at->second.expires_at = m.expires_at;
    at->second.attempts = m.attempts;
    by_due_.emplace(at->second.due, m.id);
    by_expiry_.emplace(m.expires_at, m.id);
}

void mail_queue::erase(entries::iterator at) {
    by_due_.erase({at->second.due, at->first});
    by_expiry_.erase({at->second.expires_at, at->first});
    under_way_ -= at->second.under_way ? 1 : 0;
    all_.erase(at);
}

void mail_queue::remove(const mail_id& id) {
    if (const auto at = all_.find(id); at != all_.end()) {
        erase(at);
    }
}

bool mail_queue::hurry(const mail_id& id) {
    const auto at = all_.find(id);
    if (at == all_.end()) {
        return false;
    }
    if (!at->second.under_way && !at->second.hurried) {
        at->second.hurried = true;
        hurried_.push_back(id);
    }
    return true;
}

void mail_queue::set_due(entries::iterator at, timestamp_ms due) {
    at->second.due = due;
    by_due_.emplace(due, at->first);
    by_expiry_.emplace(at->second.expires_at, at->first);
}

std::size_t mail_queue::rate_left(timestamp_ms now) {
    // Also what lies in the future, by a clock that was set back.
    std::erase_if(begun_, [now](timestamp_ms t) { return t + mail_rate_window <= now || t > now; });
    return rate_ - std::min(rate_, begun_.size());
}

void mail_queue::begin(entries::iterator at, timestamp_ms now, turn& out) {
    by_due_.erase({at->second.due, at->first});
    by_expiry_.erase({at->second.expires_at, at->first});
    at->second.under_way = true;
    at->second.hurried = false;
    ++under_way_;
    begun_.push_back(now);
    out.send.push_back(at->first);
}

mail_queue::turn mail_queue::look(timestamp_ms now) {
    turn out;
    while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
        const mail_id id = by_expiry_.begin()->second;
        out.expired.push_back(id);
        erase(all_.find(id));
    }
    for (const mail_id& id : std::exchange(hurried_, {})) {
        if (const auto at = all_.find(id); at != all_.end() && !at->second.under_way) {
            begin(at, now, out);
        }
    }
    // A clock that was set back does not make a pause longer.
    paused_until_ = std::min(paused_until_, now + pause_);
    const bool paused = relay_failing() && now < paused_until_;
    const std::size_t at_once = relay_failing() ? 1 : mails_at_once;
    const std::size_t places = at_once - std::min(at_once, under_way_);
    std::size_t room = paused ? 0 : std::min(places, rate_left(now));
    for (; room > 0 && !by_due_.empty() && by_due_.begin()->first <= now; --room) {
        begin(all_.find(by_due_.begin()->second), now, out);
    }
    if (by_due_.empty()) {
        return out;
    }
    timestamp_ms next = by_due_.begin()->first;
    if (paused) {
        next = std::max(next, paused_until_);
    } else if (rate_left(now) == 0) {
        next = std::max<timestamp_ms>(next, begun_.front() + mail_rate_window);
    }
    // Where all places are taken the next settle() asks again.
    const bool full = under_way_ >= at_once && next <= now;
    out.next = std::min<timestamp_ms>(full ? timestamp_ms::max() : next, by_expiry_.begin()->first);
    return out;
}

void mail_queue::note_fault(timestamp_ms now) {
    if (relay_failing() && now < paused_until_) {
        return; // of one that was under way with others
    }
    pause_ = relay_failing() ? std::min(2 * pause_, relay_pause_max) : relay_pause_first;
    paused_until_ = now + pause_;
}

std::optional<mail_queue::settled> mail_queue::settle(const mail_id& id, relay_result outcome, timestamp_ms now) {
    if (outcome == relay_result::relay_fault) {
        note_fault(now);
    } else {
        pause_ = milliseconds(0);
    }
    const auto at = all_.find(id);
    if (at == all_.end() || !at->second.under_way) {
        return std::nullopt;
    }
    entry& e = at->second;
    settled out;
    out.attempts = e.attempts;
    out.not_before = to_seconds(now);
    e.under_way = false;
    --under_way_;
    switch (outcome) {
    case relay_result::relay_fault:
        set_due(at, e.due);
        return out;
    case relay_result::sent:
    case relay_result::refused:
        out.status = outcome == relay_result::sent ? mail_status::sent : mail_status::refused;
        e.attempts += e.attempts < std::numeric_limits<std::uint8_t>::max() ? 1 : 0;
        out.attempts = e.attempts;
        out.write = true;
        erase(at);
        return out;
    case relay_result::later:
        break;
    }
    e.attempts += e.attempts < std::numeric_limits<std::uint8_t>::max() ? 1 : 0;
    out.attempts = e.attempts;
    out.not_before = to_seconds(now) + mail_backoff(e.attempts);
    out.write = e.attempts == 1 || to_seconds(now) - e.written_at >= attempts_written_every;
    e.written_at = out.write ? to_seconds(now) : e.written_at;
    set_due(at, now + mail_backoff(e.attempts));
    return out;
}

} // namespace pawl
