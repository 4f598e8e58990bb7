// From a client, an API, a scope to JSON. A secret is in it only where it was just made.
#include "app/dto/client_json.hpp"
#include "app/dto/responses.hpp"
#include "core/provider/client_words.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"

namespace pawl::app {

namespace {

std::string text_or_null(std::string_view text) {
    std::string out;
    if (text.empty()) {
        out = "null";
    } else {
        append_json_string(out, text);
    }
    return out;
}

std::string seconds_or_null(seconds value) {
    return value == seconds(0) ? "null" : std::to_string(value.count());
}

std::string grants_json(const client& c) {
    std::vector<std::string> names;
    for (const auto& [has, name] :
         {std::pair{c.authorization_code, "authorization_code"}, std::pair{c.refresh_token, "refresh_token"},
          std::pair{c.client_credentials, "client_credentials"}}) {
        if (has) {
            names.emplace_back(name);
        }
    }
    return json_array(names);
}

// What is known of the secrets: never what they are, nor what they are compared with.
std::string secrets_json(const client& c) {
    std::string out = "[";
    for (const client_secret_entry& secret : c.secrets) {
        out += out.size() > 1 ? "," : "";
        json_object_writer(out)
            .member("serial", std::uint64_t{secret.serial})
            .member("created_at", to_rfc3339(secret.created_at))
            .raw("expires_at",
                 text_or_null(secret.expires_at == timestamp{} ? std::string() : to_rfc3339(secret.expires_at)))
            .end();
    }
    out.push_back(']');
    return out;
}

std::string token_format_json(client_token_format format) {
    return format == client_token_format::of_api ? "null"
           : format == client_token_format::jwt  ? "\"jwt\""
                                                 : "\"opaque\"";
}

std::string forward_json(const client& c) {
    if (!c.is_forward()) {
        return "null";
    }
    std::string out;
    json_object_writer(out)
        .raw("hosts", json_array(c.forward.hosts))
        .raw("roles", json_array(c.forward.roles))
        .raw("scopes", json_array(c.forward.scopes))
        .end();
    return out;
}

void add_choices(json_object_writer& object, const client& c) {
    object.member("preset", to_text(c.preset))
        .member("type", c.confidential ? "confidential" : "public")
        .member("enabled", c.enabled);
}

void add_later(json_object_writer& object) {
    object.raw("jwks_uri", "null")
        .raw("tls_subject", "null")
        .member("subject_type", "public")
        .raw("id_token_encryption", "null")
        .raw("userinfo_alg", "null")
        .member("require_par", false)
        .member("require_signed_request", false)
        .raw("exchange", "[]")
        .raw("backchannel_logout_uri", "null")
        .raw("claims", "[]");
}

} // namespace

std::string client_json(const client& c, std::string_view secret) {
    std::string out;
    json_object_writer object(out);
    object.member("client_id", c.client_id).member("name", c.name);
    add_choices(object, c);
    object.raw("redirect_uris", json_array(c.redirect_uris))
        .raw("post_logout_redirect_uris", json_array(c.post_logout_redirect_uris))
        .raw("grants", grants_json(c))
        .member("auth_method", to_text(c.auth_method))
        .raw("secrets", secrets_json(c))
        .raw("jwks", c.jwks.empty() ? "null" : c.jwks)
        .raw("scopes", json_array(c.scopes))
        .raw("default_scopes", json_array(c.default_scopes))
        .raw("apis", json_array(c.apis))
        .member("consent", to_text(c.consent))
        .member("pkce", to_text(c.pkce))
        .raw("token_format", token_format_json(c.token_format))
        .member("id_token_alg", to_text(c.id_token_alg))
        .raw("access_token_ttl", seconds_or_null(c.access_token_ttl))
        .raw("refresh_idle_ttl", seconds_or_null(c.refresh_idle_ttl))
        .raw("refresh_absolute_ttl", seconds_or_null(c.refresh_absolute_ttl))
        .raw("reuse_window", seconds_or_null(c.reuse_window))
        .raw("lost_response_window", seconds_or_null(c.lost_response_window))
        .member("bind", to_text(c.bind))
        .member("code_reuse", to_text(c.code_reuse))
        .raw("attributes", c.attributes.empty() ? "{}" : c.attributes)
        .raw("forward", forward_json(c));
    add_later(object);
    object.member("origin", to_text(c.origin)).member("created_at", to_rfc3339(c.created_at));
    if (!secret.empty()) {
        object.member("client_secret", secret);
    }
    object.end();
    return out;
}

std::string api_json(const api& a, const catalogue& known) {
    std::vector<std::string> scopes;
    for (const scope_ptr& s : known.scopes) {
        if (s->api == a.identifier) {
            scopes.push_back(s->name);
        }
    }
    std::string out;
    json_object_writer(out)
        .member("identifier", a.identifier)
        .member("name", a.name)
        .raw("scopes", json_array(scopes))
        .member("token_format", to_text(a.token_format))
        .raw("access_token_ttl", seconds_or_null(a.access_token_ttl))
        .member("created_at", to_rfc3339(a.created_at))
        .end();
    return out;
}

std::string scope_json(const scope& s) {
    std::string texts;
    json_object_writer(texts).raw("en", text_or_null(s.text_en)).raw("de", text_or_null(s.text_de)).end();
    std::string out;
    json_object_writer(out)
        .member("name", s.name)
        .raw("api", text_or_null(s.api))
        .raw("texts", texts)
        .raw("roles", json_array(s.roles))
        .member("created_at", to_rfc3339(s.created_at))
        .end();
    return out;
}

} // namespace pawl::app
