#include "app/config/validate.hpp"

#include "core/family/event.hpp"

#include <algorithm>
#include <set>

namespace pawl::app {

namespace {

constexpr std::size_t secret_key_size_min = 32;    // RFC 7518 3.2: a key of the hash's size or larger
constexpr std::size_t password_length_safe = 8;    // NIST SP 800-63B-4
constexpr std::uint32_t argon2_memory_kib_min = 8; // RFC 9106 3.1: 8 p
constexpr seconds reuse_window_default{10};
constexpr seconds lost_response_window_default{60};
constexpr seconds absolute_ttl_default{90 * 86400};

constexpr std::int64_t password_queue_usual = 64;
constexpr std::int64_t password_queue_a_thread = 16; // in a container: what waits is through in a second or two
// Of a container's memory, what hashes may take by default, and beyond which a warning says that they don't fit.
constexpr std::uint64_t hash_share_usual_percent = 50, hash_share_most_percent = 75;

constexpr std::string_view data_dir_in_memory = ":memory:";
constexpr std::string_view no_audience_word = "none";

std::string joined(std::string_view directory, std::string_view name) {
    return std::string(directory) + (directory.ends_with('/') ? "" : "/") + std::string(name);
}

std::string at_most(std::string_view other, seconds value) {
    return "must be at most " + std::string(other) + " (" + format_duration(value) + ")";
}

option_error check_places(option_values& v, const validation_facts& facts, config& out) {
    if (!v.has(option_id::data_dir)) {
        v.derive(option_id::data_dir,
                 facts.state_directory.empty() ? std::string(usual_data_dir) : facts.state_directory);
        if (!facts.state_directory.empty()) {
            v.replace_source(option_id::data_dir, "default, $STATE_DIRECTORY");
        }
    }
    out.data_dir = v.text(option_id::data_dir);
    out.in_memory = out.data_dir == data_dir_in_memory;
    if (out.in_memory && !out.dev) {
        out.warnings.emplace_back("--data-dir :memory:: users, sessions and keys are gone when this process ends");
    }
    if (!v.has(option_id::admin_socket)) {
        v.derive(option_id::admin_socket,
                 out.data_dir == memory_data_dir ? "none" : joined(out.data_dir, admin_socket_name));
    }
    out.allow_group_read = v.flag(option_id::allow_group_read);
    if (out.allow_group_read) {
        out.warnings.emplace_back(
            "--allow-group-read: who is in the group of the data directory, the key file or the webhook secret may "
            "read "
            "and change what is there; where the file system keeps no modes, that is everybody who reaches it");
    }
    out.admin_socket = v.text(option_id::admin_socket) == "none" ? std::string() : v.text(option_id::admin_socket);
    if (!v.has(option_id::key_file) && out.in_memory && !facts.credential_exists) {
        return std::nullopt; // keys in memory too
    }
    if (!v.has(option_id::key_file)) {
        out.key_file_is_credential = facts.credential_exists;
        v.derive(option_id::key_file,
                 joined(facts.credential_exists ? facts.credentials_directory : out.data_dir, key_file_name));
        if (facts.credential_exists) {
            v.replace_source(option_id::key_file, "default, $CREDENTIALS_DIRECTORY");
        }
    }
    out.key_file = v.text(option_id::key_file);
    if (!facts.credentials_directory.empty() && out.key_file.starts_with(joined(facts.credentials_directory, ""))) {
        out.key_file_is_credential = true;
    }
    return std::nullopt;
}

option_error check_algorithm(option_values& v, config& out) {
    const bool has_secret = v.has(option_id::secret_key);
    if (!v.has(option_id::algorithm)) {
        v.derive(option_id::algorithm, has_secret ? "HS256" : "ES256");
    }
    out.algorithm_from = v.source(option_id::algorithm);
    if (has_secret && !v.given(option_id::algorithm)) {
        out.algorithm_from = "SECRET_KEY is set (" + v.source(option_id::secret_key) + ")";
    }
    out.algorithm = jws_algorithm_from_text(v.text(option_id::algorithm)).value_or(jws_algorithm::es256);
    if (has_secret) {
        out.secret_key.emplace(v.text(option_id::secret_key));
        if (out.secret_key->size() < secret_key_size_min) {
            if (!out.dev) {
                return v.complain(option_id::secret_key, "must be at least 32 bytes (fewer only with --dev); "
                                                         "`openssl rand -hex 32` makes one");
            }
            out.warnings.emplace_back("SECRET_KEY is under 32 bytes: anyone may guess it and sign tokens");
        }
        if (out.algorithm != jws_algorithm::hs256) {
            out.warnings.emplace_back("SECRET_KEY is set but not used: the algorithm is " +
                                      v.text(option_id::algorithm));
        }
    } else if (out.algorithm == jws_algorithm::hs256) {
        return v.complain(option_id::algorithm, "needs SECRET_KEY, 32 bytes or more, in the environment or .env");
    }
    return std::nullopt;
}

option_error check_lifetimes(option_values& v, config& out) {
    using enum option_id;
    out.access_token_ttl = v.duration(access_token_ttl);
    out.refresh_idle_ttl = v.duration(refresh_idle_ttl);
    if (!v.has(refresh_absolute_ttl)) {
        v.derive(refresh_absolute_ttl, format_duration(std::max(absolute_ttl_default, out.refresh_idle_ttl)));
    }
    out.refresh_absolute_ttl = v.duration(refresh_absolute_ttl);
    if (out.access_token_ttl > out.refresh_idle_ttl) {
        if (v.given(access_token_ttl)) {
            return v.complain(access_token_ttl, at_most("--refresh-idle-ttl", out.refresh_idle_ttl));
        }
        return v.complain(refresh_idle_ttl,
                          "must be at least --access-token-ttl (" + format_duration(out.access_token_ttl) + ")");
    }
    if (out.refresh_idle_ttl > out.refresh_absolute_ttl) {
        if (v.given(refresh_idle_ttl)) {
            return v.complain(refresh_idle_ttl, at_most("--refresh-absolute-ttl", out.refresh_absolute_ttl));
        }
        return v.complain(refresh_absolute_ttl,
                          "must be at least --refresh-idle-ttl (" + format_duration(out.refresh_idle_ttl) + ")");
    }
    return std::nullopt;
}

// Wc <= Wr <= access-token-ttl / 2.
option_error check_windows(option_values& v, config& out) {
    using enum option_id;
    const seconds half = out.access_token_ttl / 2;
    const bool strict_mode = v.flag(strict);
    if (strict_mode) {
        for (const option_id id : {reuse_window, lost_response_window}) {
            if (v.has(id) && v.duration(id) != seconds(0)) {
                return v.complain(id, "contradicts --strict, which sets it to 0");
            }
        }
    }
    if (!v.has(lost_response_window)) {
        v.derive(lost_response_window,
                 format_duration(strict_mode ? seconds(0) : std::min(lost_response_window_default, half)));
    }
    const seconds wr = v.duration(lost_response_window);
    if (!v.has(reuse_window)) {
        v.derive(reuse_window, format_duration(std::min(reuse_window_default, wr)));
    }
    const seconds wc = v.duration(reuse_window);
    if (wr > half) {
        return v.complain(lost_response_window, at_most("half of --access-token-ttl", half));
    }
    if (wc > wr) {
        return v.complain(reuse_window, at_most("--lost-response-window", wr));
    }
    out.refresh.reuse_window = wc;
    out.refresh.lost_response_window = wr;
    return std::nullopt;
}

option_error check_durability(option_values& v, config& out) {
    using enum option_id;
    const bool interval = v.text(durability) == "interval";
    out.durability = interval ? durability_mode::interval : durability_mode::always;
    out.sync_interval = v.duration(sync_interval);
    if (!v.has(ahead)) {
        v.derive(ahead, interval ? "heal" : "revoke");
    }
    out.refresh.ahead = v.text(ahead) == "heal" ? ahead_policy::heal : ahead_policy::revoke;
    if (interval && out.refresh.ahead == ahead_policy::revoke) {
        return v.complain(ahead, "contradicts --durability interval, after whose crashes genuine tokens are ahead");
    }
    out.snapshot_interval = v.duration(snapshot_interval);
    out.snapshot_min_bytes = static_cast<std::uint64_t>(v.number(snapshot_min_bytes));
    out.snapshot_log_bytes = static_cast<std::uint64_t>(v.number(snapshot_log_bytes));
    out.log_retention_bytes = static_cast<std::uint64_t>(v.number(log_retention));
    out.log_retention_age = v.duration(log_retention_age);
    out.wal_pad = static_cast<std::uint32_t>(*parse_count(v.text(wal_pad)));
    if (out.wal_pad < 4096) {
        out.warnings.emplace_back("--wal-pad 64: frames share device blocks, so a write torn by a power cut may damage "
                                  "records that were acknowledged before");
    }
    return std::nullopt;
}

option_error check_remote(const option_values& v, config& out) {
    using enum option_id;
    out.dev_allow_remote = v.flag(dev_allow_remote);
    if (!out.dev_allow_remote) {
        return std::nullopt;
    }
    if (!out.dev) {
        return v.complain(dev_allow_remote, "needs --dev");
    }
    // By a name of its own, so that no page elsewhere can reach it by a name that it turned to this address.
    if (!v.has(allowed_host) || v.texts(allowed_host).empty() ||
        std::ranges::find(v.texts(allowed_host), "*") != v.texts(allowed_host).end()) {
        return v.complain(dev_allow_remote, "needs --allowed-host with the names that clients use, not *");
    }
    out.warnings.emplace_back("--dev-allow-remote: who reaches this server can be any user and superuser: /dev/tokens "
                              "mints any token, /dev/requests shows what others sent");
    return std::nullopt;
}

option_error check_addresses(option_values& v, config& out) {
    using enum option_id;
    if (v.texts(listen).empty()) {
        return v.complain(listen, "must name at least one address");
    }
    std::set<std::string> seen;
    if (auto error = check_remote(v, out)) {
        return error;
    }
    for (const std::string& text : v.texts(listen)) {
        out.listen.push_back(*parse_listen_address(text));
        out.listen.back().is_localhost = out.listen.back().is_localhost || !v.given(listen);
        const listen_address& address = out.listen.back();
        if (out.dev && !out.dev_allow_remote && !address.is_loopback()) {
            return v.complain(listen, "must be loopback with --dev; --dev-allow-remote takes others");
        }
        if ((address.is_unix() || address.port != 0) && !seen.insert(address.text()).second) {
            return v.complain(listen, "names an address twice");
        }
    }
    if (v.has(issuer)) {
        out.issuer = v.text(issuer);
    } else if (out.listen.front().is_unix() || out.listen.front().is_unspecified()) {
        return v.complain(issuer, "is required with --listen " + out.listen.front().text() +
                                      ", which is no address that clients can use");
    }
    out.audience = v.has(audience) ? v.text(audience) : std::string();
    out.no_audience = out.audience == no_audience_word;
    if (out.no_audience) {
        out.audience.clear();
    }
    if (v.has(allowed_host)) {
        out.allowed_hosts = v.texts(allowed_host);
    }
    if (v.has(trusted_proxy)) {
        for (const std::string& text : v.texts(trusted_proxy)) {
            if (text == trusted_unix) {
                out.trusted_proxies.unix_sockets = true;
            } else {
                out.trusted_proxies.blocks.push_back(*address_block_from_text(text));
            }
        }
    }
    const bool on_unix = std::ranges::any_of(out.listen, &listen_address::is_unix);
    if (on_unix && !out.trusted_proxies.unix_sockets) {
        out.warnings.emplace_back(
            "--listen unix: requests there have no address, so failed logins have no limit; behind "
            "a proxy that says whom it speaks for add --trusted-proxy unix");
    }
    if (v.has(cors_origin)) {
        out.cors_origins = v.texts(cors_origin);
    }
    return std::nullopt;
}

void take_token_contents(option_values& v, config& out) {
    token_contents& contents = out.tokens;
    const std::string& subject = v.text(option_id::subject);
    contents.subject = subject == "username" ? subject_kind::username
                       : subject == "email"  ? subject_kind::email
                                             : subject_kind::id;
    contents.type = v.text(option_id::token_type) == "JWT" ? token_type::jwt : token_type::at_jwt;
    const auto wanted = [&](std::string_view claim) {
        return v.has(option_id::claims) &&
               std::ranges::find(v.texts(option_id::claims), claim) != v.texts(option_id::claims).end();
    };
    contents.email = wanted("email");
    contents.email_verified = wanted("email_verified");
    contents.username = wanted("username");
    contents.roles = wanted("roles");
    contents.is_superuser = wanted("is_superuser");
}

option_error check_tls(option_values& v, config& out) {
    using enum option_id;
    const bool made = v.flag(tls_self_signed);
    if (v.has(tls_cert) != v.has(tls_key)) {
        return v.has(tls_cert) ? v.complain(tls_cert, "needs --tls-key") : v.complain(tls_key, "needs --tls-cert");
    }
    if (made && !out.dev) {
        return v.complain(tls_self_signed, "only with --dev: others need a certificate that somebody vouches for");
    }
    if (made && v.has(tls_cert)) {
        return v.complain(tls_self_signed, "contradicts --tls-cert");
    }
    if (!made && !v.has(tls_cert)) {
        return v.has(tls_client_ca) ? v.complain(tls_client_ca, "needs --tls-cert") : option_error();
    }
    tls_settings& tls = out.tls.emplace();
    tls.self_signed = made;
    if (!made) {
        tls.certificate = v.text(tls_cert);
        tls.key = v.text(tls_key);
    }
    if (v.has(tls_client_ca)) {
        tls.client_ca = v.text(tls_client_ca);
        tls.clients =
            v.text(tls_client_cert) == "optional" ? client_certificates::optional : client_certificates::required;
    }
    return std::nullopt;
}

option_error check_webhook(option_values& v, config& out) {
    using enum option_id;
    if (!v.has(webhook)) {
        for (const option_id id : {webhook_secret_file, webhook_event, webhook_ca}) {
            if (v.has(id)) {
                return v.complain(id, "needs --webhook");
            }
        }
        return std::nullopt;
    }
    const auto target = webhook_target_from_url(v.text(webhook));
    if (!target) {
        return v.complain(webhook, "must be https://HOST[:PORT]/PATH, without user and fragment");
    }
    if (!target->tls && !target->is_loopback() && !v.flag(webhook_http)) {
        return v.complain(webhook, "must be https, or http to loopback (to others only with --webhook-http)");
    }
    if (out.in_memory) {
        return v.complain(webhook, "needs a data directory: with --data-dir :memory: there is no log to deliver from");
    }
    if (!v.has(webhook_secret_file)) {
        return v.complain(webhook, "needs --webhook-secret-file");
    }
    webhook_settings& hook = out.webhook.emplace();
    hook.target = *target;
    hook.secret_file = v.text(webhook_secret_file);
    hook.ca_file = v.has(webhook_ca) ? v.text(webhook_ca) : std::string();
    if (v.has(webhook_event)) {
        hook.kinds = v.texts(webhook_event);
        for (const std::string& kind : hook.kinds) {
            if (!is_event_kind(kind)) {
                return v.complain(webhook_event, "names no type of event; docs/admin-api.md has them");
            }
        }
        return std::nullopt;
    }
    for (const std::string_view kind : event_kinds()) {
        if (kind != "family_rotated" && kind != "family_created") { // every refresh and every login
            hook.kinds.emplace_back(kind);
        }
    }
    return std::nullopt;
}

option_error check_passwords(option_values& v, config& out) {
    using enum option_id;
    out.argon2 = *argon2_cost_from_text(v.text(argon2));
    if (out.argon2.memory_kib < argon2_memory_kib_min || out.argon2.memory_kib > hash_memory_kib_max ||
        out.argon2.passes < 1 || out.argon2.passes > hash_passes_max) {
        return v.complain(argon2, "must have m from " + std::to_string(argon2_memory_kib_min) + " to " +
                                      std::to_string(hash_memory_kib_max) + " and t from 1 to " +
                                      std::to_string(hash_passes_max));
    }
    if (is_cheap(out.argon2)) {
        if (!out.dev) {
            return v.complain(argon2, "must cost at least OWASP's minimum (m=47104,t=1; m=19456,t=2; m=12288,t=3; "
                                      "m=9216,t=4; m=7168,t=5); less only with --dev");
        }
        out.warnings.emplace_back("--argon2 " + v.text(argon2) + ": passwords are hashed too cheaply to be safe");
    }
    if (!v.has(password_min_length)) {
        v.derive(password_min_length, std::to_string(out.dev ? 1 : password_length_safe));
    }
    out.passwords.length_min = static_cast<std::size_t>(v.number(password_min_length));
    if (out.passwords.length_min < password_length_safe) {
        if (!out.dev) {
            return v.complain(password_min_length, "must be at least 8; less only with --dev");
        }
        if (v.given(password_min_length)) { // else --dev has said so
            out.warnings.emplace_back("--password-min-length " + v.text(password_min_length) +
                                      ": short passwords pass");
        }
    }
    if (!v.has(password_blocklist)) {
        v.derive(password_blocklist, std::string(out.dev ? "off" : "on"));
    }
    out.passwords.blocklist = v.text(password_blocklist) == "on";
    if (!out.passwords.blocklist && !out.dev) {
        out.warnings.emplace_back("--password-blocklist off: passwords that everyone tries first are taken");
    }
    out.sign_up_open = v.text(sign_up) == "open";
    return std::nullopt;
}

// How many hashes of this cost at once take so many percent of the memory; none: no limit.
std::optional<std::uint64_t> hashes_within(const config& c, std::uint64_t percent) {
    if (!c.container.memory_bytes) {
        return std::nullopt;
    }
    return *c.container.memory_bytes / 100 * percent / (std::uint64_t{c.argon2.memory_kib} * 1024);
}

void take_threads(option_values& v, const validation_facts& facts, config& out) {
    using enum option_id;
    out.container = facts.container;
    const std::int64_t cores = std::clamp<std::int64_t>(
        std::min(facts.cores, facts.container.cores.value_or(facts.cores)), 1, row_of(threads).max);
    if (!v.has(threads)) {
        v.derive(threads, std::to_string(cores));
    }
    if (!v.has(password_threads)) {
        const auto most = hashes_within(out, hash_share_usual_percent).value_or(static_cast<std::uint64_t>(cores));
        v.derive(password_threads, std::to_string(std::max<std::uint64_t>(
                                       1, std::min<std::uint64_t>(most, static_cast<std::uint64_t>(cores)))));
    }
    if (!v.has(password_queue)) {
        const std::int64_t of_threads = password_queue_a_thread * v.number(password_threads);
        v.derive(password_queue, std::to_string(facts.container.any() ? std::min(password_queue_usual, of_threads)
                                                                      : password_queue_usual));
    }
    out.threads = static_cast<unsigned>(v.number(threads));
    out.password_threads = static_cast<unsigned>(v.number(password_threads));
    out.password_queue = static_cast<std::size_t>(v.number(password_queue));
    if (hashes_within(out, hash_share_most_percent).value_or(out.password_threads) < out.password_threads) {
        const std::uint64_t taken_kib = std::uint64_t{out.argon2.memory_kib} * out.password_threads;
        out.warnings.emplace_back("--password-threads " + v.text(password_threads) + ": so many hashes take " +
                                  std::to_string(taken_kib / 1024) + " MiB, and the container has " +
                                  std::to_string(*out.container.memory_bytes >> 20U) +
                                  " MiB for everything: logins may get the server killed");
    }
}

option_error check_development(option_values& v, config& out) {
    using enum option_id;
    for (const option_id id : {seed, rng_seed}) {
        if (v.has(id) && (!out.dev || !out.in_memory)) {
            return v.complain(id, "needs --dev and --data-dir :memory:");
        }
    }
    if (v.has(seed)) {
        out.seed_file = v.text(seed);
    }
    if (v.has(rng_seed)) {
        out.rng_seed = static_cast<std::uint64_t>(v.number(rng_seed));
        out.warnings.emplace_back("--rng-seed " + v.text(rng_seed) + ": anyone can work out every key and token");
    }
    if (v.has(ready_file)) {
        out.ready_file = v.text(ready_file);
    }
    const std::optional<bool> with_parent = parse_flag(v.text(exit_with_parent));
    out.exit_with_parent = with_parent.value_or(true);
    out.expected_parent = with_parent ? 0 : static_cast<int>(v.number(exit_with_parent));
    return std::nullopt;
}

void take_the_rest(option_values& v, const validation_facts& facts, config& out) {
    using enum option_id;
    // A test suite signs up and logs in as one account, again and again.
    const bool unlimited = out.dev && !out.dev_allow_remote;
    for (const auto& [id, usual] :
         {std::pair(login_limit_account, "10/5m"), std::pair(login_limit_address, "100/5m")}) {
        if (!v.has(id)) {
            v.derive(id, std::string(unlimited ? "off" : usual));
        }
    }
    out.login_limit_account = *parse_attempt_limit(v.text(login_limit_account));
    out.login_limit_address = *parse_attempt_limit(v.text(login_limit_address));
    // Who turned the limits off has turned all of them off, but for those that are given.
    const auto successes = [&](option_id id, std::string_view usual, const attempt_limit& failures) {
        if (!v.has(id)) {
            v.derive(id, unlimited || !failures.limited() ? "off" : std::string(usual));
        }
        return *parse_attempt_limit(v.text(id));
    };
    out.login_success_limit_account = successes(login_success_limit_account, "100/5m", out.login_limit_account);
    out.login_success_limit_address = successes(login_success_limit_address, "1000/5m", out.login_limit_address);
    out.max_sessions = static_cast<std::size_t>(v.number(max_sessions));
    out.max_connections = static_cast<std::size_t>(v.number(max_connections));
    out.idle_timeout = v.duration(idle_timeout);
    if (!v.has(log_format)) {
        v.derive(log_format, facts.stderr_is_terminal ? "text" : "json");
    }
    out.level = log_level_from_text(v.text(log_level)).value_or(pawl::app::log_level::info);
    out.format = v.text(log_format) == "text" ? pawl::app::log_format::text : pawl::app::log_format::json;
    out.sandbox = v.text(sandbox) == "on";
    out.reset_clock = v.flag(reset_clock);
}

} // namespace

bool is_cheap(const argon2_cost& cost) {
    switch (cost.passes) {
    case 1:
        return cost.memory_kib < 47104;
    case 2:
        return cost.memory_kib < 19456;
    case 3:
        return cost.memory_kib < 12288;
    case 4:
        return cost.memory_kib < 9216;
    default:
        return cost.memory_kib < 7168;
    }
}

option_error validate(option_values& values, const validation_facts& facts, config& out) {
    out.dev = values.flag(option_id::dev);
    if (auto error = check_places(values, facts, out)) {
        return error;
    }
    if (auto error = check_algorithm(values, out)) {
        return error;
    }
    if (auto error = check_lifetimes(values, out)) {
        return error;
    }
    if (auto error = check_windows(values, out)) {
        return error;
    }
    if (auto error = check_durability(values, out)) {
        return error;
    }
    if (auto error = check_addresses(values, out)) {
        return error;
    }
    if (auto error = check_tls(values, out)) {
        return error;
    }
    if (auto error = check_webhook(values, out)) {
        return error;
    }
    if (auto error = check_passwords(values, out)) {
        return error;
    }
    if (auto error = check_development(values, out)) {
        return error;
    }
    take_token_contents(values, out);
    take_threads(values, facts, out);
    take_the_rest(values, facts, out);
    return std::nullopt;
}

} // namespace pawl::app
