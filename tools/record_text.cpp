#include "tools/record_text.hpp"

#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/entity/all.hpp"
#include "storage/history/record_json.hpp"
#include "storage/history/timeline.hpp"
#include "tools/output.hpp"

#include <algorithm>

namespace pawl::tools {

namespace {

using pawl::name_of;
using storage::name_of;

void describe_one(const storage::family_word_record& r, record_text& out) {
    out.family = r.id;
    out.text = to_hex(r.id) + "  " + word_text(r.word) + "  " + place_text(r.use.address, r.use.agent);
}

void describe_one(const storage::family_created_record& r, record_text& out) {
    out.family = r.facts.id;
    out.user = r.facts.user;
    out.text = to_hex(r.facts.id) + "  of user " + std::to_string(r.facts.user.value) + "  " + word_text(r.word) +
               "  " + place_text(r.use.address, r.use.agent);
}

void describe_one(const user& u, record_text& out) {
    out.user = u.id;
    const char* const state = u.deleted ? "removed" : u.gate.enabled ? "enabled" : "disabled";
    out.text = "user " + std::to_string(u.id.value) + "  version " + std::to_string(u.version) + "  " + clean(u.email) +
               "  " + state + "  password " + std::string(hash_kind(u.password_hash)) + "  epoch " +
               std::to_string(u.gate.epoch) +
               (u.gate.reason == gate_reason::none ? "" : std::string(" (") + name_of(u.gate.reason) + ")");
}

std::string evidence_text(const security_event& e) {
    if (has_actor(e.kind)) {
        const told_act act = e.kind == event_kind::token_revoked ? told_act{{}, e.about} : read_act(e.about);
        const std::string who = e.by.value == 0 ? "an operator" : "user " + std::to_string(e.by.value);
        const std::string by = act.client_id.empty() ? who : "client " + clean(act.client_id);
        return "  by " + by + (act.what.empty() ? "" : ": " + clean(act.what));
    }
    std::string text;
    if (has_generations(e.kind) && e.family != family_id{}) {
        text = "  presented " + std::to_string(e.generation_presented) + ", current " +
               std::to_string(e.generation_current);
    }
    return text + (e.about.empty() ? "" : "  " + clean(e.about));
}

void describe_one(const security_event& e, record_text& out) {
    out.user = e.user;
    if (e.family != family_id{}) {
        out.family = e.family;
    }
    out.text = std::string(name_of(e.kind)) + (e.user.value == 0 ? "" : "  user " + std::to_string(e.user.value)) +
               (out.family ? "  " + to_hex(e.family) : "") + evidence_text(e) + "  " +
               place_text(e.presented.address, e.presented.agent);
}

void describe_one(const storage::serving_note& n, record_text& out) {
    const std::string first = to_rfc3339_ms(n.first), second = to_rfc3339_ms(n.second);
    out.text = n.what == storage::serving_kind::began ? "serving again since " + second + ", not served since " + first
                                                      : "the clock was set back from " + second + " to " + first;
}

std::string numbered(const char* kind, std::uint64_t number, std::uint64_t version, const std::string& name,
                     bool removed) {
    return std::string(kind) + " " + std::to_string(number) + "  version " + std::to_string(version) + "  " +
           clean(name) + (removed ? "  removed" : "");
}

void describe_one(const client& c, record_text& out) {
    out.text = numbered("client", c.number.value, c.version, c.client_id, c.removed);
    if (!c.removed) {
        out.text += std::string(c.enabled ? "  enabled" : "  disabled") + "  " + std::string(name_of(c.preset)) + "  " +
                    std::string(name_of(c.auth_method)) + "  epoch " + std::to_string(c.epoch) +
                    (c.secrets.empty() ? "" : "  secrets " + text_of(c.secrets));
    }
}

void describe_one(const api& a, record_text& out) {
    out.text = numbered("api", a.number.value, a.version, a.identifier, a.removed) + "  " +
               std::string(name_of(a.token_format));
}

void describe_one(const scope& s, record_text& out) {
    out.text =
        numbered("scope", s.number.value, s.version, s.name, s.removed) + (s.api.empty() ? "" : "  of " + clean(s.api));
}

// A record that has no words of its own here.
template <class Record>
void describe_one(const Record& r, record_text& out) {
    out.text = clean(storage::plain_line(r));
}

bool describe_known(const storage::record_view& record, record_text& out) {
    out.type = std::to_string(record.type & ~static_cast<unsigned>(storage::critical_record_bit));
    bool understood = false;
    storage::visit_record(record.type, [&]<class Record>(storage::as<Record>) {
        out.type = storage::declaration<Record>::name;
        Record r;
        understood = storage::decode(record, r) == storage::decoding::ok;
        if (understood) {
            describe_one(r, out);
            out.json = storage::record_json(record, r);
        }
    });
    return understood;
}

} // namespace

record_text describe(const storage::record_view& record) {
    record_text out;
    if (!describe_known(record, out)) {
        out.text = "not understood: version " + std::to_string(record.version) + ", " +
                   std::to_string(record.body.size()) + " bytes";
        out.json.clear();
        json_object_writer w(out.json);
        w.member("lsn", record.lsn)
            .member("time", to_rfc3339_ms(record.time))
            .member("type", out.type)
            .member("understood", false)
            .member("version", std::uint64_t{record.version})
            .member("bytes", std::uint64_t{record.body.size()})
            .end();
    }
    return out;
}

bool is_record_type(std::string_view name) {
    bool found = false;
    storage::for_each_record(
        [&]<class Record>(storage::as<Record>) { found = found || name == storage::declaration<Record>::name; });
    return found;
}

std::string word_text(family_word word) {
    std::string out = "generation " + std::to_string(word.generation()) + " " + name_of(word.status());
    out += word.confirmed() ? " confirmed" : "";
    if (word.replays() > 0) {
        out += " replays " + std::to_string(word.replays());
    }
    return out;
}

std::string user_json(const user& u) {
    std::string out;
    json_object_writer w(out);
    storage::tell(w, u);
    w.end();
    return out;
}

std::string place_text(const peer_address& address, std::string_view agent) {
    std::string out = to_text(address);
    if (!agent.empty()) {
        out += (out.empty() ? "(" : " (") + clean(agent) + ")";
    }
    return out;
}

} // namespace pawl::tools
