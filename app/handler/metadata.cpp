// What a client learns from the issuer alone: RFC 8414 (authorization server metadata) and, at the path that most
// libraries ask, the same for OpenID Connect Discovery. It says what is on today, and nothing that is not.
#include "app/handler/grants.hpp"
#include "app/handler/rows.hpp"
#include "core/jwt/key_ring.hpp"
#include "core/text/json_text.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

namespace {

// "https://id.example/" and "https://id.example" have one token endpoint.
std::string url_of(std::string_view issuer, std::string_view path) {
    std::string url(issuer.substr(0, issuer.size() - (issuer.ends_with('/') ? 1 : 0)));
    return url.append(path);
}

// Of words that need no escapes.
std::string array_json(std::span<const std::string_view> words) {
    std::string text = "[";
    for (const std::string_view word : words) {
        text.append(text.size() > 1 ? "," : "").append("\"").append(word).append("\"");
    }
    return text.append("]");
}

std::string grants_json() {
    std::vector<std::string_view> names;
    for (const grant& row : all_grants()) {
        names.push_back(row.name);
    }
    return array_json(names);
}

// Of the keys that tokens may be signed with: after a change of algorithm both, for a while.
std::string algorithms_json(const key_ring& keys) {
    std::vector<std::string_view> names;
    for (const auto& key : keys.verifying_keys) {
        const std::string_view name = to_text(key->algorithm());
        if (std::ranges::find(names, name) == names.end()) {
            names.push_back(name);
        }
    }
    return array_json(names);
}

task<http_response> handle_metadata(app_context& context, const http_request& /*request*/) {
    const std::string& issuer = context.settings.issuer;
    const key_ring_ptr keys = context.keys();
    http_response response;
    response.content_type = "application/json";
    response.headers.emplace_back(
        "Cache-Control", "public, max-age=" + std::to_string(jwks_max_age.count())); // as the keys that it names
    json_object_writer(response.body)
        .member("issuer", issuer)
        .member("token_endpoint", url_of(issuer, "/token"))
        .member("jwks_uri", url_of(issuer, "/.well-known/jwks.json"))
        .raw("grant_types_supported", grants_json())
        .raw("response_types_supported", "[]") // no authorization endpoint
        .raw("token_endpoint_auth_methods_supported", array_json(client_authentication_methods()))
        .raw("subject_types_supported", R"(["public"])")
        .raw("id_token_signing_alg_values_supported", algorithms_json(*keys))
        .member("service_documentation", url_of(issuer, "/docs"))
        .end();
    co_return response;
}

using enum http_method;

constexpr route rows[] = {
    {get, "/.well-known/oauth-authorization-server", handle_metadata, "metadata", refuses()},
    {get, "/.well-known/openid-configuration", handle_metadata, "discovery", refuses()},
};

} // namespace

constinit const row_list metadata_rows(rows);

} // namespace pawl::app
