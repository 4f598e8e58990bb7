#include "app/config/validate.hpp"

#include "app/config/validate_parts.hpp"
#include "core/provider/web_cookie.hpp"

#include <algorithm>

namespace pawl::app {

namespace {

constexpr std::size_t secret_key_size_min = 32; // RFC 7518 3.2: a key of the hash's size or larger
constexpr seconds reuse_window_default{10};
constexpr seconds lost_response_window_default{60};
constexpr seconds absolute_ttl_default{90 * 86400};

constexpr std::string_view data_dir_in_memory = ":memory:";

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

void take_factors(option_values& v, config& out) {
    using enum option_id;
    const std::string& who = v.text(require_factor);
    out.require_factor = who == "superusers" ? factor_policy::superusers
                         : who == "all"      ? factor_policy::all
                         : who == "none"     ? factor_policy::none
                                             : factor_policy::enrolled;
    out.reauth_window = v.duration(reauth_window);
    out.device_ttl = v.duration(device_ttl);
    out.totp = totp_kind_from_text(v.text(totp)).value_or(totp_kind());
    if (out.totp != totp_kind()) {
        out.warnings.emplace_back("--totp " + v.text(totp) + ": not every authenticator application can do that");
    }
}

option_error check_lifetimes(option_values& v, config& out) {
    using enum option_id;
    out.access_token_ttl = v.duration(access_token_ttl);
    out.code_ttl = v.duration(code_ttl);
    out.session_ttl = v.duration(session_ttl);
    out.web_rotation = v.duration(web_rotation);
    if (out.web_rotation != seconds(0) && out.web_rotation < web_confirmation) {
        return v.complain(web_rotation, "must be 0, or at least " + format_duration(web_confirmation));
    }
    take_factors(v, out);
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
    out.mail_queue = static_cast<std::size_t>(v.number(mail_queue));
    out.mail_rate = static_cast<std::size_t>(v.number(mail_rate));
    out.mail_notices = v.text(mail_notices) == "all";
    out.max_clients = static_cast<std::size_t>(v.number(max_clients));
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
    if (auto error = check_mail(values, out)) {
        return error;
    }
    if (auto error = check_brand(values, out)) {
        return error;
    }
    if (auto error = check_passwords(values, out)) {
        return error;
    }
    if (auto error = check_sign_up(values, out)) {
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
