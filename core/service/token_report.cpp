#include "core/service/token_report.hpp"

#include "core/family/decide.hpp"
#include "core/service/client_tokens.hpp"
#include "core/service/grant_tokens.hpp"
#include "core/token/refresh_token.hpp"

#include <algorithm>

namespace pawl {

namespace {

void inspect_access(const service_context& context, std::string_view token, token_report& report) {
    const key_ring_ptr keys = context.keys();
    const access_token_expectations expected = expectations_of(context.settings, context.time.now());
    access_claims claims;
    access_token_check check = check_access_token(*keys, token, expected, claims);
    if (check != access_token_check::good && check != access_token_check::expired) { // or is it a client's?
        const access_token_expectations any = client_token_expectations(context.settings, expected.now);
        access_claims read;
        const access_token_check again = check_access_token(*keys, token, any, read);
        const bool is_genuine = again == access_token_check::good || again == access_token_check::expired;
        const auto seen = is_genuine ? context.data.find_family(read.session) : std::nullopt;
        if (seen && seen->facts.client != first_party_client) {
            check = again;
            claims = std::move(read);
        }
    }
    report.kind = token_kind::access;
    report.genuine = check == access_token_check::good || check == access_token_check::expired;
    report.why_not = check == access_token_check::good ? std::string_view() : to_text(check);
    if (report.genuine) {
        report.family = claims.session;
        report.generation = claims.generation;
        report.claims = std::move(claims);
    }
}

void inspect_opaque(const service_context& context, std::string_view token, token_report& report) {
    const key_ring_ptr keys = context.keys();
    std::optional<grant_token> read =
        context.entities == nullptr ? std::nullopt : read_opaque_grant(context, *keys, token);
    report.kind = token_kind::access;
    report.genuine = read.has_value();
    if (!read) {
        report.why_not = "not one of a session that is known: a client's own, forged, or of another server";
        return;
    }
    report.why_not =
        context.time.now() < read->claims.expires_at ? std::string_view() : to_text(access_token_check::expired);
    report.family = read->claims.session;
    report.generation = read->claims.generation;
    report.claims = std::move(read->claims);
}

void inspect_refresh(const service_context& context, std::string_view token, token_report& report) {
    const key_ring_ptr keys = context.keys();
    report.kind = token_kind::refresh;
    const std::optional<refresh_token_place> place = check_refresh_token(*keys, token);
    report.genuine = place.has_value();
    if (!place) {
        report.why_not = "forged, garbled or of another server";
        return;
    }
    report.family = place->family;
    report.generation = place->generation;
}

} // namespace

token_report inspect_token(const service_context& context, std::string_view token) {
    token_report report;
    if (token.starts_with(refresh_token_prefix)) {
        inspect_refresh(context, token, report);
    } else if (token.starts_with(prefix_of(capsule_kind::access_token))) {
        inspect_opaque(context, token, report);
    } else if (std::count(token.begin(), token.end(), '.') == 2) {
        inspect_access(context, token, report);
    } else {
        report.why_not = "neither an access token nor a refresh token";
    }
    if (report.family) {
        report.details = context.data.find_family_details(*report.family);
    }
    return report;
}

std::string_view why_not_alive(const family_state& seen, timestamp now) {
    if (!seen.word.live()) {
        return to_text(seen.word.status());
    }
    if (seen.facts.expired(seen.word, now)) {
        return now >= seen.facts.expires_at() ? "absolute_expiry" : "idle_expiry";
    }
    if (!seen.gate.admits(seen.facts.id, seen.facts.epoch)) {
        return to_text(seen.gate.reason);
    }
    if (!seen.bonds.client_admits) {
        return "client";
    }
    return alive(seen, now) ? "" : to_text(family_status::signed_out);
}

std::string_view to_text(family_status status) {
    switch (status) {
    case family_status::live:
        return "live";
    case family_status::logout:
        return "logout";
    case family_status::reuse:
        return "reuse";
    case family_status::admin:
        return "admin";
    case family_status::evicted:
        return "evicted";
    case family_status::exhausted:
        return "exhausted";
    case family_status::ahead:
        return "ahead";
    case family_status::superseded:
        return "superseded";
    case family_status::denied:
        return "denied";
    case family_status::code_reuse:
        return "code_reuse";
    case family_status::signed_out:
        return "signed_out";
    case family_status::client:
        return "client";
    case family_status::consent:
        return "consent";
    case family_status::revoked:
        return "revoked";
    }
    return "unknown";
}

std::string_view to_text(gate_reason why) {
    switch (why) {
    case gate_reason::none:
        return "none";
    case gate_reason::logout_all:
        return "logout_all";
    case gate_reason::password_change:
        return "password_change";
    case gate_reason::disabled:
        return "disabled";
    case gate_reason::deleted:
        return "deleted";
    case gate_reason::restored:
        return "restored";
    }
    return "unknown";
}

} // namespace pawl
