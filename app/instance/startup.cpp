#include "app/instance/startup.hpp"

#include "app/process/signals.hpp"
#include "app/worker/password_pool.hpp"
#include "core/version.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace pawl::app {

namespace {

void reload_keys(const config& now, const config& running, key_holder& keys, logger& log) {
    if (running.key_file.empty()) {
        return; // they are in memory
    }
    const std::lock_guard lock(keys.changing());
    storage::key_file_options options = key_file_options_of(running);
    options.ring.hs256_secret = now.secret_key ? &*now.secret_key : nullptr;
    const parsed_key_file read = storage::reload_key_file(options, *keys.get());
    if (!read.ring) {
        log.error("reload.keys_kept", {{"why", read.error}});
        return;
    }
    keys.set(read.ring);
    log.info("reload.keys", {{"verifying_keys", std::uint64_t{read.ring->verifying_keys.size()}}});
}

} // namespace

void prepare_process(bool dev) {
    set_up_signals();
    ::umask(077);
    if (!dev) {
        ::prctl(PR_SET_DUMPABLE, 0); // no core dumps, no ptrace: there are keys in memory
        constexpr rlimit no_core{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core);
    }
}

void raise_descriptor_limit(std::size_t connections, logger& log) {
    const rlim_t wanted = connections + descriptors_reserved;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
        return;
    }
    limit.rlim_cur = std::min(limit.rlim_max, wanted);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted) {
        log.warn("limits.descriptors", {{"wanted", std::uint64_t{wanted}}, {"have", std::uint64_t{limit.rlim_cur}}});
    }
}

void say_warnings(const config& settings, logger& log) {
    log.info("keys.algorithm", {{"algorithm", to_text(settings.algorithm)}, {"from", settings.algorithm_from}});
    for (const std::string& warning : settings.warnings) {
        log.warn("config.weak", {{"warning", warning}});
    }
    if (settings.dev) {
        log.warn("config.dev", {{"warning", "--dev is for development: never where others can reach it"}});
    } else if (::geteuid() == 0) {
        log.warn("process.root", {{"warning", "runs as root without need: use a user of its own"}});
    }
}

void say_container(const config& settings, logger& log) {
    const container_limits& limits = settings.container;
    if (!limits.any()) {
        return;
    }
    log.info("container.limits", {{"cores", std::uint64_t{limits.cores.value_or(0)}},
                                  {"memory_bytes", limits.memory_bytes.value_or(0)},
                                  {"threads", std::uint64_t{settings.threads}},
                                  {"password_threads", std::uint64_t{settings.password_threads}},
                                  {"password_queue", std::uint64_t{settings.password_queue}}});
}

void say_hash_memory(const password_pool_stats& stats, std::uint64_t& told, logger& log) {
    if (stats.no_memory > told) {
        log.warn("passwords.no_memory",
                 {{"hashes", stats.no_memory - told},
                  {"notice", "there was no memory to check passwords: fewer --password-threads, or more memory"}});
        told = stats.no_memory;
    }
}

seconds names_rest_of(const config& settings) {
    return settings.tokens.subject == subject_kind::id ? seconds(0) : settings.access_token_ttl;
}

service_settings service_settings_of(const config& settings) {
    service_settings out;
    out.access_token_ttl = settings.access_token_ttl;
    out.refresh_idle_ttl = settings.refresh_idle_ttl;
    out.refresh_absolute_ttl = settings.refresh_absolute_ttl;
    out.refresh = settings.refresh;
    out.code_ttl = settings.code_ttl;
    out.web_session_ttl = settings.session_ttl;
    out.web_rotation = settings.web_rotation;
    out.require_factor = settings.require_factor;
    out.reauth_window = settings.reauth_window;
    out.device_ttl = settings.device_ttl;
    out.totp = settings.totp;
    out.sessions_max = settings.max_sessions;
    out.clients_max = settings.max_clients;
    out.passwords = settings.passwords;
    out.sign_up = settings.sign_up;
    out.shows_links = settings.shows_links;
    out.tokens = settings.tokens;
    return out;
}

throttle_limits throttle_limits_of(const config& settings) {
    const auto of = [](const attempt_limit& limit) {
        return limit.limited() ? throttle_limit{limit.count, limit.window} : throttle_limit{0, seconds(1)};
    };
    return {of(settings.login_limit_account), of(settings.login_limit_address),
            of(settings.login_success_limit_account), of(settings.login_success_limit_address)};
}

throttle_limits client_limits_of(const config& settings) {
    throttle_limits limits = throttle_limits_of(settings);
    limits.success_account = limits.success_address = throttle_limit{0, seconds(1)};
    return limits;
}

server_settings server_settings_of(const config& settings) {
    server_settings out;
    out.listen.clear();
    for (const listen_address& address : settings.listen) {
        out.listen.push_back(address.to_bind());
    }
    out.admin_socket = settings.admin_socket;
    out.admin_socket_by_default = settings.is_default(option_id::admin_socket);
    out.allowed_hosts = settings.allowed_hosts;
    out.trusted_proxies = settings.trusted_proxies;
    out.cors.origins = settings.cors_origins;
    out.cors.loopback_origins = settings.dev;
    out.threads = settings.threads;
    out.caps.total = settings.max_connections;
    out.deadlines.idle = settings.idle_timeout;
    return out;
}

std::string issuer_of(const config& settings, const std::string& first_url) {
    if (!settings.issuer.empty()) {
        return settings.issuer;
    }
    const std::size_t scheme = first_url.starts_with("https://") ? 8 : first_url.starts_with("http://") ? 7 : 0;
    const auto address = parse_listen_address(first_url.substr(scheme));
    if (!address || address->is_unix() || address->is_unspecified()) {
        throw storage::refused(
            storage::exit_code::usage,
            option_error_line("--issuer", {}, {},
                              "is required with the address " + first_url + ", which clients can't use"));
    }
    return first_url;
}

std::string ready_line(const std::string& url) {
    boost::json::object ready;
    ready["ready"] = true;
    ready["url"] = url;
    ready["pid"] = std::int64_t{::getpid()};
    ready["version"] = program_version;
    return boost::json::serialize(ready) + "\n";
}

void print_ready_line(const std::string& line) {
    for (std::size_t sent = 0; sent < line.size();) {
        const ssize_t n = ::write(STDOUT_FILENO, line.data() + sent, line.size() - sent);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return; // no manager listens; the service serves all the same
        }
        sent += static_cast<std::size_t>(n);
    }
}

void reload(const config_inputs& inputs, const config& running, key_holder& keys, const reloaded_limiters& limiters,
            logger& log) {
    const auto loaded = load_config(inputs);
    if (const std::string* why = std::get_if<std::string>(&loaded)) {
        log.error("reload.config_kept", {{"why", *why}});
        return;
    }
    const config& now = std::get<loaded_config>(loaded).value;
    log.set_level(now.level);
    limiters.logins.set_limits(throttle_limits_of(now));
    limiters.clients.set_limits(client_limits_of(now));
    for (const option_id id : changed_options(running, now)) {
        const option_row& row = row_of(id);
        if (!row.reloadable) {
            log.warn("reload.needs_restart", {{"option", row.name}});
        }
    }
    reload_keys(now, running, keys, log);
    log.info("reload.done");
}

} // namespace pawl::app
