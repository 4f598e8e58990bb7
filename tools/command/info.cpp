// pawlctl info: which server, how it runs.
#include "tools/admin_client.hpp"
#include "tools/command/commands.hpp"

#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>

namespace pawl::tools {

namespace {

int run_info(program& p) {
    const auto server = connect_admin(p.global);
    const boost::json::value facts = ask(*server, app::http_method::get, "/admin/info");
    if (p.out.json() || !facts.is_object()) {
        p.out.line(boost::json::serialize(facts));
        return 0;
    }
    table t;
    t.headings = {"", server->place()};
    for (const auto& [name, value] : facts.get_object()) {
        const std::string text = value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
        t.rows.push_back({cell(clean(name)), cell(clean(text))});
    }
    p.out.print(t);
    return 0;
}

} // namespace

void add_info_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand("info", "which server it is, and how it runs");
    command->callback([&p] { p.action = [&p] { return run_info(p); }; });
}

} // namespace pawl::tools
