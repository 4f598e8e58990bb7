// pawlctl health: whether the server serves, for a container's health check and for scripts; no token, no curl.
#include "tools/client/admin_client.hpp"
#include "tools/command/commands.hpp"
#include "tools/json_view.hpp"
#include "tools/settings.hpp"

#include <CLI/CLI.hpp>

namespace pawl::tools {

namespace {

std::unique_ptr<admin_client> connect_for_health(const global_options& global) {
    if (!global.url.empty()) {
        return connect_probe(global, global.url);
    }
    const std::string url = own_url_of(load_settings(global));
    if (!url.empty()) {
        return connect_probe(global, url);
    }
    auto server = connect_server(global);
    if (!server) {
        throw tool_error(exit_unreachable, "no server runs here");
    }
    return server;
}

int run_health(program& p) {
    const auto server = connect_for_health(p.global);
    const boost::json::value facts = ask(*server, app::http_method::get, "/readyz");
    print_record(p.out, server->place(), facts);
    return 0;
}

} // namespace

void add_health_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand("health", "whether the server serves requests; needs no token");
    command->footer(
        "Asks /readyz of --url, else of the first address in the server's settings: the configuration of pawld, "
        "by the same environment and files. Exit status 0: it serves; 1: it runs and does not; 76: no answer.");
    command->callback([&p] { p.action = [&p] { return run_health(p); }; });
}

} // namespace pawl::tools
