#include "app/dto/admin_responses.hpp"

#include "app/dto/responses.hpp"
#include "core/password/stored_hash.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <variant>

namespace pawl::app {

namespace {

std::string_view name_of(hash_scheme scheme) {
    switch (scheme) {
    case hash_scheme::argon2id:
        return "argon2id";
    case hash_scheme::argon2i:
        return "argon2i";
    case hash_scheme::argon2d:
        return "argon2d";
    default:
        return "unknown";
    }
}

std::string describe(const argon2_hash& h) {
    return std::string(name_of(h.kind)) + " m=" + std::to_string(h.memory_kib) + ",t=" + std::to_string(h.passes) +
           ",p=" + std::to_string(h.lanes);
}
std::string describe(const bcrypt_hash& h) {
    const std::string_view of_digest = h.input == bcrypt_input::password ? " " : "-sha256 ";
    return "bcrypt" + std::string(of_digest) + std::to_string(h.cost);
}
std::string describe(const pbkdf2_hash& h) {
    return (h.digest == pbkdf2_digest::sha256 ? "pbkdf2-sha256 " : "pbkdf2-sha512 ") + std::to_string(h.rounds);
}
std::string describe(const scrypt_hash& h) {
    return (h.signer_key.empty() ? "scrypt ln=" : "firebase-scrypt ln=") + std::to_string(h.log2_n) +
           ",r=" + std::to_string(h.r) + ",p=" + std::to_string(h.p);
}

// `text` where it is not empty, else null.
json_object_writer& add_text_or_null(json_object_writer& object, std::string_view name, std::string_view text) {
    return text.empty() ? object.raw(name, "null") : object.member(name, text);
}

std::string gate_json(const user_gate& gate) {
    std::string out;
    json_object_writer object(out);
    object.member("epoch", std::uint64_t{gate.epoch}).member("reason", to_text(gate.reason));
    const bool changed = gate.reason != gate_reason::none;
    add_text_or_null(object, "changed_at", changed ? to_rfc3339(gate.changed_at) : std::string());
    object.end();
    return out;
}

json_object_writer& add_session(json_object_writer& object, const family_details& session, timestamp now) {
    const std::string_view dead_because = why_not_alive(session.state, now);
    add_members(object, session, family_id{})
        .member("status", to_text(session.state.word.status()))
        .member("alive", dead_because.empty());
    return add_text_or_null(object, "why_not_alive", dead_because);
}

std::string word_json(const family_facts& facts, family_word word) {
    std::array<char, 17> bits{};
    std::snprintf(bits.data(), bits.size(), "%016llx", static_cast<unsigned long long>(word.bits()));
    std::string out;
    json_object_writer(out)
        .member("bits", bits.data())
        .member("generation", std::uint64_t{word.generation()})
        .member("rotated_at", to_rfc3339(facts.rotated_at(word)))
        .member("status", to_text(word.status()))
        .member("confirmed", word.confirmed())
        .member("replays", std::uint64_t{word.replays()})
        .member("streak", std::uint64_t{word.streak()})
        .end();
    return out;
}

std::string claims_json(const access_claims& claims) {
    std::string out;
    json_object_writer object(out);
    object.member("iss", claims.issuer);
    if (!claims.audience.empty()) {
        object.member("aud", claims.audience);
    }
    object.member("sub", claims.subject_name.empty() ? std::to_string(claims.subject.value) : claims.subject_name)
        .member("iat", std::int64_t{claims.issued_at.time_since_epoch().count()})
        .member("exp", std::int64_t{claims.expires_at.time_since_epoch().count()})
        .member("jti", claims.jwt_id)
        .member("client_id", claims.client_id)
        .member("sid", to_hex(claims.session))
        .member("gen", std::uint64_t{claims.generation})
        .end();
    return out;
}

} // namespace

std::string admin_user_json(const user& u, std::size_t sessions) {
    std::string out;
    json_object_writer object(out);
    add_members(object, u)
        .raw("attributes", u.attributes.empty() ? "{}" : u.attributes)
        .member("enabled", u.gate.enabled)
        .member("hash", describe_hash(u.password_hash))
        .raw("gate", gate_json(u.gate))
        .member("sessions", std::uint64_t{sessions})
        .end();
    return out;
}

std::string user_page_json(std::string_view users, std::optional<user_id> next) {
    std::string out;
    json_object_writer(out)
        .raw("users", "[" + std::string(users) + "]")
        .raw("next", next ? std::to_string(next->value) : "null")
        .end();
    return out;
}

std::string describe_hash(std::string_view stored) {
    const std::optional<stored_hash> parsed = parse_stored_hash(stored);
    return parsed ? std::visit([](const auto& h) { return describe(h); }, *parsed) : "unknown";
}

std::string admin_sessions_json(const std::vector<family_details>& sessions, timestamp now, const registry* entities) {
    std::string out = "[";
    for (const family_details& session : sessions) {
        out += out.size() > 1 ? "," : "";
        json_object_writer object(out);
        add_session(object, session, now);
        add_kind(object, session.state.facts, entities).end();
    }
    out.push_back(']');
    return out;
}

std::string admin_family_json(const family_details& f, timestamp now, const registry* entities) {
    const family_facts& facts = f.state.facts;
    std::string out;
    json_object_writer object(out);
    add_session(object, f, now);
    if (const std::string_view kind = session_kind(facts.client); !kind.empty()) {
        object.member("kind", kind);
    }
    object.member("user_id", facts.user.value)
        .member("client", client_name(entities, facts.client))
        .member("epoch", std::uint64_t{facts.epoch})
        .member("idle_ttl_s", std::int64_t{facts.idle_ttl.count()})
        .member("absolute_ttl_s", std::int64_t{facts.absolute_ttl.count()})
        .raw("word", word_json(facts, f.state.word))
        .raw("gate", gate_json(f.state.gate))
        .member("user_enabled", f.state.gate.enabled)
        .member("survivor", f.state.gate.survivor == facts.id)
        .end();
    return out;
}

std::string token_report_json(const token_report& report, timestamp now) {
    constexpr std::string_view kinds[] = {"unknown", "access", "refresh"};
    std::string out;
    json_object_writer object(out);
    object.member("kind", kinds[static_cast<std::size_t>(report.kind)]).member("genuine", report.genuine);
    add_text_or_null(object, "why_not", report.why_not);
    object.raw("claims", report.claims ? claims_json(*report.claims) : "null");
    add_text_or_null(object, "family", report.family ? to_hex(*report.family) : std::string());
    object.raw("generation", report.generation ? std::to_string(*report.generation) : "null");
    bool alive = false;
    std::string_view dead_because;
    if (report.details) {
        const family_state& state = report.details->state;
        dead_because = why_not_alive(state, now);
        alive = dead_because.empty();
        object.raw("current_generation", std::to_string(state.word.generation()))
            .raw("user_id", std::to_string(state.facts.user.value));
    } else {
        dead_because = report.genuine ? "forgotten" : "";
        object.raw("current_generation", "null").raw("user_id", "null");
    }
    object.member("alive", alive);
    add_text_or_null(object, "why_not_alive", dead_because);
    object.end();
    return out;
}

namespace {

// One key of each algorithm in use signs: access tokens, or ID tokens alone.
std::string_view status_of(const key_ring& ring, const jws_key& key, timestamp now) {
    if (&key == ring.signer_of(key.algorithm(), now).get()) {
        return "signing";
    }
    const auto is_to_sign = [&](const next_signer& next) { return next.key.get() == &key && next.from > now; };
    return std::ranges::any_of(ring.next_signers, is_to_sign) || std::ranges::any_of(ring.other_signers, is_to_sign)
               ? "next"
               : "verifying";
}

// null where the time is not known.
void add_time_at(json_object_writer& object, std::string_view name, const std::vector<timestamp>& times,
                 std::size_t index) {
    const bool known = index < times.size() && times[index] != timestamp{};
    add_text_or_null(object, name, known ? to_rfc3339(times[index]) : std::string());
}

} // namespace

std::string keys_json(const key_ring& ring, timestamp now) {
    std::string signing;
    for (std::size_t i = 0; i < ring.verifying_keys.size(); ++i) {
        const jws_key& key = *ring.verifying_keys[i];
        signing += signing.empty() ? "" : ",";
        json_object_writer object(signing);
        object.member("kid", key.kid())
            .member("alg", to_text(key.algorithm()))
            .member("status", status_of(ring, key, now));
        add_time_at(object, "created_at", ring.signing_created_at, i);
        add_time_at(object, "from", ring.signing_from, i);
        object.end();
    }
    std::string refresh;
    for (const refresh_key& key : ring.refresh_keys) {
        refresh += refresh.empty() ? "" : ",";
        json_object_writer(refresh)
            .member("id", std::uint64_t{key.id})
            .member("created_at", to_rfc3339(key.created_at))
            .member("mints", key.id == ring.refresh_keys.back().id)
            .end();
    }
    std::string capsule;
    for (const capsule_key_facts& key : ring.capsule_keys) {
        capsule += capsule.empty() ? "" : ",";
        json_object_writer object(capsule);
        object.member("id", std::uint64_t{key.id});
        add_text_or_null(object, "created_at", key.created_at == timestamp{} ? "" : to_rfc3339(key.created_at));
        object.member("seals", key.id == ring.capsule_keys.back().id).end();
    }
    std::string out;
    json_object_writer(out)
        .raw("signing", "[" + signing + "]")
        .raw("refresh", "[" + refresh + "]")
        .raw("capsule", "[" + capsule + "]")
        .end();
    return out;
}

std::string snapshot_taken_json(const storage::snapshot_report& taken) {
    std::string out;
    json_object_writer(out).member("lsn", taken.lsn).member("bytes", taken.bytes).member("ms", taken.ms).end();
    return out;
}

std::string snapshots_json(const std::vector<snapshot_facts>& snapshots) {
    std::string out = "[";
    for (const snapshot_facts& s : snapshots) {
        out += out.size() > 1 ? "," : "";
        json_object_writer object(out);
        object.member("name", s.name).member("lsn", s.lsn).member("size", s.size);
        add_text_or_null(object, "time", s.time ? to_rfc3339(to_seconds(*s.time)) : std::string());
        object.end();
    }
    out.push_back(']');
    return out;
}

} // namespace pawl::app
