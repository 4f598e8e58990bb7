// The rules of passwords and of what their hashes cost, and the threads.
#include "app/config/validate_parts.hpp"

#include <algorithm>

namespace pawl::app {

namespace {

constexpr std::size_t password_length_safe = 8;    // NIST SP 800-63B-4 3.1.1.2, beside a second factor
constexpr std::size_t password_length_alone = 15;  // the same, where it is the only factor
constexpr std::uint32_t argon2_memory_kib_min = 8; // RFC 9106 3.1: 8 p

constexpr std::int64_t password_queue_usual = 64;
constexpr std::int64_t password_queue_a_thread = 16; // in a container: what waits is through in a second or two
// Of a container's memory, what hashes may take by default, and beyond which a warning says that they don't fit.
constexpr std::uint64_t hash_share_usual_percent = 50, hash_share_most_percent = 75;

// How many hashes of this cost at once take so many percent of the memory; none: no limit.
std::optional<std::uint64_t> hashes_within(const config& c, std::uint64_t percent) {
    if (!c.container.memory_bytes) {
        return std::nullopt;
    }
    return *c.container.memory_bytes / 100 * percent / (std::uint64_t{c.argon2.memory_kib} * 1024);
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

namespace {

// What --assurance asks for, where it was not said; refuses what contradicts it.
option_error check_assurance(option_values& v, config& out) {
    using enum option_id;
    const std::string level = v.text(assurance);
    if (level == "none") {
        return std::nullopt;
    }
    if (level == "aal2") {
        if (v.given(require_factor) && out.require_factor != factor_policy::all) {
            return v.complain(require_factor, "must be all with --assurance aal2");
        }
        v.derive(require_factor, std::string("all"));
        out.require_factor = factor_policy::all;
    }
    const std::size_t least = out.require_factor == factor_policy::all ? password_length_safe : password_length_alone;
    if (!v.has(password_min_length)) {
        v.derive(password_min_length, std::to_string(least));
    }
    if (v.number(password_min_length) < static_cast<std::int64_t>(least)) {
        return v.complain(password_min_length,
                          "must be at least " + std::to_string(least) + " with --assurance " + level);
    }
    if (!v.has(password_blocklist)) {
        v.derive(password_blocklist, std::string("on"));
    }
    return v.text(password_blocklist) == "on"
               ? option_error()
               : option_error(v.complain(password_blocklist, "must be on with --assurance " + level));
}

} // namespace

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
    if (auto error = check_assurance(v, out)) {
        return error;
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
    return std::nullopt;
}

option_error check_sign_up(option_values& v, config& out) {
    using enum option_id;
    out.sign_up.mode = *sign_up_mode_from_text(v.text(sign_up));
    out.shows_links = v.text(admin_links) == "show";
    out.sign_up.wants_verified_email = v.text(require_verified_email) == "on";
    const bool has_mail = out.mail_out.has_value() || out.dev;
    if (out.sign_up.mode == sign_up_mode::confirm && !has_mail) {
        return v.complain(sign_up, "needs --smtp: its links are mailed");
    }
    if (out.sign_up.wants_verified_email && !has_mail) {
        return v.complain(require_verified_email, "needs --smtp: addresses are proven by mail");
    }
    if (!v.has(sign_up_domain)) {
        return std::nullopt;
    }
    for (const std::string& text : v.texts(sign_up_domain)) {
        const auto domain = sign_up_domain_from_text(text);
        if (!domain) {
            return v.complain(sign_up_domain, "must be a domain as example.org or *.example.org");
        }
        out.sign_up.domains.push_back(*domain);
    }
    if (out.sign_up.domains.size() > sign_up_domains_max) {
        return v.complain(sign_up_domain, "may be given " + std::to_string(sign_up_domains_max) + " times");
    }
    const bool proves = out.sign_up.mode != sign_up_mode::open || out.sign_up.wants_verified_email;
    if (!proves) {
        out.warnings.emplace_back("--sign-up-domain with --sign-up open: the address is not proven; with --sign-up "
                                  "confirm it is");
    }
    return std::nullopt;
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

} // namespace pawl::app
