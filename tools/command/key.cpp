// pawlctl key: the keys that sign access and ID tokens, make refresh tokens and seal capsules. Never shows key
// material.
#include "tools/client/admin_client.hpp"
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

cell state_of(const std::string& status) {
    if (status == "signing") {
        return cell("signs", colour::green);
    }
    return cell(status == "next" ? "will sign" : "verifies");
}

void print_keys(program& p, const boost::json::value& keys) {
    if (p.out.json()) {
        print_json(p.out, keys);
        return;
    }
    table t;
    t.headings = {"KIND", "ID", "ALGORITHM", "CREATED", "FROM", "STATE"};
    for (const boost::json::value& key : list_of(keys, "signing")) {
        t.rows.push_back({cell("signing"), cell(text_of(key, "kid")), cell(text_of(key, "alg")),
                          cell(text_of(key, "created_at")), cell(text_of(key, "from")),
                          state_of(text_of(key, "status"))});
    }
    for (const boost::json::value& key : list_of(keys, "refresh")) {
        t.rows.push_back({cell("refresh"), cell(text_of(key, "id")), cell(""), cell(text_of(key, "created_at")),
                          cell(""), is_true(key, "mints") ? cell("mints", colour::green) : cell("checks")});
    }
    for (const boost::json::value& key : list_of(keys, "capsule")) {
        t.rows.push_back({cell("capsule"), cell(text_of(key, "id")), cell(""), cell(text_of(key, "created_at")),
                          cell(""), is_true(key, "seals") ? cell("seals", colour::green) : cell("opens")});
    }
    p.out.print(t);
}

int list_keys(program& p) {
    const auto server = connect_admin(p.global);
    print_keys(p, ask(*server, get, "/admin/keys"));
    return 0;
}

struct rotate_options {
    std::string kind = "signing", algorithm;
    bool now = false;
};

int rotate_key(program& p, const rotate_options& wanted) {
    const auto server = connect_admin(p.global);
    boost::json::object body;
    body["kind"] = wanted.kind;
    if (wanted.now) {
        body["now"] = true;
    }
    if (!wanted.algorithm.empty()) {
        body["alg"] = wanted.algorithm;
    }
    print_keys(p, ask(*server, post, "/admin/keys/rotate", body));
    return 0;
}

struct retire_options {
    std::string kid;
    std::optional<unsigned> refresh, capsule;
    bool force = false, yes = false;
};

// Asks nothing about a key that is not there, or that can't go.
void check_before_asking(admin_client& server, const retire_options& wanted) {
    const boost::json::value keys = ask(server, get, "/admin/keys");
    const std::optional<unsigned> number = wanted.refresh ? wanted.refresh : wanted.capsule;
    const std::string kind = wanted.refresh ? "refresh" : wanted.capsule ? "capsule" : "signing";
    const std::string id = number ? std::to_string(*number) : wanted.kid;
    for (const boost::json::value& key : list_of(keys, kind)) {
        if (text_of(key, number ? "id" : "kid") != id) {
            continue;
        }
        if (is_true(key, "mints") || is_true(key, "seals") || text_of(key, "status") == "signing") {
            throw tool_error(exit_refused,
                             "this key makes the tokens of now. Rotate first, then retire it (key_active)");
        }
        return;
    }
    throw tool_error(exit_refused, "there is no " + kind + " key \"" + clean(id) + "\" (key_not_found)");
}

int retire_key(program& p, const retire_options& wanted) {
    if ((wanted.kid.empty() ? 0 : 1) + (wanted.refresh ? 1 : 0) + (wanted.capsule ? 1 : 0) != 1) {
        throw tool_error(static_cast<int>(storage::exit_code::usage),
                         "which: the KID of a signing key, --refresh ID, or --capsule ID");
    }
    const auto server = connect_admin(p.global);
    boost::json::object body;
    std::string which = "signing key " + clean(wanted.kid);
    if (wanted.refresh) {
        body["refresh_id"] = *wanted.refresh;
        which = "refresh key " + std::to_string(*wanted.refresh);
    } else if (wanted.capsule) {
        body["capsule_id"] = *wanted.capsule;
        which = "capsule key " + std::to_string(*wanted.capsule);
    } else {
        body["kid"] = wanted.kid;
    }
    if (wanted.force) {
        body["force"] = true;
    }
    if (!wanted.yes) {
        check_before_asking(*server, wanted);
    }
    confirm("Retire " + which + " for good; tokens made with it are refused from then on", wanted.yes);
    print_keys(p, ask(*server, post, "/admin/keys/retire", body));
    return 0;
}

} // namespace

void add_key_command(CLI::App& parser, program& p) {
    CLI::App* const group = parser.add_subcommand("key", "signing, refresh and capsule keys: look at, rotate, retire");
    group->require_subcommand(1);

    CLI::App* const list = group->add_subcommand("ls", "all keys; never their secrets");
    list->callback([&p] { p.action = [&p] { return list_keys(p); }; });

    CLI::App* const rotate =
        group->add_subcommand("rotate", "make a new key; the one before stays, so that its tokens stay good");
    const auto fresh = std::make_shared<rotate_options>();
    rotate
        ->add_option("kind", fresh->kind,
                     "signing: of access and ID tokens, one of each algorithm in use, published at once, signs ten "
                     "minutes later; refresh: of refresh tokens; capsule: of clients' secrets and opaque access tokens")
        ->check(CLI::IsMember({"signing", "refresh", "capsule"}))
        ->capture_default_str()
        ->type_name("KIND");
    rotate->add_flag("--now", fresh->now, "the signing keys sign at once, before any cache can know them");
    rotate->add_option("--alg", fresh->algorithm, "only of this algorithm; it has to be in use")->type_name("ALG");
    rotate->callback([&p, fresh] { p.action = [&p, fresh] { return rotate_key(p, *fresh); }; });

    CLI::App* const retire = group->add_subcommand("retire", "remove a key that no longer signs, mints or seals");
    const auto wanted = std::make_shared<retire_options>();
    CLI::Option* const kid =
        retire->add_option("kid", wanted->kid, "of a signing key, as ls prints it; after -- where it begins with -")
            ->type_name("KID");
    retire->add_option("--refresh", wanted->refresh, "a refresh key instead, by its id")
        ->excludes(kid)
        ->check(CLI::Range(0, 255))
        ->type_name("ID");
    retire
        ->add_option("--capsule", wanted->capsule,
                     "a capsule key instead, by its id; browsers whose cookie it sealed are signed out")
        ->excludes(kid)
        ->check(CLI::Range(0, 255))
        ->type_name("ID");
    retire->add_flag("--force", wanted->force,
                     "a refresh key, although sessions may still hold tokens of it: those end");
    retire->add_flag("-y,--yes", wanted->yes, "don't ask");
    retire->callback([&p, wanted] { p.action = [&p, wanted] { return retire_key(p, *wanted); }; });
}

} // namespace pawl::tools
