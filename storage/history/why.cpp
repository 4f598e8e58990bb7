// "Why was I logged out?": from what a timeline holds to one sentence. Pure.
#include "storage/history/timeline.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace pawl::storage {
namespace {

// "2026-11-22 05:30:00 UTC"
std::string text_of(timestamp t) {
    const auto day = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(t - day);
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d UTC", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

std::string length_of(seconds s) {
    constexpr std::array<std::pair<std::int64_t, const char*>, 3> units{
        {{86400, "day"}, {3600, "hour"}, {60, "minute"}}};
    for (const auto& [size, name] : units) {
        if (s.count() >= size && s.count() % size == 0) {
            const std::int64_t n = s.count() / size;
            return std::to_string(n) + " " + name + (n == 1 ? "" : "s");
        }
    }
    return std::to_string(s.count()) + " seconds";
}

// " from 192.0.2.1 (curl/8.0)", as far as it is known. Agents are what clients say of themselves: the code that prints
// the sentence makes hidden code points visible.
std::string place(const peer_address& address, const std::string& agent) {
    const std::string from = to_text(address);
    std::string out = from.empty() ? "" : " from " + from;
    if (!agent.empty()) {
        out += " (" + agent + ")";
    }
    return out;
}

const timeline_moment* last_of(const timeline& t, moment_kind kind) {
    const auto found =
        std::find_if(t.moments.rbegin(), t.moments.rend(), [kind](const timeline_moment& m) { return m.kind == kind; });
    return found == t.moments.rend() ? nullptr : &*found;
}

timestamp end_of(const timeline& t) {
    if (const timeline_moment* const m = last_of(t, moment_kind::ended)) {
        return to_seconds(m->at);
    }
    return t.facts.created_at + seconds(t.ended_after);
}

std::string reuse_sentence(const timeline& t) {
    const timeline_moment* const m = last_of(t, moment_kind::reuse_found);
    if (m == nullptr || !m->evidence) {
        return "At " + text_of(end_of(t)) +
               " a refresh token came back that had been rotated away before, so the session was ended; who presented "
               "it is no longer in the log.";
    }
    const security_event& e = *m->evidence;
    return "At " + text_of(e.presented.at) + " the refresh token of generation " +
           std::to_string(e.generation_presented) + " came back" + place(e.presented.address, e.presented.agent) +
           " although generation " + std::to_string(e.generation_current) + " had taken its place at " +
           text_of(e.last.at) + place(e.last.address, e.last.agent) +
           ": two parties hold tokens of this session, so it was ended for both.";
}

std::string ahead_sentence(const timeline& t) {
    const timeline_moment* const m = last_of(t, moment_kind::ahead_found);
    std::string out = "At " + text_of(end_of(t)) + " a genuine refresh token ";
    if (m != nullptr && m->evidence) {
        out += "of generation " + std::to_string(m->evidence->generation_presented) + " came" +
               place(m->evidence->presented.address, m->evidence->presented.agent) + " while the store knew only " +
               std::to_string(m->evidence->generation_current);
    } else {
        out += "came that was newer than the store";
    }
    return out + ": the store had lost what came between, and under --ahead revoke that ends the session.";
}

// " an operator", " user 7, as an operator", or " client shop-admin".
std::string operator_of(const timeline_moment& m) {
    const std::uint64_t id = m.evidence->by.value;
    const std::string_view client = read_act(m.evidence->about).client_id;
    if (id == 0 && !client.empty()) {
        return " client " + std::string(client) + place(m.address, m.agent);
    }
    return (id == 0 ? " an operator" : " user " + std::to_string(id) + ", as an operator") + place(m.address, m.agent);
}

explanation by_status(const timeline& t) {
    const std::string at = text_of(end_of(t));
    switch (t.word.status()) {
    case family_status::logout:
        return {end_cause::logout, "The user ended this session at " + at + " (logout, or removed from the list)."};
    case family_status::reuse:
        return {end_cause::reuse, reuse_sentence(t)};
    case family_status::admin:
        return {end_cause::admin, "An operator ended this session at " + at + "."};
    case family_status::evicted:
        return {end_cause::evicted,
                "At " + at +
                    " the user logged in once more with --max-sessions sessions alive, and this was "
                    "the least recently used one."};
    case family_status::exhausted:
        return {end_cause::exhausted, "At " + at + " the last of the " + std::to_string(family_word::generation_max) +
                                          " rotations that one session can have was used up."};
    case family_status::ahead:
        return {end_cause::ahead, ahead_sentence(t)};
    case family_status::superseded:
        return {end_cause::superseded, "At " + at + " another session took the place of this one."};
    case family_status::denied:
        return {end_cause::denied, "At " + at + " the user refused what was asked for."};
    case family_status::code_reuse:
        return {end_cause::code_reuse, "At " + at +
                                           " the authorization code that made this session came back. A code that is "
                                           "used twice may be known to somebody else, so what it gave ended."};
    case family_status::signed_out:
        return {end_cause::signed_out, "At " + at + " the browser session that this hung on was signed out."};
    case family_status::client:
        return {end_cause::client, "At " + at + " the client's sessions were ended."};
    case family_status::consent:
        return {end_cause::consent, "At " + at + " the user withdrew what it had allowed this client."};
    case family_status::revoked:
        return {end_cause::revoked, "At " + at + " the client revoked its token."};
    case family_status::live:
        break;
    }
    return {end_cause::alive, ""};
}

// Who asked for the gate to close: the event of that moment, an operator's before the general one beside it.
const timeline_moment* who_closed(const timeline& t) {
    constexpr seconds apart{2}; // the record's second, the event's, and what lies between
    const timeline_moment* found = nullptr;
    for (const timeline_moment& m : t.moments) {
        const seconds off = to_seconds(m.at) - t.gate.changed_at;
        const bool then = m.kind == moment_kind::revoke_asked && m.evidence && off <= apart && -off <= apart;
        if (then && (found == nullptr || !is_operators(found->evidence->kind) || is_operators(m.evidence->kind))) {
            found = &m;
        }
    }
    return found;
}

explanation by_gate(const timeline& t) {
    const std::string at = text_of(t.gate.changed_at);
    const timeline_moment* const asked = who_closed(t);
    std::string by;
    if (asked != nullptr) {
        by = is_operators(asked->evidence->kind) ? " (by" + operator_of(*asked) + ")"
                                                 : " (asked for" + place(asked->address, asked->agent) + ")";
    }
    if (t.user_deleted || t.gate.reason == gate_reason::deleted) {
        return {end_cause::deleted, "The account was removed at " + at + ", and all its sessions with it."};
    }
    switch (t.gate.reason) {
    case gate_reason::logout_all:
        return {end_cause::logout_all, "All sessions of the user were logged out at " + at + by + "."};
    case gate_reason::password_change:
        return {end_cause::password_change,
                "The password was changed at " + at + by + ", which ends all other sessions of the user."};
    case gate_reason::disabled:
        return {end_cause::disabled, "The account was disabled at " + at + by + ", which ends all its sessions."};
    case gate_reason::restored:
        return {end_cause::gate_closed, "A backup was put back at " + at + ", which ends the sessions of before."};
    default:
        return {end_cause::gate_closed, "All sessions of the user were ended at " + at + by + "."};
    }
}

// What it hangs on, where that is dead. Clients before browser sessions.
struct broken_bond {
    explanation what;
    std::optional<timestamp> at; // where it is known
};

std::optional<broken_bond> broken_client(const timeline& t) {
    if (t.bonds.client_admits) {
        return std::nullopt;
    }
    if (!t.of_client) {
        return broken_bond{{end_cause::client, "The client this session belonged to is no longer there."},
                           std::nullopt};
    }
    const client& c = *t.of_client;
    if (c.removed) {
        return broken_bond{{end_cause::client, "The client " + c.client_id + " was removed at " +
                                                   text_of(c.epoch_raised_at) + ", and all its sessions with it."},
                           c.epoch_raised_at};
    }
    if (!c.is_open_to(t.facts.grant.client_epoch)) {
        return broken_bond{{end_cause::client, "All sessions of the client " + c.client_id + " were ended at " +
                                                   text_of(c.epoch_raised_at) + "."},
                           c.epoch_raised_at};
    }
    return broken_bond{
        {end_cause::client, "The client " + c.client_id + " is disabled: while it is, its sessions are dead."},
        std::nullopt};
}

std::optional<broken_bond> broken_parent(const timeline& t) {
    const family_bonds& b = t.bonds;
    if (t.facts.origin.parent == family_id{} || (b.parent_may_live && t.now < b.parent_expires_at)) {
        return std::nullopt;
    }
    if (t.parent_ended_at) {
        return broken_bond{{end_cause::signed_out,
                            "The browser session that this hung on ended at " + text_of(*t.parent_ended_at) + "."},
                           t.parent_ended_at};
    }
    if (b.parent_expires_at == timestamp{}) {
        return broken_bond{{end_cause::signed_out, "The browser session that this hung on is no longer there."},
                           std::nullopt};
    }
    return broken_bond{{end_cause::signed_out,
                        "The browser session that this hung on expired at " + text_of(b.parent_expires_at) + "."},
                       b.parent_expires_at};
}

std::optional<broken_bond> broken_bond_of(const timeline& t) {
    std::optional<broken_bond> found = broken_client(t);
    return found ? found : broken_parent(t);
}

explanation by_expiry(const timeline& t) {
    const timestamp at = t.facts.idle_expires_at(t.word);
    if (at == t.facts.expires_at()) {
        return {end_cause::absolute_expiry, "The session was " + length_of(t.facts.absolute_ttl) + " old at " +
                                                text_of(at) +
                                                ", and no session lives longer (--refresh-absolute-ttl)."};
    }
    return {end_cause::idle_expiry, "The session was not refreshed for " + length_of(t.facts.idle_ttl) + " after " +
                                        text_of(t.facts.rotated_at(t.word)) + " and expired at " + text_of(at) +
                                        " (--refresh-idle-ttl)."};
}

} // namespace

explanation why(const timeline& t) {
    if (!t.known) {
        return {end_cause::unknown_family,
                "Nothing is known of this session: it never was one of this store, or it ended so long ago that store "
                "and log have let go of it."};
    }
    const bool expired = t.facts.expired(t.word, t.now);
    if (!t.word.live()) { // what had expired before is ended as well: that is not why
        return expired && t.facts.idle_expires_at(t.word) <= end_of(t) ? by_expiry(t) : by_status(t);
    }
    const bool shut = t.user_known && !t.gate.admits(t.facts.id, t.facts.epoch);
    const std::optional<broken_bond> bond = broken_bond_of(t);
    const timestamp expiry = t.facts.idle_expires_at(t.word);
    const bool bond_broke_first = bond && bond->at && *bond->at < expiry;
    if (expired && (!shut || expiry <= t.gate.changed_at) && !bond_broke_first) {
        return by_expiry(t);
    }
    if (shut) {
        return by_gate(t);
    }
    if (!t.user_known) {
        return {end_cause::deleted, "The account this session belonged to is no longer there."};
    }
    if (bond) {
        return bond->what;
    }
    return {end_cause::alive, "The session is alive: generation " + std::to_string(t.word.generation()) +
                                  ", last rotated at " + text_of(t.facts.rotated_at(t.word)) + "; it expires at " +
                                  text_of(t.facts.idle_expires_at(t.word)) + " unless it is refreshed before."};
}

const char* name_of(moment_kind kind) noexcept {
    constexpr std::array<const char*, 12> names{"created", "known_by",    "rotated",     "replayed",
                                                "healed",  "suspected",   "reuse_found", "ahead_found",
                                                "ended",   "gate_closed", "gate_opened", "revoke_asked"};
    return names.at(static_cast<std::size_t>(kind));
}

const char* name_of(end_cause cause) noexcept {
    constexpr std::array<const char*, 22> names{
        "unknown_family",  "alive",    "logout",     "reuse",       "admin",           "evicted",
        "exhausted",       "ahead",    "superseded", "denied",      "code_reuse",      "signed_out",
        "client",          "consent",  "revoked",    "idle_expiry", "absolute_expiry", "logout_all",
        "password_change", "disabled", "deleted",    "gate_closed"};
    return names.at(static_cast<std::size_t>(cause));
}

} // namespace pawl::storage
