#include "core/provider/client_rules.hpp"

#include "core/jwt/client_keys.hpp"
#include "core/provider/client_wishes.hpp"
#include "core/provider/client_words.hpp"
#include "core/provider/forward.hpp"
#include "core/text/ascii.hpp"
#include "core/text/unicode.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace pawl {

namespace {

class fault_list {
public:
    void add(std::string field, std::string message) { all_.push_back({std::move(field), std::move(message)}); }
    // The first that there is of "uris[2]" with its fault, where `problem` gives one.
    template <class Problem>
    void add_each(const std::string& field, const std::vector<std::string>& list, const Problem& problem) {
        for (std::size_t i = 0; i < list.size(); ++i) {
            std::string why = problem(list[i]);
            if (why.empty() && std::find(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(i), list[i]) !=
                                   list.begin() + static_cast<std::ptrdiff_t>(i)) {
                why = "must not be there twice";
            }
            if (!why.empty()) {
                add(field + "[" + std::to_string(i) + "]", std::move(why));
            }
        }
    }
    // False, and a fault, where there are more than `count_max`.
    bool fits(const std::string& field, std::size_t count, std::size_t count_max) {
        if (count > count_max) {
            add(field, "must be at most " + std::to_string(count_max));
        }
        return count <= count_max;
    }
    std::vector<field_error> take() { return std::move(all_); }

private:
    std::vector<field_error> all_;
};

// Text for people. Empty where it is good.
std::string text_problem(std::string_view text, std::size_t size_min, std::size_t size_max) {
    if (text.size() < size_min || text.size() > size_max) {
        return "must be " + std::to_string(size_min) + " to " + std::to_string(size_max) + " bytes long";
    }
    const std::optional<std::string> nfc = to_nfc(text);
    if (!nfc || *nfc != text || has_control_characters(text) || has_outer_space(text) ||
        has_invisible_characters(text, variation_selectors::taken)) {
        return "must be text in NFC without control or invisible characters and without a space at either end";
    }
    return {};
}

void check_text(fault_list& faults, const std::string& field, std::string_view text, std::size_t size_min,
                std::size_t size_max) {
    std::string why = text_problem(text, size_min, size_max);
    if (!why.empty()) {
        faults.add(field, std::move(why));
    }
}

void check_id(fault_list& faults, const client& c) {
    const std::string& id = c.client_id;
    if (c.is_forward()) {
        if (!is_forward_client_id(id)) {
            faults.add("client_id", "must begin with forward: where the client has forward, and be at most " +
                                        std::to_string(client_id_size_max) +
                                        " of the characters A-Z, a-z, 0-9, - . _ ~ and :");
        }
        return;
    }
    if (is_client_id(id)) {
        return;
    }
    faults.add("client_id",
               is_reserved_client_id(id)
                   ? "is reserved: ids that begin with pawl or https:, that have an @, or that are digits alone, are "
                     "the server's own, and those that begin with forward: are of clients with forward"
                   : "must be 1 to " + std::to_string(client_id_size_max) +
                         " of the characters A-Z, a-z, 0-9, - . _ ~ and :");
}

bool allows_users(client_preset preset) {
    return preset != client_preset::service && preset != client_preset::api;
}

bool allows_client_credentials(client_preset preset) {
    return preset != client_preset::spa && preset != client_preset::mobile;
}

void check_grants(fault_list& faults, const client& c) {
    const std::string preset(to_text(c.preset));
    if ((c.authorization_code || c.refresh_token) && !allows_users(c.preset)) {
        faults.add("grants", "of the preset " + preset + " can only be client_credentials");
    } else if (c.refresh_token && !c.authorization_code) {
        faults.add("grants", "must have authorization_code where they have refresh_token");
    }
    if (c.client_credentials && !c.confidential) {
        faults.add("grants", "must not have client_credentials: a public client can't prove who it is");
    } else if (c.client_credentials && !allows_client_credentials(c.preset)) {
        faults.add("grants", "of the preset " + preset + " can't have client_credentials");
    }
    if (c.authorization_code && c.redirect_uris.empty() && !c.is_forward()) {
        faults.add("redirect_uris", "must name at least one where grants have authorization_code");
    }
}

void check_proof(fault_list& faults, const client& c) {
    if (!c.confidential && !allows_users(c.preset)) {
        faults.add("type", "must be confidential: a " + std::string(to_text(c.preset)) + " has to prove who it is");
    }
    if (c.confidential == (c.auth_method == client_auth_method::none)) {
        faults.add("auth_method", c.confidential ? "must not be none: a confidential client proves who it is"
                                                 : "must be none: a public client can't keep a secret");
    }
    if (c.auth_method == client_auth_method::private_key_jwt && c.jwks.empty()) {
        faults.add("jwks", "is required where auth_method is private_key_jwt");
    }
    if (c.jwks.size() > client_jwks_size_max) {
        faults.add("jwks", "must be at most " + std::to_string(client_jwks_size_max) + " bytes of JSON");
    } else if (!c.jwks.empty()) {
        const std::optional<std::string> why = jwks_problem(c.jwks);
        if (why) {
            faults.add("jwks", *why);
        }
    }
    if (c.pkce == client_pkce::optional && !c.confidential) {
        faults.add("pkce", "must be required: only a confidential client may do without");
    }
}

void check_uris(fault_list& faults, const client& c) {
    const auto problem = [native = is_native(c.preset)](const std::string& uri) {
        return redirect_uri_problem(uri, native);
    };
    if (faults.fits("redirect_uris", c.redirect_uris.size(), client_uris_max)) {
        faults.add_each("redirect_uris", c.redirect_uris, problem);
    }
    if (faults.fits("post_logout_redirect_uris", c.post_logout_redirect_uris.size(), client_uris_max)) {
        faults.add_each("post_logout_redirect_uris", c.post_logout_redirect_uris, problem);
    }
}

std::string unknown_scope(const catalogue& known, std::string_view name) {
    return is_builtin_scope(name) || known.find_scope(name) != nullptr ? ""
                                                                       : "must be a scope that there is, or a built-in "
                                                                         "one";
}

void check_rights(fault_list& faults, const client& c, const catalogue& known) {
    if (faults.fits("scopes", c.scopes.size(), client_scopes_max)) {
        faults.add_each("scopes", c.scopes, [&](const std::string& name) { return unknown_scope(known, name); });
    }
    if (faults.fits("default_scopes", c.default_scopes.size(), client_scopes_max)) {
        faults.add_each("default_scopes", c.default_scopes, [&](const std::string& name) -> std::string {
            return std::ranges::find(c.scopes, name) == c.scopes.end() ? "must be among scopes" : "";
        });
    }
    if (faults.fits("apis", c.apis.size(), client_apis_max)) {
        faults.add_each("apis", c.apis, [&](const std::string& identifier) -> std::string {
            return known.find_api(identifier) == nullptr ? "must be the identifier of an API that there is" : "";
        });
    }
}

// 0: as the server's options say.
void check_time(fault_list& faults, const char* field, seconds value, seconds low, seconds high) {
    if (value != seconds(0) && (value < low || value > high)) {
        faults.add(field, "must be " + std::to_string(low.count()) + " to " + std::to_string(high.count()) +
                              " seconds, or null");
    }
}

void check_times(fault_list& faults, const client& c) {
    check_time(faults, "access_token_ttl", c.access_token_ttl, client_access_token_ttl_min, client_ttl_max);
    check_time(faults, "refresh_idle_ttl", c.refresh_idle_ttl, client_refresh_ttl_min, client_ttl_max);
    check_time(faults, "refresh_absolute_ttl", c.refresh_absolute_ttl, client_refresh_ttl_min, client_ttl_max);
    if (c.refresh_idle_ttl != seconds(0) && c.refresh_absolute_ttl != seconds(0) &&
        c.refresh_absolute_ttl < c.refresh_idle_ttl) {
        faults.add("refresh_absolute_ttl", "must not be shorter than refresh_idle_ttl");
    }
    check_time(faults, "reuse_window", c.reuse_window, seconds(1), client_reuse_window_max);
    check_time(faults, "lost_response_window", c.lost_response_window, seconds(1), client_lost_window_max);
    if (c.reuse_window != seconds(0) && c.lost_response_window != seconds(0) &&
        c.lost_response_window < c.reuse_window) {
        faults.add("lost_response_window", "must not be shorter than reuse_window");
    }
}

// What a client for forward auth can't be: its codes are exchanged by the server itself, its sessions are the
// browser's.
void check_forward(fault_list& faults, const client& c, const catalogue& known) {
    const client_forward& f = c.forward;
    if (faults.fits("forward.hosts", f.hosts.size(), forward_hosts_max)) {
        faults.add_each("forward.hosts", f.hosts, [](const std::string& host) { return forward_host_problem(host); });
    }
    if (faults.fits("forward.roles", f.roles.size(), forward_roles_max)) {
        faults.add_each("forward.roles", f.roles,
                        [](const std::string& role) { return text_problem(role, 1, scope_role_size_max); });
    }
    if (faults.fits("forward.scopes", f.scopes.size(), client_scopes_max)) {
        faults.add_each("forward.scopes", f.scopes, [&](const std::string& name) -> std::string {
            return std::ranges::find(c.scopes, name) == c.scopes.end() ? "must be among scopes"
                                                                       : unknown_scope(known, name);
        });
    }
    const client wanted = forward_client(client_preset::web, f);
    const auto expect = [&](bool holds, const char* field, const char* message) {
        if (!holds) {
            faults.add(field, message);
        }
    };
    expect(c.preset == wanted.preset, "preset", "must be web where the client has forward");
    expect(!c.confidential, "type", "must be public where the client has forward");
    expect(c.authorization_code && !c.refresh_token && !c.client_credentials, "grants",
           "can only be authorization_code where the client has forward");
    expect(c.redirect_uris.empty(), "redirect_uris", "follow from forward.hosts: none can be said");
    expect(c.consent == wanted.consent, "consent", "must be never where the client has forward");
    expect(c.pkce == wanted.pkce, "pkce", "must be required where the client has forward");
    expect(c.bind == wanted.bind, "bind", "must be session where the client has forward");
    for (const std::string_view name : {"openid", "offline_access", "account", "admin", "introspect"}) {
        if (std::ranges::find(c.scopes, name) != c.scopes.end()) {
            faults.add("scopes", "can't have " + std::string(name) + " where the client has forward");
        }
    }
}

} // namespace

std::vector<field_error> check_client(const client& c, const catalogue& known) {
    fault_list faults;
    check_id(faults, c);
    check_text(faults, "name", c.name, 1, client_name_size_max);
    check_grants(faults, c);
    check_proof(faults, c);
    check_uris(faults, c);
    check_rights(faults, c, known);
    check_times(faults, c);
    if (c.is_forward()) {
        check_forward(faults, c, known);
    }
    if (c.attributes.size() > client_attributes_size_max) {
        faults.add("attributes", "must be at most " + std::to_string(client_attributes_size_max) + " bytes of JSON");
    }
    return faults.take();
}

std::vector<field_error> check_api(const api& a) {
    fault_list faults;
    if (!is_api_identifier(a.identifier)) {
        faults.add("identifier", "must be 1 to " + std::to_string(api_identifier_size_max) +
                                     " printable ASCII characters without blanks, quotes, backslashes and fragment");
    }
    check_text(faults, "name", a.name, 1, api_name_size_max);
    check_time(faults, "access_token_ttl", a.access_token_ttl, client_access_token_ttl_min, client_ttl_max);
    return faults.take();
}

std::vector<field_error> check_scope(const scope& s, const catalogue& known) {
    fault_list faults;
    if (!is_scope_name(s.name)) {
        faults.add("name", "must be 1 to " + std::to_string(scope_name_size_max) +
                               " printable ASCII characters without blanks, quotes and backslashes");
    } else if (is_builtin_scope(s.name)) {
        faults.add("name", "is a built-in scope's");
    }
    if (!s.api.empty() && known.find_api(s.api) == nullptr) {
        faults.add("api", "must be the identifier of an API that there is");
    }
    check_text(faults, "texts.en", s.text_en, 0, scope_text_size_max);
    check_text(faults, "texts.de", s.text_de, 0, scope_text_size_max);
    if (faults.fits("roles", s.roles.size(), scope_roles_max)) {
        faults.add_each("roles", s.roles,
                        [](const std::string& role) { return text_problem(role, 1, scope_role_size_max); });
    }
    return faults.take();
}

} // namespace pawl
