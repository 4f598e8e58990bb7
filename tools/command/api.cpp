// pawlctl api: resource servers, whose access tokens are for them.
#include "app/http/path_segment.hpp"
#include "core/provider/client_words.hpp"
#include "tools/command/commands.hpp"
#include "tools/command/entity_options.hpp"
#include "tools/json_view.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace pawl::tools {

namespace {

using enum app::http_method;
using text_ptr = std::shared_ptr<std::string>;

std::vector<cell> row_of(const boost::json::value& api) {
    return {cell(text_of(api, "identifier")), cell(text_of(api, "name")), cell(text_of(api, "scopes")),
            cell(text_of(api, "token_format")), cell(text_of(api, "created_at"))};
}

int list_apis(program& p) {
    table t;
    t.headings = {"API", "NAME", "SCOPES", "TOKENS", "CREATED"};
    return list_entities(p, "/admin/apis", "apis", std::move(t), row_of);
}

int add_api(program& p, const std::string& name, boost::json::object body) {
    const auto server = connect_admin(p.global);
    body["identifier"] = name;
    print_record(p.out, "API", ask(*server, post, "/admin/apis", body));
    return 0;
}

int set_api(program& p, const std::string& name, const boost::json::object& body) {
    refuse_empty(body);
    const auto server = connect_admin(p.global);
    print_record(p.out, "API", ask(*server, patch, "/admin/apis/" + app::path_segment(name), body));
    return 0;
}

text_ptr add_api_argument(CLI::App& command) {
    const auto name = std::make_shared<std::string>();
    command.add_option("api", *name, "its identifier: an absolute URI, or a name")->required()->type_name("IDENTIFIER");
    return name;
}

void add_api_options(CLI::App& command, const body_ptr& body) {
    add_text(command, body, "--name", "name", "NAME", "for people; the identifier where not given");
    add_list(command, body, "--scope", "scopes", "SCOPE",
             "a scope that belongs to it, made if there is none; all of them; may be given again");
    add_word(command, body, "--token-format", "token_format", token_format_words, "how its access tokens look");
    add_number(command, body, "--access-token-ttl", "access_token_ttl", "SECONDS",
               "lifetime of its access tokens; the server's where not given");
}

} // namespace

void add_api_command(CLI::App& parser, program& p) {
    CLI::App* const group = parser.add_subcommand("api", "APIs: whose access tokens are for them");
    group->require_subcommand(1);

    CLI::App* const add = group->add_subcommand("add", "add an API");
    const text_ptr added = add_api_argument(*add);
    const auto wanted = std::make_shared<boost::json::object>();
    add_api_options(*add, wanted);
    add->callback([&p, added, wanted] { p.action = [&p, added, wanted] { return add_api(p, *added, *wanted); }; });

    CLI::App* const list = group->add_subcommand("ls", "all APIs, by identifier");
    list->callback([&p] { p.action = [&p] { return list_apis(p); }; });

    CLI::App* const set = group->add_subcommand("set", "change an API; what is not said stays");
    const text_ptr changed = add_api_argument(*set);
    const auto changes = std::make_shared<boost::json::object>();
    add_api_options(*set, changes);
    add_clear(*set, changes);
    set->callback(
        [&p, changed, changes] { p.action = [&p, changed, changes] { return set_api(p, *changed, *changes); }; });

    const auto yes = std::make_shared<bool>(false);
    CLI::App* const remove = group->add_subcommand("rm", "remove an API that no client and no scope names any more");
    const text_ptr removed = add_api_argument(*remove);
    remove->add_flag("-y,--yes", *yes, "don't ask");
    remove->callback([&p, removed, yes] {
        p.action = [&p, removed, yes] { return remove_entity(p, "apis", "API", *removed, *yes); };
    });
}

} // namespace pawl::tools
