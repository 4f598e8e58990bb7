// pawlctl key: the keys that sign access tokens and make refresh tokens. Never shows key material.
#include "tools/admin_client.hpp"
#include "tools/command/commands.hpp"
#include "tools/json_view.hpp"
#include "tools/prompt.hpp"

#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>

namespace pawl::tools {

namespace {

using enum app::http_method;

void print_keys(program& p, const boost::json::value& keys) {
    if (p.out.json()) {
        print_json(p.out, keys);
        return;
    }
    table t;
    t.headings = {"KIND", "ID", "ALGORITHM", "CREATED", "STATE"};
    for (const boost::json::value& key : list_of(keys, "signing")) {
        const bool signs = text_of(key, "status") == "signing";
        t.rows.push_back({cell("signing"), cell(text_of(key, "kid")), cell(text_of(key, "alg")),
                          cell(text_of(key, "created_at")), signs ? cell("signs", colour::green) : cell("verifies")});
    }
    for (const boost::json::value& key : list_of(keys, "refresh")) {
        t.rows.push_back({cell("refresh"), cell(text_of(key, "id")), cell(""), cell(text_of(key, "created_at")),
                          is_true(key, "mints") ? cell("mints", colour::green) : cell("checks")});
    }
    p.out.print(t);
}

int list_keys(program& p) {
    const auto server = connect_admin(p.global);
    print_keys(p, ask(*server, get, "/admin/keys"));
    return 0;
}

int rotate_key(program& p, const std::string& kind) {
    const auto server = connect_admin(p.global);
    boost::json::object body;
    body["kind"] = kind;
    print_keys(p, ask(*server, post, "/admin/keys/rotate", body));
    return 0;
}

struct retire_options {
    std::string kid;
    std::optional<unsigned> refresh;
    bool force = false, yes = false;
};

int retire_key(program& p, const retire_options& wanted) {
    if (wanted.kid.empty() == !wanted.refresh.has_value()) {
        throw tool_error(static_cast<int>(storage::refusal::usage), "which: the KID of a signing key, or --refresh ID");
    }
    const auto server = connect_admin(p.global);
    boost::json::object body;
    std::string which = "signing key " + clean(wanted.kid);
    if (wanted.refresh) {
        body["refresh_id"] = *wanted.refresh;
        which = "refresh key " + std::to_string(*wanted.refresh);
    } else {
        body["kid"] = wanted.kid;
    }
    if (wanted.force) {
        body["force"] = true;
    }
    confirm("Retire " + which + " for good; tokens made with it are refused from then on", wanted.yes);
    print_keys(p, ask(*server, post, "/admin/keys/retire", body));
    return 0;
}

} // namespace

void add_key_command(CLI::App& parser, program& p) {
    CLI::App* const group = parser.add_subcommand("key", "signing keys and refresh keys: look at, rotate, retire");
    group->require_subcommand(1);

    CLI::App* const list = group->add_subcommand("ls", "all keys; never their secrets");
    list->callback([&p] { p.action = [&p] { return list_keys(p); }; });

    CLI::App* const rotate =
        group->add_subcommand("rotate", "make a new key; the one before stays, so that its tokens stay good");
    const auto kind = std::make_shared<std::string>();
    rotate->add_option("kind", *kind, "signing: of access tokens; refresh: of refresh tokens")
        ->required()
        ->check(CLI::IsMember({"signing", "refresh"}))
        ->type_name("KIND");
    rotate->callback([&p, kind] { p.action = [&p, kind] { return rotate_key(p, *kind); }; });

    CLI::App* const retire = group->add_subcommand("retire", "remove a key that no longer signs or mints");
    const auto wanted = std::make_shared<retire_options>();
    CLI::Option* const kid =
        retire->add_option("kid", wanted->kid, "of a signing key, as ls prints it; after -- where it begins with -")
            ->type_name("KID");
    retire->add_option("--refresh", wanted->refresh, "a refresh key instead, by its id")
        ->excludes(kid)
        ->check(CLI::Range(0, 255))
        ->type_name("ID");
    retire->add_flag("--force", wanted->force, "although sessions may still hold tokens of it: those end");
    retire->add_flag("-y,--yes", wanted->yes, "don't ask");
    retire->callback([&p, wanted] { p.action = [&p, wanted] { return retire_key(p, *wanted); }; });
}

} // namespace pawl::tools
