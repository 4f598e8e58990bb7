// Clients that speak for themselves: their tokens, what a token is (RFC 7662), and its end before its time (RFC 7009).
// A token without a family is good until it expires, unless its client is disabled, removed or logged out, a backup was
// put back, or it was revoked by itself.
#pragma once

#include "core/jwt/machine_token.hpp"
#include "core/provider/machine_grant.hpp"
#include "core/service/access_guard.hpp"
#include "core/service/machine_principal.hpp"
#include "core/service/services.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

struct issued_machine_token {
    std::string access_token;
    seconds expires_in{};
    std::string scope; // what was granted; may be empty
};

// What a caller is told of a token. Where it is not active, nothing else is filled in.
struct token_facts {
    bool active = false;
    bool is_refresh_token = false;
    std::string issuer, subject, client_id, username, scope, jwt_id; // empty: there is none
    std::vector<std::string> audiences;
    std::optional<family_id> session;
    timestamp issued_at{}, not_before{}, expires_at{};
};

class machine_service {
public:
    // `context.entities` is not null. `guard` outlives this.
    machine_service(service_context context, access_guard& guard);

    // A token for the client itself (RFC 6749 4.4). Its record is read again once all that it rests on is durable:
    // invalid_client where it is disabled or removed by then. unauthorized_client, invalid_scope (also where the claims
    // would be over machine_claims_size_max), invalid_target, storage_unavailable.
    task<result<issued_machine_token>> issue(client_number asking, machine_ask asked);

    // What `token` is, as far as it concerns `asking`: its own, those for one of its APIs, and all where its scopes
    // have `introspect`; users' tokens that a client was given are that client's own. All else is not active, and it is
    // not said why. Changes nothing of the token. invalid_client where `asking` is no more; storage_unavailable.
    task<result<token_facts>> introspect(client_number asking, secret_string token);

    // Ends what `token` stands for: the family of a refresh token of any generation or of a user's access token, else
    // the token itself. Success, too, for what is unknown, dead or garbled. token_of_another for what was issued to
    // another client than `asking`; too_many_revocations, storage_unavailable.
    task<result<void>> revoke(client_number asking, secret_string token, caller from);

    // The client whose token this is: genuine, for our own audience, alive and with `scope`. missing_access_token,
    // invalid_access_token (also of a user's token that is not good), insufficient_scope (also of one that is),
    // storage_unavailable. Awaited directly: the views outlive the call.
    task<result<machine_principal>> authenticate(std::string_view token, std::string_view scope);

    // The client of a genuine, unexpired token without a family for that audience, alive now, and what the token may
    // do. std::nullopt if `token` is not such a token. The caller awaits registry::rests_on() before it answers.
    struct holder {
        client_ptr who;
        std::string scope; // names with single spaces between
    };
    std::optional<holder> look(std::string_view token, std::string_view audience) const;

    // The audience of our own API.
    std::string_view own_audience() const;

private:
    // The claims of a genuine token without a family, expired or not; its signature is not checked again where it was a
    // moment ago.
    std::optional<machine_claims> read(std::string_view token) const;
    // One that was issued after `issued_by` is none: a clock was ahead.
    std::optional<machine_claims> read_opaque(const key_ring& keys, std::string_view token, timestamp issued_by) const;
    std::optional<std::string> make_opaque(const key_ring& keys, const machine_claims& claims, client_number of);
    // invalid_scope where it is too much for one token.
    result<issued_machine_token> sign(const client& who, const machine_grant& grant);
    task<result<token_facts>> introspect_machine(client_number asking, machine_claims claims);
    task<result<token_facts>> introspect_refresh(client_number asking, std::string_view token);
    // Of a user's access token: of the first party's family, or of a client's.
    task<result<token_facts>> introspect_user(client_number asking, std::string_view token);
    task<result<token_facts>> introspect_grant(client_number asking, access_claims claims, family_state seen);
    task<result<void>> revoke_family(client_number asking, family_id id, caller from);
    task<result<void>> revoke_machine(client_number asking, machine_claims claims, caller from);

    service_context context_;
    registry& entities_;
    access_guard& guard_;
    std::unique_ptr<verified_tokens> known_;
};

} // namespace pawl
