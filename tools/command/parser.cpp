// The parser: global options and the list of all commands.
#include "tools/command/commands.hpp"

#include <CLI/CLI.hpp>

namespace pawl::tools {

void define(CLI::App& parser, program& p) {
    parser.description("Reads, proves, replays and mends what pawld wrote; manages a running or a stopped server.");
    parser.require_subcommand(1);
    parser.fallthrough(); // global options may come after the command
    parser.option_defaults()->group("Everywhere");
    parser.set_help_flag("-h,--help", "print this, then exit");
    parser.set_help_all_flag("--help-all", "print the help of every command, then exit");
    parser.add_option("--data-dir", p.global.data_dir, "the server's data directory, as pawld takes it")
        ->type_name("PATH");
    parser.add_option("--key-file", p.global.key_file, "the server's key file, as pawld takes it")->type_name("PATH");
    parser.add_option("--config", p.global.config_file, "the server's TOML file of options")->type_name("PATH");
    parser.add_option("--url", p.global.url, "speak to this server instead of the one that holds the data directory")
        ->type_name("URL");
    parser
        .add_option("--token-file", p.global.token_file,
                    "with --url: a file with an admin's access token; else $PAWLCTL_TOKEN")
        ->type_name("PATH");
    parser.add_option("--ca-file", p.global.ca_file, "with https: a PEM file of the authorities to trust")
        ->type_name("PATH");
    parser.add_flag("--json", p.global.json, "JSON on stdout, for programs");
    parser.add_flag("-q,--quiet", p.global.quiet, "no progress and no notes on stderr");
    parser.add_option("--color", p.global.colour, "colours in tables: auto, always, never")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->type_name("WHEN");
    parser.option_defaults()->group("Options");

    add_api_command(parser, p);
    add_client_command(parser, p);
    add_consent_command(parser, p);
    add_diff_command(parser, p);
    add_doctor_command(parser, p);
    add_events_command(parser, p);
    add_explain_command(parser, p);
    add_backup_command(parser, p);
    add_export_command(parser, p);
    add_hash_command(parser, p);
    add_health_command(parser, p);
    add_import_command(parser, p);
    add_info_command(parser, p);
    add_init_command(parser, p);
    add_key_command(parser, p);
    add_log_command(parser, p);
    add_mail_command(parser, p);
    add_manual_commands(parser, p);
    add_replay_command(parser, p);
    add_restore_command(parser, p);
    add_salvage_command(parser, p);
    add_scope_command(parser, p);
    add_secret_command(parser, p);
    add_session_command(parser, p);
    add_snapshot_command(parser, p);
    add_state_command(parser, p);
    add_stats_command(parser, p);
    add_token_command(parser, p);
    add_user_command(parser, p);
}

} // namespace pawl::tools
