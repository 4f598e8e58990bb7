// The table of every option. The command line, the environment's names, the TOML keys, .env, --help, --print-config and
// the table of docs/configuration.md are all made from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pawl::app {

// In the order of the table.
enum class option_id : std::uint8_t {
    listen,
    data_dir,
    key_file,
    allow_group_read,
    admin_socket,
    issuer,
    allowed_host,
    audience,
    subject,
    claims,
    token_type,
    algorithm,
    secret_key,
    access_token_ttl,
    refresh_idle_ttl,
    refresh_absolute_ttl,
    code_ttl,
    session_ttl,
    web_rotation,
    require_factor,
    reauth_window,
    device_ttl,
    totp,
    reuse_window,
    lost_response_window,
    strict,
    durability,
    sync_interval,
    ahead,
    login_limit_account,
    login_limit_address,
    login_success_limit_account,
    login_success_limit_address,
    tls_cert,
    tls_key,
    tls_client_ca,
    tls_client_cert,
    tls_self_signed,
    trusted_proxy,
    cors_origin,
    webhook,
    webhook_secret_file,
    webhook_event,
    webhook_ca,
    webhook_http,
    mail_queue,
    mail_rate,
    mail_notices,
    smtp,
    smtp_password_file,
    smtp_ca,
    smtp_plain,
    mail_from,
    mail_reply_to,
    brand_name,
    brand_logo,
    brand_colour,
    brand_colour_dark,
    max_sessions,
    max_clients,
    max_connections,
    idle_timeout,
    sign_up,
    sign_up_domain,
    require_verified_email,
    admin_links,
    assurance,
    password_min_length,
    password_blocklist,
    argon2,
    password_threads,
    password_queue,
    threads,
    snapshot_interval,
    snapshot_min_bytes,
    snapshot_log_bytes,
    log_retention,
    log_retention_age,
    wal_pad,
    dev,
    dev_allow_remote,
    seed,
    rng_seed,
    ready_file,
    exit_with_parent,
    log_level,
    log_format,
    sandbox,
    reset_clock,
    config,
    print_config,
    version,
    help,
};
inline constexpr std::size_t option_count = static_cast<std::size_t>(option_id::help) + 1;

enum class value_kind : std::uint8_t {
    text,      // any UTF-8 that is not empty
    path,      // any UTF-8 that is not empty
    count,     // an integer
    duration,  // integer seconds, or with s, m, h, d
    size,      // bytes, or with KiB, MiB, GiB
    choice,    // one of `choices`
    flag,      // on where named alone
    parent,    // as a flag, or --name=PID
    address,   // listen_address
    range,     // address_block
    origin,    // is_origin
    host,      // is_host
    url,       // is_issuer
    attempts,  // "10/5m"
    hash_cost, // "m=19456,t=2,p=1"
    secret,    // text that is never shown
};

enum class option_place : std::uint8_t {
    everywhere,
    outside_only,      // environment and .env: what must not show in a process list
    not_in_file,       // command line, environment and .env: what names the file
    command_line_only, // what is meant for one start
};

struct option_row {
    option_id id;
    std::string_view name; // as after "--"; PAWL_ and upper case with '_' in the environment; as it is in TOML
    value_kind kind;
    std::string_view default_text; // as an option is written; words where `derived`
    bool derived = false;          // the default follows from other values
    std::int64_t min = 0, max = 0; // count, duration (s), size (bytes)
    std::string_view choices = {}; // "a|b"
    bool repeatable = false;
    option_place place = option_place::everywhere;
    bool reloadable = false; // SIGHUP applies it; everything else needs a restart
    std::string_view meaning;
};

std::span<const option_row> option_table();
const option_row& row_of(option_id id);
// Null if there is no such option.
const option_row* find_option(std::string_view name);

// "access-token-ttl" is "PAWL_ACCESS_TOKEN_TTL".
std::string environment_name(const option_row& row);

// A name of the FastAPI world for one of ours, in the environment and in .env.
struct option_alias {
    std::string_view name;
    option_id id;
    std::string_view unit; // what its integer counts, as a suffix of durations; "" where it is no duration, "m", "d"
};
std::span<const option_alias> option_aliases();

// What a value must be, for messages and --help: "10s to 1h", "one of always, interval".
std::string rule_of(const option_row& row);
// The word after the option in --help: "DURATION", "ES256|EdDSA"; empty for flags.
std::string unit_of(const option_row& row);

std::string help_text();
// The table of docs/configuration.md, in Markdown, between the two markers that a test looks for.
std::string markdown_table();
inline constexpr std::string_view markdown_begin = "<!-- options: begin (pawld --help prints the same) -->";
inline constexpr std::string_view markdown_end = "<!-- options: end -->";

} // namespace pawl::app
