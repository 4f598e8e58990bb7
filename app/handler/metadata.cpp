// What a client learns from the issuer alone: RFC 8414 (authorization server metadata) and, at the path that most
// libraries ask, the same for OpenID Connect Discovery. It says what is on today, and nothing that is not.
#include "app/handler/authorizing.hpp"
#include "app/handler/grants.hpp"
#include "app/handler/rows.hpp"
#include "core/family/family.hpp"
#include "core/jwt/client_keys.hpp"
#include "core/jwt/key_ring.hpp"
#include "core/provider/machine_grant.hpp"
#include "core/provider/standard_claims.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/settled.hpp"
#include "core/text/json_text.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
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

// How clients prove who they are where they must: `none` is no proof.
std::string proofs_json(std::initializer_list<std::string_view> more) {
    std::vector<std::string_view> names;
    for (const std::string_view method : client_authentication_methods()) {
        if (method != "none") {
            names.push_back(method);
        }
    }
    names.insert(names.end(), more);
    return array_json(names);
}

// The built-in ones, without people those of machines alone, and those that are defined.
std::string scopes_json(const catalogue& all, bool of_people) {
    std::vector<std::string_view> names;
    for (const std::string_view builtin : builtin_scope_names()) {
        if (of_people || is_machine_scope(builtin)) {
            names.push_back(builtin);
        }
    }
    for (const scope_ptr& one : all.scopes) {
        names.emplace_back(one->name);
    }
    return array_json(names);
}

// Without people there are no codes to be exchanged.
std::string grants_json(bool of_people) {
    std::vector<std::string_view> names;
    for (const grant& row : all_grants()) {
        if (of_people || row.name != "authorization_code") {
            names.push_back(row.name);
        }
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

// Those that a client may want its ID tokens signed with; the first is what it gets where it says nothing (OIDC Core
// 2).
constexpr std::array<std::string_view, 3> id_token_algorithms{"RS256", "ES256", "EdDSA"};

std::string acrs_json() {
    std::vector<std::string_view> names;
    for (const std::string_view name : acr_names) {
        if (!name.empty()) {
            names.push_back(name);
        }
    }
    return array_json(names);
}

// What clients learn of people (OIDC Discovery 3).
void add_people(json_object_writer& object, std::string_view issuer) {
    object.member("authorization_endpoint", url_of(issuer, "/authorize"))
        .member("end_session_endpoint", url_of(issuer, "/end_session"))
        .member("userinfo_endpoint", url_of(issuer, "/userinfo"))
        .raw("response_types_supported", R"(["code"])")
        .raw("response_modes_supported", R"(["query","fragment","form_post"])")
        .raw("prompt_values_supported", R"(["none","login","consent","select_account"])")
        .raw("ui_locales_supported", R"(["en","de"])")
        .raw("display_values_supported", R"(["page"])")
        .member("claims_parameter_supported", true)
        .member("authorization_response_iss_parameter_supported", true) // RFC 9207
        .raw("code_challenge_methods_supported", R"(["S256"])")
        .raw("id_token_signing_alg_values_supported", array_json(id_token_algorithms))
        .raw("claims_supported", array_json(claims_supported()))
        .raw("claim_types_supported", R"(["normal"])")
        .raw("acr_values_supported", acrs_json());
}

// What clients and APIs are for. Only where the server has them.
void add_provider(json_object_writer& object, std::string_view issuer, const catalogue& all, bool of_people) {
    const std::string algorithms = array_json(client_signing_algorithms()); // of private_key_jwt
    object.raw("scopes_supported", scopes_json(all, of_people))
        .raw("token_endpoint_auth_signing_alg_values_supported", algorithms)
        .member("introspection_endpoint", url_of(issuer, "/introspect"))
        .raw("introspection_endpoint_auth_methods_supported", proofs_json({"Bearer"}))
        .raw("introspection_endpoint_auth_signing_alg_values_supported", algorithms)
        .member("revocation_endpoint", url_of(issuer, "/revoke"))
        .raw("revocation_endpoint_auth_methods_supported", array_json(client_authentication_methods()))
        .raw("revocation_endpoint_auth_signing_alg_values_supported", algorithms);
}

task<http_response> handle_metadata(app_context& context, const http_request& /*request*/) {
    catalogue_ptr all;
    if (context.entities != nullptr && context.machines != nullptr) {
        const auto look = [&] { return context.entities->find_catalogue(); };
        auto settling = settled(context.data, *context.entities, look);
        const std::optional<catalogue_ptr> seen = co_await std::move(settling);
        if (!seen) {
            co_return problem_response(storage_failure());
        }
        all = *seen;
    }
    const std::string& issuer = context.settings.issuer;
    const key_ring_ptr keys = context.keys();
    const bool of_people = signs_in_for_clients(context);
    http_response response;
    response.content_type = "application/json";
    response.headers.emplace_back(
        "Cache-Control", "public, max-age=" + std::to_string(jwks_max_age.count())); // as the keys that it names
    json_object_writer object(response.body);
    object.member("issuer", issuer)
        .member("token_endpoint", url_of(issuer, "/token"))
        .member("jwks_uri", url_of(issuer, "/.well-known/jwks.json"))
        .raw("grant_types_supported", grants_json(of_people))
        .raw("token_endpoint_auth_methods_supported", array_json(client_authentication_methods()))
        .raw("subject_types_supported", R"(["public"])")
        .member("request_parameter_supported", false)
        .member("request_uri_parameter_supported", false) // absent, it would mean true
        .member("service_documentation", url_of(issuer, "/docs"));
    if (of_people) {
        add_people(object, issuer);
    } else {
        object
            .raw("response_types_supported", "[]") // no authorization endpoint
            .raw("response_modes_supported", "[]") // absent, it would mean query and fragment
            .raw("id_token_signing_alg_values_supported", algorithms_json(*keys));
    }
    if (all != nullptr) {
        add_provider(object, issuer, *all, of_people);
    }
    object.end();
    co_return response;
}

// "auth" of "https://example.com/auth"; empty where the issuer has no path.
std::string_view path_of(std::string_view issuer) {
    const std::size_t authority = issuer.find("://") + 3;
    std::string_view path = issuer.substr(std::min(issuer.find('/', authority), issuer.size()));
    path.remove_suffix(path.ends_with('/') ? 1 : 0);
    return path.substr(path.empty() ? 0 : 1);
}

task<http_response> handle_metadata_of_path(app_context& context, const http_request& request) {
    if (request.path_parameter != path_of(context.settings.issuer)) {
        co_return problem_response(request_problem::not_found);
    }
    auto pending = handle_metadata(context, request);
    co_return co_await std::move(pending);
}

using enum http_method;

constexpr route rows[] = {
    {get, "/.well-known/oauth-authorization-server", handle_metadata, "metadata", refuses(errc::storage_unavailable)},
    {get, "/.well-known/openid-configuration", handle_metadata, "discovery", refuses(errc::storage_unavailable)},
    // RFC 8414 3.1: of an issuer with a path, the path comes after.
    {get, "/.well-known/oauth-authorization-server/{id}", handle_metadata_of_path, "metadata_of_path",
     refuses(request_problem::not_found, errc::storage_unavailable)},
    {get, "/.well-known/openid-configuration/{id}", handle_metadata_of_path, "discovery_of_path",
     refuses(request_problem::not_found, errc::storage_unavailable)},
};

} // namespace

constinit const row_list metadata_rows(rows);

} // namespace pawl::app
