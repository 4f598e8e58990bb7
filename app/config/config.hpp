// What the server is told: every option's value in force, checked against its bounds and against the others.
#pragma once

#include "app/config/brand_settings.hpp"
#include "app/config/container_limits.hpp"
#include "app/config/log_settings.hpp"
#include "app/config/mail_route.hpp"
#include "app/config/proxy_trust.hpp"
#include "app/config/sources.hpp"
#include "app/config/tls_settings.hpp"
#include "app/config/values.hpp"
#include "app/config/webhook_settings.hpp"
#include "core/account/sign_up_policy.hpp"
#include "core/factor/decide_login.hpp"
#include "core/factor/totp.hpp"
#include "core/family/decide.hpp"
#include "core/jwt/key_ring.hpp"
#include "core/password/password.hpp"
#include "core/secret.hpp"
#include "core/service/user_claims.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pawl::app {

enum class durability_mode : std::uint8_t { always, interval };

// One line of --print-config.
struct effective_value {
    option_id id{};
    std::vector<std::string> texts; // as options are written; empty where nothing is set and the default is a rule
    std::string source;
};

struct config {
    std::vector<listen_address> listen;
    std::string data_dir;
    bool in_memory = false;              // data_dir is ":memory:": no file at all
    std::string key_file;                // empty: keys in memory
    bool key_file_is_credential = false; // systemd's: read-only, and its mode shows an ACL as group bits
    bool allow_group_read = false;       // the group of a volume may reach directory, key file and secret files
    std::string admin_socket;            // empty: none
    std::string issuer;                  // empty: the first listen URL, once the port is known
    std::string audience;                // empty: the issuer
    bool no_audience = false;            // --audience none
    token_contents tokens;
    std::vector<std::string> allowed_hosts;
    jws_algorithm algorithm = jws_algorithm::es256;
    std::string algorithm_from;              // what decided it: "default", "--algorithm (command line)" ...
    std::optional<secret_string> secret_key; // set exactly where given
    seconds access_token_ttl{};
    seconds refresh_idle_ttl{};
    seconds refresh_absolute_ttl{};
    seconds code_ttl{};
    seconds session_ttl{};
    seconds web_rotation{}; // 0: only at sign-ins
    factor_policy require_factor = factor_policy::enrolled;
    seconds reauth_window{};
    seconds device_ttl{}; // 0: no device is remembered
    totp_kind totp;
    refresh_policy refresh;
    durability_mode durability = durability_mode::always;
    seconds sync_interval{};
    attempt_limit login_limit_account, login_limit_address;
    attempt_limit login_success_limit_account, login_success_limit_address;
    proxy_trust trusted_proxies;
    std::vector<std::string> cors_origins;
    std::size_t max_sessions = 0;
    std::size_t max_clients = 0;
    std::size_t max_connections = 0;
    seconds idle_timeout{};
    sign_up_policy sign_up;
    bool shows_links = false; // --admin-links show
    password_rules passwords;
    argon2_cost argon2;
    unsigned password_threads = 0;
    std::size_t password_queue = 0;
    unsigned threads = 0;
    seconds snapshot_interval{};
    std::uint64_t snapshot_min_bytes = 0, snapshot_log_bytes = 0;
    std::uint64_t log_retention_bytes = 0;
    seconds log_retention_age{};
    std::uint32_t wal_pad = 4096;
    container_limits container; // of the cgroup, which the numbers of threads follow
    bool dev = false;
    bool dev_allow_remote = false;         // with dev: others than loopback are served
    std::string seed_file;                 // empty: none
    std::optional<std::uint64_t> rng_seed; // dev only
    std::string ready_file;                // empty: none
    bool exit_with_parent = false;
    int expected_parent = 0; // the process that started this one, 0: not said
    log_level level = log_level::info;
    log_format format = log_format::json;
    bool sandbox = true;
    std::optional<tls_settings> tls; // nothing: plain HTTP
    std::optional<webhook_settings> webhook;
    std::size_t mail_queue = 0, mail_rate = 0;
    bool mail_notices = true;           // all of them, not those alone that can't be turned off
    std::optional<mail_route> mail_out; // none: mails go nowhere
    brand_settings brand;
    bool reset_clock = false;

    std::vector<std::string> warnings;   // what is allowed but weak, a sentence each
    std::vector<effective_value> values; // of every option that is no mere action, in the table's order
    bool is_default(option_id id) const; // it was given nowhere
};

// Everything the outside instance says, so that loading is a pure function of it.
struct config_inputs {
    std::vector<std::string> arguments; // without the program's name
    variable_list environment;
    // The whole of a file, or why not: nothing with an empty `error` where there is no such file.
    std::function<std::optional<std::string>(const std::string& path, std::string& error)> read_file;
    unsigned cores = 1; // that this process may run on
    container_limits container;
    bool stderr_is_terminal = false;
};

// What was asked for instead of serving.
enum class config_action : std::uint8_t { serve, help, version, print_config };

struct loaded_config {
    config_action action = config_action::serve;
    config value; // complete for serve and print_config
};

// The configuration in force, or one line for stderr (exit 2).
std::variant<loaded_config, std::string> load_config(const config_inputs& inputs);

// The process's own arguments, environment and files.
config_inputs process_inputs(int argument_count, char** arguments);

// For --print-config: a TOML document that --config takes, each line with where its value came from; secrets redacted.
std::string print_config(const config& c);

// Options whose values differ between two configurations.
std::vector<option_id> changed_options(const config& before, const config& after);

// Whether the hash costs less than OWASP's least (Password Storage Cheat Sheet: 47104/1, 19456/2, 12288/3, 9216/4,
// 7168/5).
bool is_cheap(const argon2_cost& cost);

} // namespace pawl::app
