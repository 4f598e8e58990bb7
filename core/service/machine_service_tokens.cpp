// What a token is (RFC 7662), and its end before its time (RFC 7009).
#include "core/family/decide.hpp"
#include "core/service/client_tokens.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/end_family.hpp"
#include "core/service/machine_service.hpp"
#include "core/service/settled.hpp"
#include "core/service/user_claims.hpp"
#include "core/text/encoding.hpp"
#include "core/token/refresh_token.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

// Whether `asking` is told of a token of `client_id` for these audiences.
bool is_told(const client& asking, std::string_view client_id, const std::vector<std::string>& audiences) {
    return asking.client_id == client_id || contains(asking.scopes, introspect_scope) ||
           std::ranges::any_of(audiences, [&](const std::string& one) { return contains(asking.apis, one); });
}

enum class telling : std::uint8_t { told, not_told, no_asker };

// As is_told(), of the client as it is now.
telling telling_of(const registry& entities, client_number asking, std::string_view client_id,
                   const std::vector<std::string>& audiences) {
    const client_ptr who = entities.find_client(asking);
    if (!who || !who->admits(who->epoch)) {
        return telling::no_asker;
    }
    return is_told(*who, client_id, audiences) ? telling::told : telling::not_told;
}

token_facts facts_of(const machine_claims& claims) {
    token_facts facts;
    facts.active = true;
    facts.issuer = claims.issuer;
    facts.subject = std::string(client_subject_prefix) + claims.client_id;
    facts.client_id = claims.client_id;
    facts.scope = claims.scope;
    facts.jwt_id = base64url_encode(claims.jwt_id);
    facts.audiences = claims.audiences;
    facts.issued_at = claims.issued_at;
    facts.not_before = claims.not_before;
    facts.expires_at = claims.expires_at;
    return facts;
}

std::string subject_of(const service_settings& settings, const user& u) {
    const std::string_view name = subject_name_of(settings.tokens, u);
    return name.empty() ? std::to_string(u.id.value) : std::string(name);
}

std::vector<std::string> own_audiences(const service_settings& settings) {
    return settings.audience.empty() ? std::vector<std::string>() : std::vector<std::string>{settings.audience};
}

bool is_refresh_token(std::string_view token) {
    return token.starts_with(refresh_token_prefix);
}

} // namespace

task<result<token_facts>> machine_service::introspect(client_number asking, secret_string token) {
    const std::string_view text = token.reveal();
    if (is_refresh_token(text)) {
        task<result<token_facts>> telling_it = introspect_refresh(asking, text);
        co_return co_await std::move(telling_it);
    }
    if (is_of_session(*context_.keys(), text)) {
        task<result<token_facts>> telling_it = introspect_user(asking, text);
        co_return co_await std::move(telling_it);
    }
    std::optional<machine_claims> claims = read(text);
    if (!claims || context_.time.now() >= claims->expires_at) {
        co_return token_facts{};
    }
    task<result<token_facts>> telling_it = introspect_machine(asking, *std::move(claims));
    co_return co_await std::move(telling_it);
}

task<result<token_facts>> machine_service::introspect_machine(client_number asking, machine_claims claims) {
    const auto decide = [&] {
        const telling who = telling_of(entities_, asking, claims.client_id, claims.audiences);
        const bool alive = client_of_stamp(entities_, claims.client_id, claims.stamp) != nullptr &&
                           !entities_.is_revoked(token_id{claims.jwt_id});
        return who == telling::told && !alive ? telling::not_told : who;
    };
    auto settling = settled(context_.data, entities_, decide);
    const std::optional<telling> decided = co_await std::move(settling);
    if (!decided) {
        co_return storage_failure();
    }
    if (*decided == telling::no_asker) {
        co_return errc::invalid_client;
    }
    co_return *decided == telling::told ? facts_of(claims) : token_facts{};
}

namespace {

// The client of a family by its name; empty where it is removed, or the family is a browser's: then only those with the
// scope introspect are told.
std::string client_id_of(const registry& entities, client_number number) {
    if (number == first_party_client) {
        return std::string(first_party_client_id);
    }
    const client_ptr known = entities.find_client(number);
    return known ? known->client_id : std::string();
}

} // namespace

// A refresh token is active where the next refresh with it would rotate: its family lives, and it is the newest.
task<result<token_facts>> machine_service::introspect_refresh(client_number asking, std::string_view token) {
    const key_ring_ptr keys = context_.keys();
    const std::optional<refresh_token_place> place = check_refresh_token(*keys, token);
    const std::optional<family_state> family = place ? context_.data.find_family(place->family) : std::nullopt;
    const std::string issued_to = client_id_of(entities_, family ? family->facts.client : first_party_client);
    const auto decide = [&] { return telling_of(entities_, asking, issued_to, {}); };
    auto settling = settled(context_.data, entities_, decide);
    const std::optional<telling> decided = co_await std::move(settling);
    if (!decided) {
        co_return storage_failure();
    }
    if (*decided == telling::no_asker) {
        co_return errc::invalid_client;
    }
    const std::optional<family_details> seen =
        place && *decided == telling::told ? context_.data.find_family_details(place->family) : std::nullopt;
    if (!seen) {
        co_return token_facts{};
    }
    const family_state& state = seen->state;
    const user_ptr who = context_.data.find_user(state.facts.user);
    task<result<void>> accepting = acceptance(context_.data, rests_on(context_, state));
    const result<void> stands = co_await std::move(accepting);
    if (!stands) {
        co_return stands.error();
    }
    if (!who || place->generation != state.word.generation() || !alive(state, context_.time.now())) {
        co_return token_facts{};
    }
    token_facts facts;
    facts.active = facts.is_refresh_token = true;
    facts.issuer = context_.settings.issuer;
    facts.client_id = issued_to;
    if (state.facts.client == first_party_client) {
        facts.subject = subject_of(context_.settings, *who);
        facts.username = who->username;
    } else {
        facts.subject = std::to_string(who->id.value);
    }
    facts.session = place->family;
    facts.issued_at = seen->last_use.at;
    facts.expires_at = state.facts.idle_expires_at(state.word);
    co_return facts;
}

// Of a token that a client was given for its user: told to that client, to those of its APIs, and to those that may ask
// about all. The user's name is not said: the client may not have been granted it.
task<result<token_facts>> machine_service::introspect_grant(client_number asking, access_claims claims,
                                                            family_state seen) {
    const auto decide = [&] { return telling_of(entities_, asking, claims.client_id, claims.audiences); };
    auto settling = settled(context_.data, entities_, decide);
    const std::optional<telling> decided = co_await std::move(settling);
    if (!decided) {
        co_return storage_failure();
    }
    if (*decided == telling::no_asker) {
        co_return errc::invalid_client;
    }
    if (*decided == telling::not_told) {
        co_return token_facts{};
    }
    task<result<void>> accepting = acceptance(context_.data, rests_on(context_, seen));
    const result<void> stands = co_await std::move(accepting);
    if (!stands) {
        co_return stands.error();
    }
    const std::optional<family_state> now = context_.data.find_family(claims.session);
    if (!now || !alive(*now, context_.time.now())) {
        co_return token_facts{};
    }
    context_.data.confirm_family(claims.session, claims.generation);
    token_facts facts;
    facts.active = true;
    facts.issuer = claims.issuer;
    facts.subject = std::to_string(claims.subject.value);
    facts.client_id = claims.client_id;
    facts.jwt_id = claims.jwt_id;
    facts.scope = claims.scope;
    facts.audiences = claims.audiences;
    facts.session = claims.session;
    facts.issued_at = claims.issued_at;
    facts.not_before = claims.not_before;
    facts.expires_at = claims.expires_at;
    co_return facts;
}

task<result<token_facts>> machine_service::introspect_user(client_number asking, std::string_view token) {
    if (std::optional<grant_token> grant = guard_.tokens_of_clients().read(token)) {
        task<result<token_facts>> telling_it =
            introspect_grant(asking, std::move(grant->claims), std::move(grant->seen));
        co_return co_await std::move(telling_it);
    }
    const std::vector<std::string> audiences = own_audiences(context_.settings);
    const auto decide = [&] { return telling_of(entities_, asking, first_party_client_id, audiences); };
    auto settling = settled(context_.data, entities_, decide);
    const std::optional<telling> decided = co_await std::move(settling);
    if (!decided) {
        co_return storage_failure();
    }
    if (*decided == telling::no_asker) {
        co_return errc::invalid_client;
    }
    if (*decided == telling::not_told) {
        co_return token_facts{};
    }
    task<result<principal>> asking_guard = guard_.authenticate(token);
    const result<principal> who = co_await std::move(asking_guard);
    if (!who && who.error().code == errc::storage_unavailable) {
        co_return who.error();
    }
    access_claims claims;
    const key_ring_ptr keys = context_.keys();
    const access_token_expectations expected = expectations_of(context_.settings, context_.time.now());
    // The guard has just proven these very bytes.
    const auto read_again = [&] { return check_access_token(*keys, token, expected, claims, signature_state::proven); };
    if (!who || read_again() != access_token_check::good) {
        co_return token_facts{};
    }
    token_facts facts;
    facts.active = true;
    facts.issuer = claims.issuer;
    facts.subject = subject_of(context_.settings, *who->user);
    facts.client_id = claims.client_id;
    facts.username = who->user->username;
    facts.jwt_id = claims.jwt_id;
    facts.scope = claims.scope;
    facts.audiences = audiences;
    facts.session = claims.session;
    facts.issued_at = claims.issued_at;
    facts.not_before = claims.not_before;
    facts.expires_at = claims.expires_at;
    co_return facts;
}

task<result<void>> machine_service::revoke(client_number asking, secret_string token, caller from) {
    const std::string_view text = token.reveal();
    const key_ring_ptr keys = context_.keys();
    if (is_refresh_token(text)) {
        const std::optional<refresh_token_place> place = check_refresh_token(*keys, text);
        if (!place) {
            co_return result<void>();
        }
        task<result<void>> ending = revoke_family(asking, place->family, std::move(from));
        co_return co_await std::move(ending);
    }
    if (is_of_session(*keys, text)) {
        const std::optional<family_id> session = guard_.session_of(text);
        if (!session) {
            co_return result<void>();
        }
        task<result<void>> ending = revoke_family(asking, *session, std::move(from));
        co_return co_await std::move(ending);
    }
    std::optional<machine_claims> claims = read(text);
    if (!claims || context_.time.now() >= claims->expires_at) {
        co_return result<void>();
    }
    task<result<void>> ending = revoke_machine(asking, *std::move(claims), std::move(from));
    co_return co_await std::move(ending);
}

task<result<void>> machine_service::revoke_family(client_number asking, family_id id, caller from) {
    const std::optional<family_state> seen = context_.data.find_family(id);
    if (!seen) {
        co_return result<void>();
    }
    if (seen->facts.client != asking) {
        co_return errc::token_of_another; // rests on facts that never change
    }
    const family_status why = seen->facts.client == first_party_client ? family_status::logout : family_status::revoked;
    task<result<void>> ending = log_out_family(context_, id, why, from);
    co_return co_await std::move(ending);
}

task<result<void>> machine_service::revoke_machine(client_number asking, machine_claims claims, caller from) {
    const token_id id{claims.jwt_id};
    const client_ptr issued_to = client_of_stamp(entities_, claims.client_id, claims.stamp);
    if (!issued_to || entities_.is_revoked(id)) { // dead already: told once that is durable
        task<result<void>> accepted = acceptance(context_.data, entities_.rests_on());
        co_return co_await std::move(accepted);
    }
    if (issued_to->number != asking) {
        task<failure> refused = refusal(context_.data, errc::token_of_another, entities_.rests_on());
        co_return co_await std::move(refused);
    }
    const result<put_result> put = entities_.put_revoked({id, issued_to->number, claims.expires_at});
    if (!put) {
        co_return put.error();
    }
    if (put->outcome == put_outcome::full) {
        task<failure> refused = refusal(context_.data, errc::too_many_revocations, put->wait_for);
        co_return co_await std::move(refused);
    }
    if (put->outcome == put_outcome::gone) { // the client was removed meanwhile: its tokens are dead
        task<result<void>> accepted = acceptance(context_.data, entities_.rests_on());
        co_return co_await std::move(accepted);
    }
    if (put->outcome != put_outcome::done) {
        co_return storage_failure();
    }
    security_event event;
    event.kind = event_kind::token_revoked;
    event.presented = use_of(from, context_.time.now());
    event.about = issued_to->client_id;
    const ticket noted = context_.data.append_event(event);
    task<result<void>> accepted = acceptance(context_.data, later(put->wait_for, noted));
    co_return co_await std::move(accepted);
}

} // namespace pawl
