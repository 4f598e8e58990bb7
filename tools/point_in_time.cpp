#include "tools/point_in_time.hpp"

#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/history/timeline.hpp"

#include <algorithm>

namespace pawl::tools {

point_in_time read_point_in_time(program& p, storage::directory_view& view, std::string_view option,
                                 std::string_view text) {
    point_in_time out;
    storage::state_limit limit;
    const timestamp_ms now = wall_now();
    if (text != "now") {
        limit = parse_point(option, text, now);
    }
    out.state = build_state(view, limit, bar_of(p.out, "reading"));
    p.out.finish_progress();
    out.orphans = out.state.settle();
    if (limit.time && *limit.time > std::max(now, out.state.time)) {
        p.out.note(std::string(option) + " " + clean(text) +
                   " is in the future: users are as of now, and of the sessions " +
                   "those that are not refreshed until then will have expired");
    } else if (limit.lsn && *limit.lsn > out.state.last_lsn) {
        p.out.note(std::string(option) + " " + clean(text) + " is in the future: the last record is " +
                   std::to_string(out.state.last_lsn));
    }
    out.at = to_seconds(limit.time ? *limit.time : limit.lsn ? out.state.time : std::max(now, out.state.time));
    return out;
}

std::string family_state_name(const storage::past_state& state, const storage::past_family& f, timestamp at) {
    if (!f.word.live()) {
        return storage::name_of(f.word.status());
    }
    if (f.facts.expired(f.word, at)) {
        return f.facts.idle_expires_at(f.word) == f.facts.expires_at() ? "expired" : "idle_expired";
    }
    const user* const owner = state.user_of(f);
    if (owner == nullptr) {
        return "no_user";
    }
    return owner->gate.admits(f.facts.id, f.facts.epoch) ? "live" : storage::name_of(owner->gate.reason);
}

std::string family_json(const storage::past_state& state, const storage::past_family& f, timestamp at) {
    std::string use;
    json_object_writer(use)
        .member("at", to_rfc3339(f.used_at))
        .member("ip", to_text(f.address))
        .member("user_agent", f.agent == nullptr ? std::string_view() : std::string_view(*f.agent))
        .end();
    std::string out;
    json_object_writer w(out);
    w.member("id", to_hex(f.facts.id))
        .member("user", f.facts.user.value)
        .member("client", std::uint64_t{f.facts.client.value})
        .member("epoch", std::uint64_t{f.facts.epoch})
        .member("created_at", to_rfc3339(f.facts.created_at))
        .member("rotated_at", to_rfc3339(f.facts.rotated_at(f.word)))
        .member("idle_expires_at", to_rfc3339(f.facts.idle_expires_at(f.word)))
        .member("expires_at", to_rfc3339(f.facts.expires_at()))
        .member("generation", std::uint64_t{f.word.generation()})
        .member("state", family_state_name(state, f, at))
        .raw("last_use", use);
    if (f.ended_after != 0) {
        w.member("ended_at", to_rfc3339(f.facts.created_at + seconds(f.ended_after)));
    }
    w.end();
    return out;
}

std::string summary_text(const point_in_time& past) {
    const storage::past_state& s = past.state;
    const auto alive = static_cast<std::uint64_t>(
        std::count_if(s.families.begin(), s.families.end(), [&](const auto& f) { return s.alive(f.second, past.at); }));
    const auto removed = static_cast<std::uint64_t>(
        std::count_if(s.users.begin(), s.users.end(), [](const auto& u) { return u.second.deleted; }));
    std::string out;
    json_object_writer(out)
        .member("users", std::uint64_t{s.users.size()} - removed)
        .member("users_removed", removed)
        .member("families", std::uint64_t{s.families.size()})
        .member("alive", alive)
        .member("lsn", s.last_lsn)
        .member("time", to_rfc3339_ms(s.time))
        .member("at", to_rfc3339(past.at))
        .member("snapshot_lsn", s.snapshot_lsn)
        .member("log_records", s.records)
        .end();
    return out;
}

} // namespace pawl::tools
