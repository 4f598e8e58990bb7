#include "core/service/session_end.hpp"

#include "core/family/decide.hpp"

namespace pawl {

namespace {

session_end end_by_status(family_status status) {
    using enum family_status;
    switch (status) {
    case reuse:
    case ahead:
    case code_reuse:
        return session_end::token_came_back;
    case admin:
        return session_end::by_operator;
    case evicted:
        return session_end::gave_way;
    case exhausted:
        return session_end::expired;
    case superseded:
        return session_end::replaced;
    case client:
    case revoked:
        return session_end::by_client;
    case consent:
        return session_end::withdrawn;
    default:
        return session_end::signed_out;
    }
}

// The gate remembers its last reason: of a family of an epoch before the last one it is not known any more.
session_end end_by_gate(const user_gate& gate, std::uint32_t epoch) {
    if (epoch + 1 != gate.epoch) {
        return session_end::all_ended;
    }
    switch (gate.reason) {
    case gate_reason::password_change:
        return session_end::password_changed;
    case gate_reason::disabled:
    case gate_reason::deleted:
        return session_end::disabled;
    case gate_reason::restored:
        return session_end::restored;
    default:
        return session_end::all_ended;
    }
}

} // namespace

session_end end_of(const family_state& seen, timestamp now) {
    if (alive(seen, now)) {
        return session_end::none;
    }
    if (!seen.word.live()) {
        return end_by_status(seen.word.status());
    }
    if (!seen.gate.is_open_to(seen.facts.id, seen.facts.epoch)) {
        return end_by_gate(seen.gate, seen.facts.epoch);
    }
    if (!seen.gate.enabled) {
        return session_end::disabled;
    }
    if (seen.facts.expired(seen.word, now)) {
        return session_end::expired;
    }
    if (seen.bonds.is_withdrawn) {
        return session_end::withdrawn;
    }
    return seen.bonds.client_admits ? session_end::with_browser : session_end::by_client;
}

} // namespace pawl
