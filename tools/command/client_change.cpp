// pawlctl client: the commands that change something.
#include "app/http/path_segment.hpp"
#include "core/provider/client_words.hpp"
#include "tools/command/commands.hpp"
#include "tools/command/entity_options.hpp"
#include "tools/json_view.hpp"
#include "tools/prompt.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <memory>
#include <optional>

namespace pawl::tools {

namespace {

using enum app::http_method;
using text_ptr = std::shared_ptr<std::string>;

std::string path_of(const std::string& client) {
    return "/admin/clients/" + app::path_segment(client);
}

bool has_grant(const boost::json::value& client, std::string_view grant) {
    for (const boost::json::value& one : list_of(client, "grants")) {
        if (one.is_string() && std::string_view(one.get_string()) == grant) {
            return true;
        }
    }
    return false;
}

// What a program has to be told to get its tokens.
void tell_settings(program& p, admin_client& server, const boost::json::value& client) {
    if (p.out.json() || !has_grant(client, "client_credentials")) {
        return;
    }
    const std::string issuer = text_of(ask(server, get, "/admin/info"), "issuer");
    p.out.note("What the program needs to get its tokens:");
    p.out.note("  token_endpoint: " + clean(issuer) + "/token");
    p.out.note("  client_id:      " + clean(text_of(client, "client_id")));
    p.out.note("  client_secret:  " + (member_of(client, "client_secret") != nullptr
                                           ? std::string("as above; it is shown this once")
                                           : "none: it signs a JWT with its own key (" +
                                                 text_of(client, "auth_method") + "); ES256 is quickest"));
    p.out.note("  grant_type:     client_credentials");
    p.out.note("  scope:          " + clean(text_of(client, "scopes")));
}

int add_client(program& p, const std::string& name, boost::json::object body) {
    const auto server = connect_admin(p.global);
    body["client_id"] = name;
    const boost::json::value client = ask(*server, post, "/admin/clients", body);
    print_record(p.out, "client", client);
    tell_settings(p, *server, client);
    return 0;
}

int set_client(program& p, const std::string& name, const boost::json::object& body) {
    refuse_empty(body);
    const auto server = connect_admin(p.global);
    print_record(p.out, "client", ask(*server, patch, path_of(name), body));
    return 0;
}

int rotate_secret(program& p, const std::string& name, std::optional<std::int64_t> overlap) {
    const auto server = connect_admin(p.global);
    boost::json::object body;
    if (overlap) {
        body["overlap"] = *overlap;
    }
    const boost::json::value added = ask(*server, post, path_of(name) + "/secrets", body);
    print_record(p.out, "secret", added);
    p.out.note("It is shown this once. The secret before ends " + (overlap == 0 ? std::string("now.")
                                                                   : overlap
                                                                       ? "in " + std::to_string(*overlap) + " seconds."
                                                                       : std::string("in 7 days.")));
    return 0;
}

int log_out(program& p, const std::string& name, bool yes) {
    const auto server = connect_admin(p.global);
    ask(*server, get, path_of(name));
    confirm("End every token of client " + clean(name), yes);
    ask(*server, post, path_of(name) + "/logout");
    if (p.out.json()) {
        boost::json::object done;
        done["logged_out"] = name;
        print_json(p.out, done);
    } else {
        p.out.line("every token of " + clean(name) + " has ended");
    }
    return 0;
}

text_ptr add_client_argument(CLI::App& command) {
    const auto name = std::make_shared<std::string>();
    command.add_option("client", *name, "its client_id")->required()->type_name("CLIENT");
    return name;
}

void add_sign_in_options(CLI::App& command, const body_ptr& body) {
    add_list(command, body, "--redirect-uri", "redirect_uris", "URI",
             "where sign-ins through the provider will lead back to; all of them; may be given again");
    add_list(command, body, "--post-logout-redirect-uri", "post_logout_redirect_uris", "URI",
             "where sign-outs will lead back to; may be given again");
    add_word(command, body, "--consent", "consent", client_consent_words, "whether users are asked");
    add_word(command, body, "--pkce", "pkce", client_pkce_words, "optional is for confidential clients alone");
    add_word(command, body, "--bind", "bind", client_binding_words,
             "whether its sessions end with that of the browser");
    add_word(command, body, "--code-reuse", "code_reuse", code_reuse_words, "what a second use of a code ends");
    add_number(command, body, "--refresh-idle-ttl", "refresh_idle_ttl", "SECONDS", "of its sessions");
    add_number(command, body, "--refresh-absolute-ttl", "refresh_absolute_ttl", "SECONDS", "of its sessions");
    add_number(command, body, "--reuse-window", "reuse_window", "SECONDS", "of its sessions");
    add_number(command, body, "--lost-response-window", "lost_response_window", "SECONDS", "of its sessions");
}

// One member, which a change replaces whole.
void add_forward_options(CLI::App& command, const body_ptr& body) {
    add_inner_list(command, body, "--forward-host", "forward", "hosts", "HOST",
                   "forward auth: a host that a proxy asks about; the CLIENT is then called forward:HOST; may be given "
                   "again, and a change has to name all of them");
    add_inner_list(command, body, "--forward-role", "forward", "roles", "ROLE",
                   "forward auth: who may enter, one of these roles; every user where not given; may be given again");
    add_inner_list(command, body, "--forward-scope", "forward", "scopes", "SCOPE",
                   "forward auth: who may enter, all of these scopes; may be given again");
}

void add_client_options(CLI::App& command, const body_ptr& body) {
    static constexpr std::array<std::string_view, 2> types{"confidential", "public"};
    add_text(command, body, "--name", "name", "NAME", "for people; the client_id where not given");
    add_word(command, body, "--preset", "preset", client_preset_words,
             "what it is for: sets all that is not said; web where not given");
    add_word(command, body, "--type", "type", types, "whether it can keep a secret");
    add_list(command, body, "--grant", "grants", "GRANT",
             "authorization_code, refresh_token, client_credentials; may be given again");
    add_word(command, body, "--auth-method", "auth_method", client_auth_method_words, "how it proves who it is");
    add_json_file(command, body, "--jwks-file", "jwks",
                  "its public keys, a JWK set, for private_key_jwt; ES256 is quickest to check");
    add_list(command, body, "--scope", "scopes", "SCOPE", "what it may ask for; may be given again");
    add_list(command, body, "--default-scope", "default_scopes", "SCOPE",
             "what it gets where it asks for nothing; may be given again");
    add_list(command, body, "--api", "apis", "IDENTIFIER",
             "whose access tokens it may have; the first where it asks for none; may be given again");
    add_word(command, body, "--token-format", "token_format", token_format_words, "as its API has it where not given");
    add_word(
        command, body, "--id-token-alg", "id_token_alg", id_token_algorithm_words,
        "what its ID tokens are signed with: RS256 where not given, as every client takes it; ES256 costs an eighth");
    add_number(command, body, "--access-token-ttl", "access_token_ttl", "SECONDS",
               "lifetime of its access tokens; the server's where not given");
    add_json_file(command, body, "--attributes-file", "attributes", "a JSON object, yours to fill");
    add_switch(command, body, "--enabled,!--disabled", "enabled", "disabling ends every token of it");
    add_sign_in_options(command, body);
    add_forward_options(command, body);
}

} // namespace

void add_client_changes(CLI::App& group, program& p) {
    CLI::App* const add = group.add_subcommand("add", "add a client; its secret is shown once");
    const text_ptr added = add_client_argument(*add);
    const auto wanted = std::make_shared<boost::json::object>();
    add_client_options(*add, wanted);
    add->callback([&p, added, wanted] { p.action = [&p, added, wanted] { return add_client(p, *added, *wanted); }; });

    CLI::App* const set = group.add_subcommand("set", "change a client; what is not said stays");
    const text_ptr changed = add_client_argument(*set);
    const auto changes = std::make_shared<boost::json::object>();
    add_client_options(*set, changes);
    add_clear(*set, changes);
    set->callback(
        [&p, changed, changes] { p.action = [&p, changed, changes] { return set_client(p, *changed, *changes); }; });

    CLI::App* const rotate =
        group.add_subcommand("rotate-secret", "one more secret, shown once; the one before ends after a while");
    const text_ptr rotated = add_client_argument(*rotate);
    const auto overlap = std::make_shared<std::optional<std::int64_t>>();
    rotate->add_option("--overlap", *overlap, "for so long the secret before stays good; 604800 (7 days) if not given")
        ->type_name("SECONDS");
    rotate->callback(
        [&p, rotated, overlap] { p.action = [&p, rotated, overlap] { return rotate_secret(p, *rotated, *overlap); }; });

    const auto yes = std::make_shared<bool>(false);
    CLI::App* const remove = group.add_subcommand("rm", "remove a client for good; ends every token of it");
    const text_ptr removed = add_client_argument(*remove);
    remove->add_flag("-y,--yes", *yes, "don't ask");
    remove->callback([&p, removed, yes] {
        p.action = [&p, removed, yes] { return remove_entity(p, "clients", "client", *removed, *yes); };
    });

    CLI::App* const logout = group.add_subcommand("logout", "end every token of a client");
    const text_ptr logged_out = add_client_argument(*logout);
    logout->add_flag("-y,--yes", *yes, "don't ask");
    logout->callback(
        [&p, logged_out, yes] { p.action = [&p, logged_out, yes] { return log_out(p, *logged_out, *yes); }; });
}

} // namespace pawl::tools
