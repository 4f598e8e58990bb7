#include "storage/history/timeline_json.hpp"

#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/history/record_json.hpp"

namespace pawl::storage {

namespace {

std::string evidence_json(const security_event& e) {
    std::string out;
    json_object_writer(out)
        .member("generation_presented", std::uint64_t{e.generation_presented})
        .member("generation_current", std::uint64_t{e.generation_current})
        .raw("presented", use_json(e.presented))
        .raw("last", use_json(e.last))
        .end();
    return out;
}

bool has_generation(moment_kind kind) {
    return kind != moment_kind::gate_closed && kind != moment_kind::gate_opened && kind != moment_kind::revoke_asked;
}

std::string moment_json(const timeline_moment& m) {
    std::string out;
    json_object_writer w(out);
    w.member("kind", name_of(m.kind)).member("at", to_rfc3339_ms(m.at)).member("lsn", m.lsn);
    if (has_generation(m.kind)) {
        w.member("generation", std::uint64_t{m.generation});
    }
    if (m.address != peer_address{} || !m.agent.empty()) {
        w.member("ip", to_text(m.address)).member("user_agent", m.agent);
    }
    if (m.kind == moment_kind::ended || m.kind == moment_kind::known_by) {
        w.member("status", name_of(m.status));
    }
    if (m.kind == moment_kind::replayed) {
        w.member("replays", std::uint64_t{m.replays});
    }
    if (m.kind == moment_kind::gate_closed) {
        w.member("reason", name_of(m.reason)).member("spared", m.spared);
    }
    if (m.evidence && is_operators(m.evidence->kind)) {
        w.member("by", m.evidence->by.value).member("about", m.evidence->about);
    } else if (m.evidence && m.evidence->family != family_id{}) {
        w.raw("evidence", evidence_json(*m.evidence));
    }
    w.end();
    return out;
}

std::string user_json(const timeline& t) {
    if (!t.user_known) {
        return "null";
    }
    std::string gate;
    json_object_writer(gate)
        .member("epoch", std::uint64_t{t.gate.epoch})
        .member("reason", name_of(t.gate.reason))
        .member("changed_at", to_rfc3339(t.gate.changed_at))
        .end();
    std::string out;
    json_object_writer(out)
        .member("id", t.facts.user.value)
        .member("email", t.user_email)
        .member("username", t.user_name)
        .member("deleted", t.user_deleted)
        .member("enabled", t.gate.enabled)
        .raw("gate", gate)
        .end();
    return out;
}

void add_family(json_object_writer& w, const timeline& t) {
    const family_facts& f = t.facts;
    w.member("user_id", f.user.value)
        .raw("user", user_json(t))
        .member("created_at", to_rfc3339(f.created_at))
        .member("epoch", std::uint64_t{f.epoch})
        .member("idle_expires_at", to_rfc3339(f.idle_expires_at(t.word)))
        .member("expires_at", to_rfc3339(f.expires_at()))
        .member("status", name_of(t.word.status()))
        .member("generation", std::uint64_t{t.word.generation()})
        .member("rotated_at", to_rfc3339(f.rotated_at(t.word)))
        .raw("last_use", use_json(t.last_use));
    if (t.ended_after != 0) {
        w.member("ended_at", to_rfc3339(f.created_at + seconds(t.ended_after)));
    }
}

} // namespace

std::string to_json(const timeline& t) {
    const explanation answer = why(t);
    std::string out;
    json_object_writer w(out);
    w.member("family", to_hex(t.family))
        .member("known", t.known)
        .member("alive", t.alive)
        .member("cause", name_of(answer.cause))
        .member("why", answer.sentence)
        .member("now", to_rfc3339(t.now));
    if (t.known) {
        add_family(w, t);
    }
    std::string moments = "[";
    for (const timeline_moment& m : t.moments) {
        moments += moments.size() > 1 ? "," : "";
        moments += moment_json(m);
    }
    w.raw("moments", moments + "]").member("rotations_left_out", t.rotations_left_out);
    std::string log;
    json_object_writer(log)
        .member("first_lsn", t.first_lsn)
        .member("last_lsn", t.last_lsn)
        .member("from", to_rfc3339_ms(t.log_from))
        .member("until", to_rfc3339_ms(t.log_until))
        .end();
    w.raw("log", log);
    w.end();
    return out;
}

} // namespace pawl::storage
