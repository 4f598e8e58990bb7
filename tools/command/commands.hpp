// Every command of pawlctl: each adds itself to the parser. One file each.
#pragma once

#include "tools/program.hpp"

namespace pawl::tools {

void add_api_command(CLI::App& parser, program& p);
void add_client_command(CLI::App& parser, program& p);
void add_client_changes(CLI::App& group, program& p); // of add_client_command
void add_consent_command(CLI::App& parser, program& p);
void add_diff_command(CLI::App& parser, program& p);
void add_doctor_command(CLI::App& parser, program& p);
void add_events_command(CLI::App& parser, program& p);
void add_explain_command(CLI::App& parser, program& p);
void add_backup_command(CLI::App& parser, program& p);
void add_export_command(CLI::App& parser, program& p);
void add_hash_command(CLI::App& parser, program& p);
void add_health_command(CLI::App& parser, program& p);
void add_import_command(CLI::App& parser, program& p);
void add_info_command(CLI::App& parser, program& p);
void add_init_command(CLI::App& parser, program& p);
void add_key_command(CLI::App& parser, program& p);
void add_log_command(CLI::App& parser, program& p);
void add_log_dump(CLI::App& group, program& p); // of add_log_command, as the next two
void add_log_tail(CLI::App& group, program& p);
void add_log_verify(CLI::App& group, program& p);
void add_mail_command(CLI::App& parser, program& p);
void add_manual_commands(CLI::App& parser, program& p); // hidden
void add_replay_command(CLI::App& parser, program& p);
void add_restore_command(CLI::App& parser, program& p);
void add_salvage_command(CLI::App& parser, program& p);
void add_scope_command(CLI::App& parser, program& p);
void add_secret_command(CLI::App& parser, program& p);
void add_session_command(CLI::App& parser, program& p);
void add_snapshot_command(CLI::App& parser, program& p);
void add_snapshot_reading(CLI::App& group, program& p); // of add_snapshot_command
void add_state_command(CLI::App& parser, program& p);
void add_stats_command(CLI::App& parser, program& p);
void add_token_command(CLI::App& parser, program& p);
void add_user_command(CLI::App& parser, program& p);
void add_user_changes(CLI::App& group, program& p); // of add_user_command
void add_user_links(CLI::App& group, program& p);   // of add_user_command

} // namespace pawl::tools
