// pawlctl scope: words that clients may ask for.
#include "app/http/path_segment.hpp"
#include "tools/command/commands.hpp"
#include "tools/command/entity_options.hpp"
#include "tools/json_view.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace pawl::tools {

namespace {

using enum app::http_method;
using text_ptr = std::shared_ptr<std::string>;

std::vector<cell> row_of(const boost::json::value& scope) {
    return {cell(text_of(scope, "name")), cell(text_of(scope, "api")), cell(text_of(scope, "roles")),
            cell(text_of(scope, "created_at"))};
}

int list_scopes(program& p) {
    table t;
    t.headings = {"SCOPE", "API", "ROLES", "CREATED"};
    return list_entities(p, "/admin/scopes", "scopes", std::move(t), row_of);
}

int add_scope(program& p, const std::string& name, boost::json::object body) {
    const auto server = connect_admin(p.global);
    body["name"] = name;
    print_record(p.out, "scope", ask(*server, post, "/admin/scopes", body));
    return 0;
}

int set_scope(program& p, const std::string& name, const boost::json::object& body) {
    refuse_empty(body);
    const auto server = connect_admin(p.global);
    print_record(p.out, "scope", ask(*server, patch, "/admin/scopes/" + app::path_segment(name), body));
    return 0;
}

text_ptr add_scope_argument(CLI::App& command) {
    const auto name = std::make_shared<std::string>();
    command.add_option("scope", *name, "its name, as orders:read")->required()->type_name("SCOPE");
    return name;
}

void add_scope_options(CLI::App& command, const body_ptr& body) {
    add_text(command, body, "--api", "api", "IDENTIFIER", "the API that it belongs to");
    add_list(command, body, "--role", "roles", "ROLE",
             "of the users who may have it; all where not given; may be given "
             "again");
    for (const char* language : {"en", "de"}) { // what people are shown who are asked for it
        const std::string option = std::string("--text-") + language;
        command
            .add_option_function<std::string>(
                option,
                [body, language](const std::string& text) {
                    boost::json::value& texts = (*body)["texts"];
                    (texts.is_object() ? texts.get_object() : texts.emplace_object())[language] = text;
                },
                std::string("what people are shown who are asked for it, ") +
                    (language[0] == 'e' ? "in English" : "in German"))
            ->type_name("SENTENCE");
    }
}

} // namespace

void add_scope_command(CLI::App& parser, program& p) {
    CLI::App* const group = parser.add_subcommand("scope", "scopes: what clients may ask for");
    group->require_subcommand(1);

    CLI::App* const add = group->add_subcommand("add", "add a scope");
    const text_ptr added = add_scope_argument(*add);
    const auto wanted = std::make_shared<boost::json::object>();
    add_scope_options(*add, wanted);
    add->callback([&p, added, wanted] { p.action = [&p, added, wanted] { return add_scope(p, *added, *wanted); }; });

    CLI::App* const list = group->add_subcommand("ls", "all scopes that are defined, by name");
    list->callback([&p] { p.action = [&p] { return list_scopes(p); }; });

    CLI::App* const set = group->add_subcommand("set", "change a scope; what is not said stays");
    const text_ptr changed = add_scope_argument(*set);
    const auto changes = std::make_shared<boost::json::object>();
    add_scope_options(*set, changes);
    add_clear(*set, changes);
    set->callback(
        [&p, changed, changes] { p.action = [&p, changed, changes] { return set_scope(p, *changed, *changes); }; });

    const auto yes = std::make_shared<bool>(false);
    CLI::App* const remove = group->add_subcommand("rm", "remove a scope that no client names any more");
    const text_ptr removed = add_scope_argument(*remove);
    remove->add_flag("-y,--yes", *yes, "don't ask");
    remove->callback([&p, removed, yes] {
        p.action = [&p, removed, yes] { return remove_entity(p, "scopes", "scope", *removed, *yes); };
    });
}

} // namespace pawl::tools
