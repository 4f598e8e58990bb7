// pawlctl client: the group, and the commands that only look.
#include "app/http/path_segment.hpp"
#include "tools/command/commands.hpp"
#include "tools/command/entity_options.hpp"
#include "tools/json_view.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace pawl::tools {

namespace {

using app::http_method;

std::vector<cell> row_of(const boost::json::value& client) {
    return {cell(text_of(client, "client_id")),
            cell(text_of(client, "preset")),
            cell(text_of(client, "type")),
            cell(text_of(client, "grants")),
            cell(text_of(client, "scopes")),
            is_true(client, "enabled") ? cell("enabled", colour::green) : cell("disabled", colour::red),
            cell(text_of(client, "created_at"))};
}

int list_clients(program& p) {
    const auto server = connect_admin(p.global);
    table t;
    t.headings = {"CLIENT", "PRESET", "TYPE", "GRANTS", "SCOPES", "STATE", "CREATED"};
    std::string after = "0";
    while (!after.empty()) { // page by page: bounded for any number of clients
        const boost::json::value page = ask(*server, http_method::get, "/admin/clients?limit=1000&after=" + after);
        for (const boost::json::value& client : list_of(page, "clients")) {
            if (p.out.json()) {
                print_json(p.out, client);
            } else {
                t.rows.push_back(row_of(client));
            }
        }
        if (!p.out.json() && (t.heading_row || !t.rows.empty())) {
            p.out.print(t);
            t.rows.clear();
            t.heading_row = false;
        }
        after = text_of(page, "next");
    }
    return 0;
}

int show_client(program& p, const std::string& name) {
    const auto server = connect_admin(p.global);
    print_record(p.out, "client", ask(*server, http_method::get, "/admin/clients/" + app::path_segment(name)));
    return 0;
}

} // namespace

void add_client_command(CLI::App& parser, program& p) {
    CLI::App* const group = parser.add_subcommand("client", "clients: applications that ask for tokens");
    group->require_subcommand(1);

    CLI::App* const list = group->add_subcommand("ls", "all clients, in the order of their making");
    list->callback([&p] { p.action = [&p] { return list_clients(p); }; });

    CLI::App* const show = group->add_subcommand("show", "all that is known of one client, but its secrets");
    const auto name = std::make_shared<std::string>();
    show->add_option("client", *name, "its client_id")->required()->type_name("CLIENT");
    show->callback([&p, name] { p.action = [&p, name] { return show_client(p, *name); }; });

    add_client_changes(*group, p);
}

} // namespace pawl::tools
