// What pawlctl doctor looks at, judged: facts in, a finding each out. Pure.
#pragma once

#include "core/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pawl::tools {

enum class finding_state : std::uint8_t {
    good,
    unknown, // it could not be looked at; `what` says why
    warning, // works today; somebody should look
    problem, // does not work, or is not safe
};
const char* name_of(finding_state state) noexcept; // "good", "unknown", "warning", "problem"

struct finding {
    std::string about; // "clock", "disk" ...
    finding_state state = finding_state::good;
    std::string what;    // a sentence fragment
    std::string to_do{}; // what to do; empty where the state is good
};

// Free space below these is told. A snapshot is written beside the one before, so as much as the store is needed too.
inline constexpr std::uint64_t disk_free_problem = 64ULL << 20U;
inline constexpr std::uint64_t disk_free_warning = 1ULL << 30U;
inline constexpr seconds key_age_warning{400LL * 86400};
inline constexpr seconds backup_age_warning{2LL * 86400};
inline constexpr seconds backup_age_problem{14LL * 86400};

finding judge_clock(std::optional<bool> synchronised);
// Bytes free where the data directory is, and bytes of its files; std::nullopt if it can't be looked at.
finding judge_disk(std::optional<std::uint64_t> free, std::uint64_t used);
// What directory_problem() and secret_problem() of storage/access.hpp say; empty: nothing.
finding judge_permissions(const std::string& directory, const std::string& key_file);

struct proxy_facts {
    bool issuer_is_https = false;
    bool own_tls = false;
    bool trusts_a_proxy = false;
    bool listens_beyond_loopback = false;
};
finding judge_proxy(const proxy_facts& facts);

// What a GET of the issuer's metadata gave.
struct issuer_facts {
    bool has_issuer = false; // one is set; else the server makes one of its first listen address
    std::string url;
    std::string failure;                  // no answer: why
    unsigned status = 0;                  // of the answer
    std::optional<std::string> claimed{}; // the `issuer` it names
};
finding judge_issuer(const issuer_facts& facts);

// Of the key that signs; std::nullopt: not known (SECRET_KEY, or a file that can't be read: `failure`).
finding judge_keys(std::optional<timestamp> signs_since, timestamp now, const std::string& failure);
// `asked`: --backups was given. `newest`: of what lies there; std::nullopt: nothing.
finding judge_backups(bool asked, std::optional<timestamp> newest, timestamp now);

// The worst state of all.
finding_state worst_of(const std::vector<finding>& findings);

} // namespace pawl::tools
