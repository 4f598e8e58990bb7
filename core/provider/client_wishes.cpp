#include "core/provider/client_wishes.hpp"

#include "core/jwt/client_keys.hpp"

#include <algorithm>

namespace pawl {

namespace {

// How long the predecessor of a refresh token is answered with the same successor where its answer was lost: an app on
// a phone is put to sleep for minutes, an agent tries again by itself.
constexpr seconds lost_response_window_of_web{60}, lost_response_window_of_mobile{600},
    lost_response_window_of_agent{300};

template <class T>
void put(T& place, const wish<T>& wanted, const T& neutral) {
    if (wanted) {
        place = wanted->value_or(neutral);
    }
}

void put_grants(client& record, const wish<client_grants>& wanted, const client& neutral) {
    if (!wanted) {
        return;
    }
    const client_grants grants =
        wanted->value_or(client_grants{neutral.authorization_code, neutral.refresh_token, neutral.client_credentials});
    record.authorization_code = grants.authorization_code;
    record.refresh_token = grants.refresh_token;
    record.client_credentials = grants.client_credentials;
}

// What a record is where nothing else is said.
client neutral_of(const client& record) {
    return record.is_forward() ? forward_client(record.preset, record.forward) : preset_client(record.preset);
}

bool has_secrets(client_auth_method method) {
    return method == client_auth_method::client_secret_basic || method == client_auth_method::client_secret_post;
}

} // namespace

client preset_client(client_preset preset) {
    client c;
    c.preset = preset;
    const bool is_public =
        preset == client_preset::spa || preset == client_preset::mobile || preset == client_preset::agent;
    c.confidential = !is_public;
    c.auth_method = is_public ? client_auth_method::none : client_auth_method::client_secret_basic;
    const bool has_users = is_public || preset == client_preset::web;
    c.authorization_code = c.refresh_token = has_users;
    c.client_credentials = preset == client_preset::service;
    c.bind =
        preset == client_preset::web || preset == client_preset::spa ? client_binding::session : client_binding::none;
    if (preset == client_preset::web) {
        c.lost_response_window = lost_response_window_of_web;
    } else if (preset == client_preset::mobile) {
        c.lost_response_window = lost_response_window_of_mobile;
    } else if (preset == client_preset::agent) {
        c.lost_response_window = lost_response_window_of_agent;
    }
    return c;
}

client forward_client(client_preset preset, const client_forward& forward) {
    client c = preset_client(preset);
    c.forward = forward;
    c.confidential = false;
    c.auth_method = client_auth_method::none;
    c.authorization_code = true;
    c.refresh_token = false;
    c.consent = client_consent::never;
    c.bind = client_binding::session;
    c.lost_response_window = seconds(0);
    c.scopes = {"profile", "email", "roles"};
    for (const std::string& name : forward.scopes) {
        if (std::ranges::find(c.scopes, name) == c.scopes.end()) {
            c.scopes.push_back(name);
        }
    }
    return c;
}

void put_wishes(client& record, const client_wishes& wanted) {
    put(record.preset, wanted.preset, client_preset::web);
    put(record.forward, wanted.forward, {});
    const client neutral = neutral_of(record);
    put(record.name, wanted.name, record.client_id);
    put(record.confidential, wanted.confidential, neutral.confidential);
    put(record.enabled, wanted.enabled, neutral.enabled);
    put(record.redirect_uris, wanted.redirect_uris, {});
    put(record.post_logout_redirect_uris, wanted.post_logout_redirect_uris, {});
    put_grants(record, wanted.grants, neutral);
    put(record.auth_method, wanted.auth_method, neutral.auth_method);
    put(record.jwks, wanted.jwks, {});
    if (client_keys known = read_client_keys(record.jwks); known.problem.empty()) {
        record.jwks = std::move(known.normalised); // what is not fit is refused by the rules, as it was sent
    }
    put(record.scopes, wanted.scopes, neutral.scopes);
    if (record.is_forward() && wanted.forward && !wanted.scopes) { // they follow from it
        record.scopes = neutral.scopes;
    }
    put(record.default_scopes, wanted.default_scopes, {});
    put(record.apis, wanted.apis, {});
    put(record.consent, wanted.consent, neutral.consent);
    put(record.pkce, wanted.pkce, neutral.pkce);
    put(record.bind, wanted.bind, neutral.bind);
    put(record.code_reuse, wanted.code_reuse, neutral.code_reuse);
    put(record.token_format, wanted.token_format, neutral.token_format);
    put(record.id_token_alg, wanted.id_token_alg, neutral.id_token_alg);
    put(record.access_token_ttl, wanted.access_token_ttl, neutral.access_token_ttl);
    put(record.refresh_idle_ttl, wanted.refresh_idle_ttl, neutral.refresh_idle_ttl);
    put(record.refresh_absolute_ttl, wanted.refresh_absolute_ttl, neutral.refresh_absolute_ttl);
    put(record.reuse_window, wanted.reuse_window, neutral.reuse_window);
    put(record.lost_response_window, wanted.lost_response_window, neutral.lost_response_window);
    put(record.attributes, wanted.attributes, {});
    if (!has_secrets(record.auth_method)) { // one that is left would be good again with the next change of the method
        record.secrets.clear();
    }
}

client new_client(const client_wishes& wanted) {
    client_preset preset = client_preset::web;
    put(preset, wanted.preset, preset);
    client_forward forward;
    put(forward, wanted.forward, {});
    client c = forward.hosts.empty() ? preset_client(preset) : forward_client(preset, forward);
    c.client_id = wanted.client_id.value_or("");
    c.name = c.client_id;
    const bool says_type = wanted.confidential && *wanted.confidential;
    if (says_type && **wanted.confidential != c.confidential) { // the other type than the preset's: its way to prove it
        c.confidential = **wanted.confidential;
        c.auth_method = c.confidential ? client_auth_method::client_secret_basic : client_auth_method::none;
    }
    put_wishes(c, wanted);
    return c;
}

void put_wishes(api& record, const api_wishes& wanted) {
    put(record.name, wanted.name, record.identifier);
    put(record.token_format, wanted.token_format, access_token_format::jwt);
    put(record.access_token_ttl, wanted.access_token_ttl, seconds(0));
}

void put_wishes(scope& record, const scope_wishes& wanted) {
    put(record.api, wanted.api, {});
    put(record.text_en, wanted.text_en, {});
    put(record.text_de, wanted.text_de, {});
    put(record.roles, wanted.roles, {});
}

} // namespace pawl
