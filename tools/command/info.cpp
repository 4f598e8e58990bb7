// pawlctl info: which server, how it runs.
#include "tools/client/admin_client.hpp"
#include "tools/command/commands.hpp"
#include "tools/json_view.hpp"

#include <CLI/CLI.hpp>

namespace pawl::tools {

namespace {

int run_info(program& p) {
    const auto server = connect_admin(p.global);
    const boost::json::value facts = ask(*server, app::http_method::get, "/admin/info");
    print_record(p.out, server->place(), facts);
    return 0;
}

} // namespace

void add_info_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand("info", "which server it is, and how it runs");
    command->callback([&p] { p.action = [&p] { return run_info(p); }; });
}

} // namespace pawl::tools
