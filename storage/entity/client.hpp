// Clients on disk. Their own rules: core/provider/client.hpp.
#pragma once

#include "core/provider/client.hpp"
#include "storage/entity/api.hpp"
#include "storage/entity/provider_names.hpp"
#include "storage/entity/scope.hpp"
#include "storage/record/bounded_form.hpp"
#include "storage/record/tell.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace pawl {

// Secrets as dumps and comparisons tell them: which there are, never what proves them.
void tell_value(json_object_writer& w, std::string_view name, const std::vector<client_secret_entry>& secrets);
std::string text_of(const std::vector<client_secret_entry>& secrets);

} // namespace pawl

namespace pawl::storage {

template <>
struct declaration<client_secret_entry> {
    using record = client_secret_entry;
    static constexpr const char* name = "client_secret";
    static constexpr const char* list_text = "u8 count, count x client_secret";

    static constexpr std::tuple fields{
        at<&record::serial>("serial"),         at<&record::what>("what"),
        at<&record::key_id>("key_id"),         at_as<bytes_form<32>, &record::proof>("proof").with(exposure::guarded),
        at<&record::created_at>("created_at"), at<&record::expires_at>("expires_at"),
    };
    // The proof of one that was made is 16 bytes long.
    static bool sound(const record& s) {
        const bool fits = std::all_of(s.proof.begin() + 16, s.proof.end(), [](std::uint8_t b) { return b == 0; });
        return s.serial != 0 && (fits || s.what == record::kind::given);
    }
};

template <>
struct declaration<client> {
    static constexpr record_type type = record_type::client;
    static constexpr const char* name = "client";
    static constexpr record_kind kind = record_kind::state;
    static constexpr std::uint16_t version = 2;
    using refers_to = entities<scope, api>;

    using uris = bounded_texts<client_uris_max, client_uri_size_max>;
    static constexpr std::tuple fields{
        at<&client::number>("number"),
        at<&client::version>("version"),
        flags("flags", bit<&client::removed>("removed"), bit<&client::confidential>("confidential"),
              bit<&client::enabled>("enabled"), bit<&client::authorization_code>("authorization_code"),
              bit<&client::refresh_token>("refresh_token"), bit<&client::client_credentials>("client_credentials")),
        at<&client::preset>("preset"),
        at<&client::auth_method>("auth_method"),
        at<&client::consent>("consent"),
        at<&client::pkce>("pkce"),
        at<&client::bind>("bind"),
        at<&client::code_reuse>("code_reuse"),
        at<&client::token_format>("token_format"),
        at<&client::id_token_alg>("id_token_alg"),
        at<&client::origin>("origin"),
        at<&client::created_at>("created_at"),
        at<&client::epoch>("epoch"),
        at<&client::epoch_raised_at>("epoch_raised_at"),
        at<&client::access_token_ttl>("access_token_ttl"),
        at<&client::refresh_idle_ttl>("refresh_idle_ttl"),
        at<&client::refresh_absolute_ttl>("refresh_absolute_ttl"),
        at<&client::reuse_window>("reuse_window"),
        at<&client::lost_response_window>("lost_response_window"),
        at<&client::last_serial>("last_serial"),
        at_as<bounded_parts<client_secret_entry, client_secrets_max>, &client::secrets>("secrets").with(
            exposure::guarded),
        at_as<bounded_text<client_id_size_max>, &client::client_id>("client_id"),
        at_as<bounded_text<client_name_size_max>, &client::name>("name"),
        at_as<uris, &client::redirect_uris>("redirect_uris"),
        at_as<uris, &client::post_logout_redirect_uris>("post_logout_redirect_uris"),
        at_as<bounded_texts<client_scopes_max, scope_name_size_max>, &client::scopes>("scopes"),
        at_as<bounded_texts<client_scopes_max, scope_name_size_max>, &client::default_scopes>("default_scopes"),
        at_as<bounded_texts<client_apis_max, api_identifier_size_max>, &client::apis>("apis"),
        at_as<bounded_text<client_jwks_size_max>, &client::jwks>("jwks"),
        at_as<bounded_text<client_attributes_size_max>, &client::attributes>("attributes"),
        at_as<bounded_texts<forward_hosts_max, forward_host_size_max>, &client::forward, &client_forward::hosts>(
            "forward_hosts")
            .in_version(2),
        at_as<bounded_texts<forward_roles_max, scope_role_size_max>, &client::forward, &client_forward::roles>(
            "forward_roles")
            .in_version(2),
        at_as<bounded_texts<client_scopes_max, scope_name_size_max>, &client::forward, &client_forward::scopes>(
            "forward_scopes")
            .in_version(2),
    };
    static bool sound(const client& c) {
        std::uint32_t last = 0;
        for (const client_secret_entry& s : c.secrets) {
            if (s.serial <= last) {
                return false;
            }
            last = s.serial;
        }
        return c.number >= first_registered_client && c.version != 0 && !c.client_id.empty() && last <= c.last_serial &&
               (!c.removed || c == tombstone_of(c));
    }
    static std::uint32_t key(const client& c) { return c.number.value; }
    static bool newer(const client& read, const client& known) { return read.version > known.version; }
    static const std::string& name_of_one(const client& c) { return c.client_id; }

    static void export_secrets(json_object_writer& w, const client& c);
    static bool is_forward(const client& c) { return c.is_forward(); }

    static constexpr std::array exported{
        told<client>{.member = "number", .says = "16 to 2^31 - 1", .absent = "the next free one"},
        told<client>{.member = "version", .says = "+1 with every change of the client", .absent = "1"},
        told<client>{.member = "client_id", .absent = "required"},
        told<client>{.member = "name", .absent = "`\"\"`"},
        told<client>{.member = "removed",
                     .says = "a tombstone: its `client_id` is free, its number is not given again",
                     .absent = "`false`"},
        told<client>{
            .member = "preset", .says = "`web`, `spa`, `mobile`, `agent`, `service`, `api`", .absent = "`web`"},
        told<client>{.member = "confidential", .absent = "`true`"},
        told<client>{.member = "enabled", .absent = "`true`"},
        told<client>{.member = "authorization_code", .says = "a grant it has, as the next two", .absent = "`false`"},
        told<client>{.member = "refresh_token", .absent = "`false`"},
        told<client>{.member = "client_credentials", .absent = "`false`"},
        told<client>{.member = "auth_method",
                     .says = "`none`, `client_secret_basic`, `client_secret_post`, `private_key_jwt`",
                     .absent = "`client_secret_basic`"},
        told<client>{.member = "secrets",
                     .write = export_secrets,
                     .says = "at most 2 of `serial`, `what` (`made`, `given`), `key_id`, `proof` (64 hex digits), "
                             "`created_at`, `expires_at`: good with the same key file alone",
                     .absent = "`[]`"},
        told<client>{.member = "last_serial", .says = "the highest serial a secret ever had", .absent = "0"},
        told<client>{.member = "jwks", .says = "a JWK set of public keys, as a text", .absent = "`\"\"`"},
        told<client>{.member = "redirect_uris", .absent = "`[]`"},
        told<client>{.member = "post_logout_redirect_uris", .absent = "`[]`"},
        told<client>{.member = "scopes", .says = "names", .absent = "`[]`"},
        told<client>{.member = "default_scopes", .says = "of `scopes`", .absent = "`[]`"},
        told<client>{.member = "apis", .says = "identifiers", .absent = "`[]`"},
        told<client>{.member = "consent", .says = "`ask`, `implicit`, `never`", .absent = "`ask`"},
        told<client>{.member = "pkce", .says = "`required`, `optional`", .absent = "`required`"},
        told<client>{.member = "bind", .says = "`none`, `session`", .absent = "`none`"},
        told<client>{.member = "code_reuse", .says = "`end`, `deny`", .absent = "`end`"},
        told<client>{.member = "token_format", .says = "`of_api`, `jwt`, `opaque`", .absent = "`of_api`"},
        told<client>{.member = "id_token_alg", .says = "`RS256`, `ES256`, `EdDSA`", .absent = "`RS256`"},
        told<client>{.member = "access_token_ttl", .says = "seconds; 0: as the server has it", .absent = "0"},
        told<client>{.member = "refresh_idle_ttl", .absent = "0"},
        told<client>{.member = "refresh_absolute_ttl", .absent = "0"},
        told<client>{.member = "reuse_window", .absent = "0"},
        told<client>{.member = "lost_response_window", .absent = "0"},
        told<client>{.member = "attributes", .says = "a JSON object, as a text", .absent = "`\"\"`"},
        told<client>{.member = "forward_hosts",
                     .when = is_forward,
                     .says = "hosts of forward auth, each of one client; then `client_id` begins with `forward:`. Left "
                             "out, with the next two, where there is none",
                     .absent = "`[]`"},
        told<client>{.member = "forward_roles", .when = is_forward, .says = "one of them is enough", .absent = "`[]`"},
        told<client>{.member = "forward_scopes", .when = is_forward, .says = "of `scopes`", .absent = "`[]`"},
        told<client>{.member = "epoch", .says = "tokens of another one are dead", .absent = "0"},
        told<client>{.member = "epoch_raised_at", .absent = "1970"},
        told<client>{.member = "origin", .says = "`admin`, `seed`, `import`", .absent = "`admin`"},
        told<client>{.member = "created_at", .absent = "1970"},
    };
};

} // namespace pawl::storage
