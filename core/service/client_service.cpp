// An operator's changes of clients. Their secrets: client_service_secrets.cpp; APIs and scopes:
// client_service_apis.cpp.
#include "core/service/client_service.hpp"

#include "core/provider/client_secret.hpp"
#include "core/provider/forward.hpp"
#include "core/service/entity_change.hpp"

#include <boost/assert.hpp>

#include <functional>
#include <optional>

namespace pawl {

namespace {

std::string names_of_changes(const client& before, const client& after) {
    std::string names;
    const auto add = [&](bool differs, const char* name) {
        if (differs) {
            names.append(" ").append(name);
        }
    };
    add(before.name != after.name, "name");
    add(before.preset != after.preset, "preset");
    add(before.confidential != after.confidential, "type");
    add(before.enabled != after.enabled, after.enabled ? "enabled" : "disabled");
    add(before.redirect_uris != after.redirect_uris, "redirect_uris");
    add(before.post_logout_redirect_uris != after.post_logout_redirect_uris, "post_logout_redirect_uris");
    add(before.authorization_code != after.authorization_code || before.refresh_token != after.refresh_token ||
            before.client_credentials != after.client_credentials,
        "grants");
    add(before.auth_method != after.auth_method, "auth_method");
    add(before.jwks != after.jwks, "jwks");
    add(before.scopes != after.scopes, "scopes");
    add(before.default_scopes != after.default_scopes, "default_scopes");
    add(before.apis != after.apis, "apis");
    add(before.consent != after.consent, "consent");
    add(before.pkce != after.pkce, "pkce");
    add(before.bind != after.bind, "bind");
    add(before.code_reuse != after.code_reuse, "code_reuse");
    add(before.token_format != after.token_format, "token_format");
    add(before.id_token_alg != after.id_token_alg, "id_token_alg");
    add(before.access_token_ttl != after.access_token_ttl, "access_token_ttl");
    add(before.refresh_idle_ttl != after.refresh_idle_ttl, "refresh_idle_ttl");
    add(before.refresh_absolute_ttl != after.refresh_absolute_ttl, "refresh_absolute_ttl");
    add(before.reuse_window != after.reuse_window, "reuse_window");
    add(before.lost_response_window != after.lost_response_window, "lost_response_window");
    add(before.attributes != after.attributes, "attributes");
    add(before.forward != after.forward, "forward");
    add(before.secrets.size() > after.secrets.size(), "secrets");
    return names;
}

// Beside check_client(): a host is of one client, and the server's own is of none, since it would serve nothing else.
void check_hosts(const service_context& context, const client& desired, std::vector<field_error>& faults) {
    const std::string own = forward_host_of_url(context.settings.issuer);
    for (std::size_t i = 0; i < desired.forward.hosts.size(); ++i) {
        const std::string& host = desired.forward.hosts[i];
        const client_ptr other = context.entities->find_client_of_host(host);
        const std::string field = "forward.hosts[" + std::to_string(i) + "]";
        if (host == own) {
            faults.push_back({field, "is the server's own host"});
        } else if (other != nullptr && other->number != desired.number) {
            faults.push_back({field, "is a host of the client " + other->client_id});
        }
    }
}

// The algorithm of ID tokens that `desired` needs, `before` did not, and no key signs with. `before` may be null. Under
// HS256 there are no ID tokens.
std::optional<jws_algorithm> missing_signer(const service_context& context, const client* before,
                                            const client& desired) {
    const key_ring_ptr keys = context.keys();
    const jws_algorithm algorithm = jws_algorithm_of(desired.id_token_alg);
    const bool is_needed = desired.takes_id_tokens() && keys->signing_key->algorithm() != jws_algorithm::hs256;
    const bool was_needed =
        before != nullptr && before->takes_id_tokens() && before->id_token_alg == desired.id_token_alg;
    if (!is_needed || was_needed || keys->signer_of(algorithm, context.time.now()) != nullptr) {
        return std::nullopt;
    }
    return algorithm;
}

// Decides without a wait; where it fills `missing`, nothing has changed, and a key of that algorithm comes first.
template <class T>
using client_decision = std::function<entity_answer<T>(std::optional<jws_algorithm>& missing)>;
constexpr unsigned signers_max = 3; // algorithms of ID tokens: each is missing once at most, for no key of one goes

// Decides, makes the key that is missing and decides anew: another change may have come between. Awaited directly.
template <class T>
task<result<T>> decide_and_tell(const service_context& context, signer_maker* signers, const operator_caller& by,
                                const client_decision<T>& decide) {
    ticket noted = ticket::none;
    for (unsigned made = 0; made <= signers_max; ++made) {
        if (std::optional<failure> refused = no_operator(context, by)) {
            co_return *std::move(refused);
        }
        std::optional<jws_algorithm> missing;
        entity_answer<T> decided = decide(missing);
        if (!missing) {
            decided.wait_for = later(decided.wait_for, noted);
            task<result<T>> telling = tell(context.data, std::move(decided));
            co_return co_await std::move(telling);
        }
        task<result<std::string>> making = signers->make_signer(*missing);
        result<std::string> about = co_await std::move(making);
        if (!about) {
            co_return about.error();
        }
        if (!about->empty()) {
            noted =
                later(noted, record_act(context, by, event_kind::key_added, user_id{}, family_id{}, *std::move(about)));
        }
    }
    co_return storage_failure();
}

// `missing` is null where keys are of no concern.
entity_answer<made_client> create(const service_context& context, const operator_caller& by,
                                  const client_wishes& wanted, std::optional<jws_algorithm>* missing) {
    registry& all = *context.entities;
    const timestamp now = context.time.now();
    client desired = new_client(wanted);
    desired.created_at = now;
    std::vector<field_error> faults = check_client(desired, *all.find_catalogue());
    check_hosts(context, desired, faults);
    if (!faults.empty()) {
        return {failure(errc::validation_failed, std::move(faults)), all.rests_on()};
    }
    if (all.count_clients() >= context.settings.clients_max) {
        return {failure(errc::too_many_entities), all.rests_on()};
    }
    if (all.find_client(desired.client_id) != nullptr) {
        return {failure(client_port::taken), all.rests_on()};
    }
    if (missing != nullptr && (*missing = missing_signer(context, nullptr, desired))) {
        return {storage_failure()};
    }
    entity_answer<client_ptr> put = put_new<client_port>(context, std::move(desired));
    if (!put.outcome) {
        return {put.outcome.error(), put.wait_for};
    }
    made_client made{*put.outcome, {}};
    ticket wait_for = later(put.wait_for, record_act(context, by, event_kind::client_created, user_id{}, family_id{},
                                                     made.record->client_id));
    if (proves_by_secret(made.record->auth_method)) { // its number is in the secret, so the secret comes after it
        auto with_secret = std::make_shared<client>(*made.record);
        with_secret->version += 1;
        with_secret->last_serial = 1;
        const key_ring_ptr keys = context.keys();
        made_secret secret =
            make_client_secret(*keys->capsules, with_secret->number, 1, now, timestamp{}, context.random);
        with_secret->secrets.push_back(secret.entry);
        const result<put_result> again = all.put_client(*with_secret);
        if (!again) {
            return {again.error()};
        }
        if (again->outcome != put_outcome::done) {
            return {storage_failure()};
        }
        wait_for = later(wait_for, again->wait_for);
        made = {std::move(with_secret), std::move(secret.text)};
    }
    return {std::move(made), wait_for};
}

} // namespace

client_service::client_service(service_context context, signer_maker* signers)
    : context_(std::move(context)), signers_(signers) {
    BOOST_ASSERT(context_.entities != nullptr);
}

task<result<made_client>> client_service::create_client(operator_caller by, client_wishes wanted) {
    const client_decision<made_client> decide = [&](std::optional<jws_algorithm>& missing) {
        const change_guard alone(changing_);
        return create(context_, by, wanted, signers_ == nullptr ? nullptr : &missing);
    };
    task<result<made_client>> deciding = decide_and_tell(context_, signers_, by, decide);
    co_return co_await std::move(deciding);
}

task<result<client_ptr>> client_service::change_client(operator_caller by, std::string client_id,
                                                       client_wishes wanted) {
    std::optional<jws_algorithm> needs;
    const auto edit = [&](client& desired, const client& current) -> result<edit_outcome> {
        put_wishes(desired, wanted);
        std::vector<field_error> faults = check_client(desired, *context_.entities->find_catalogue());
        check_hosts(context_, desired, faults);
        if (wanted.client_id && *wanted.client_id != current.client_id) {
            faults.push_back({"client_id", "never changes"});
        }
        if (!faults.empty()) {
            return failure(errc::validation_failed, std::move(faults));
        }
        needs = signers_ == nullptr ? std::nullopt : missing_signer(context_, &current, desired);
        if (needs) {
            return storage_failure(); // told to none: the key comes first
        }
        if (current.enabled && !desired.enabled) { // enabling leaves the epoch: what disabling ended stays ended
            desired.raise_epoch();
            desired.epoch_raised_at = context_.time.now();
        }
        const std::string names = names_of_changes(current, desired);
        return edit_outcome{!names.empty(), current.client_id + ":" + names};
    };
    const client_decision<client_ptr> decide = [&](std::optional<jws_algorithm>& missing) {
        const change_guard alone(changing_);
        needs.reset();
        auto changed = change_record<client_port>(context_, by, client_id, event_kind::client_changed, edit);
        missing = needs;
        return changed;
    };
    task<result<client_ptr>> deciding = decide_and_tell(context_, signers_, by, decide);
    co_return co_await std::move(deciding);
}

task<result<void>> client_service::remove_client(operator_caller by, std::string client_id) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const auto edit = [&](client& desired, const client& current) -> result<edit_outcome> {
        desired = tombstone_of(current);
        desired.raise_epoch();
        desired.epoch_raised_at = context_.time.now();
        return edit_outcome{true, current.client_id};
    };
    const auto decide = [&] {
        const change_guard alone(changing_);
        return change_record<client_port>(context_, by, client_id, event_kind::client_removed, edit);
    };
    task<result<client_ptr>> telling = tell(context_.data, decide());
    const result<client_ptr> removed = co_await std::move(telling);
    if (!removed) {
        co_return removed.error();
    }
    co_return result<void>();
}

task<result<client_page>> client_service::list_clients(client_number after, std::size_t limit) {
    client_page page;
    page.clients = context_.entities->clients_after(after, limit + 1);
    if (page.clients.size() > limit) {
        page.clients.resize(limit);
        page.next = page.clients.back()->number;
    }
    entity_answer<client_page> seen{std::move(page), context_.entities->rests_on()};
    task<result<client_page>> telling = tell(context_.data, std::move(seen));
    co_return co_await std::move(telling);
}

task<result<client_ptr>> client_service::find_client(std::string client_id) {
    entity_answer<client_ptr> seen{context_.entities->find_client(client_id), ticket::none};
    seen.wait_for = context_.entities->rests_on();
    if (*seen.outcome == nullptr) {
        seen.outcome = failure(errc::client_not_found);
    }
    task<result<client_ptr>> telling = tell(context_.data, std::move(seen));
    co_return co_await std::move(telling);
}

task<result<void>> client_service::log_out_client(operator_caller by, std::string client_id) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const auto edit = [&](client& desired, const client& current) -> result<edit_outcome> {
        desired.raise_epoch();
        desired.epoch_raised_at = context_.time.now();
        return edit_outcome{true, current.client_id};
    };
    const auto decide = [&] {
        const change_guard alone(changing_);
        return change_record<client_port>(context_, by, client_id, event_kind::client_logged_out, edit);
    };
    task<result<client_ptr>> telling = tell(context_.data, decide());
    const result<client_ptr> changed = co_await std::move(telling);
    if (!changed) {
        co_return changed.error();
    }
    co_return result<void>();
}

} // namespace pawl
