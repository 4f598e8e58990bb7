#include "tools/doctor.hpp"

#include "tools/output.hpp"

#include <algorithm>

namespace pawl::tools {

using enum finding_state;

const char* name_of(finding_state state) noexcept {
    switch (state) {
    case good:
        return "good";
    case unknown:
        return "unknown";
    case warning:
        return "warning";
    case problem:
        return "problem";
    }
    return "unknown";
}

finding judge_clock(std::optional<bool> synchronised) {
    if (!synchronised) {
        return {"clock", unknown, "the kernel does not say whether it is synchronised", "look: timedatectl status"};
    }
    if (!*synchronised) {
        return {"clock", warning, "the wall clock is not synchronised",
                "start a time service: systemctl enable --now systemd-timesyncd (or chrony)"};
    }
    return {"clock", good, "synchronised"};
}

finding judge_disk(std::optional<std::uint64_t> free, std::uint64_t used) {
    if (!free) {
        return {"disk", unknown, "the data directory can't be looked at", "run this as its user, or as root"};
    }
    const std::string what = size_text(*free) + " free, " + size_text(used) + " in the data directory";
    const std::string to_do = "make room, or lower --log-retention: with no room left, changes are refused with 503";
    if (*free < disk_free_problem) {
        return {"disk", problem, what, to_do};
    }
    if (*free < disk_free_warning || *free < used) {
        return {"disk", warning, what, to_do};
    }
    return {"disk", good, what};
}

finding judge_permissions(const std::string& directory, const std::string& key_file) {
    if (!directory.empty()) {
        return {"permissions", problem, directory, "chown it to the server's user, and chmod 0700"};
    }
    if (!key_file.empty()) {
        return {"permissions", problem, "the key file " + key_file, "chmod 0600, owned by the server's user"};
    }
    return {"permissions", good, "the data directory and its keys are the server's alone"};
}

finding judge_proxy(const proxy_facts& facts) {
    if (facts.own_tls) {
        return {"proxy", good, "Pawl speaks TLS itself"};
    }
    if (facts.issuer_is_https && !facts.trusts_a_proxy) {
        return {"proxy", warning, "the issuer is https, no TLS is set, and no proxy is trusted",
                "--trusted-proxy ADDRESS of the proxy: until then all clients count as one address for the limits"};
    }
    if (facts.listens_beyond_loopback && !facts.trusts_a_proxy) {
        return {"proxy", problem, "plain HTTP is served to other machines",
                "--tls-cert and --tls-key, or listen on loopback behind a proxy"};
    }
    return {"proxy", good, facts.trusts_a_proxy ? "a proxy is trusted" : "served to this machine only"};
}

finding judge_issuer(const issuer_facts& facts) {
    if (!facts.has_issuer) {
        return {"issuer", warning, "none is set: it is the first listen address", "--issuer URL that clients use"};
    }
    if (!facts.failure.empty()) {
        return {"issuer", problem, facts.url + " can't be reached: " + facts.failure,
                "check DNS, the proxy and the firewall between; clients fetch keys from there"};
    }
    if (facts.status != 200 || !facts.claimed) {
        return {"issuer", problem, facts.url + " answers " + std::to_string(facts.status) + ", and not as Pawl does",
                "let the proxy hand on /.well-known/ and the Host header"};
    }
    if (*facts.claimed != facts.url) {
        return {"issuer", problem, facts.url + " says that its issuer is " + *facts.claimed,
                "let both be the same text, to the last slash: clients compare it"};
    }
    return {"issuer", good, facts.url + " answers"};
}

finding judge_keys(std::optional<timestamp> signs_since, timestamp now, const std::string& failure) {
    if (!failure.empty()) {
        return {"keys", unknown, failure, "run this as the server's user, or as root"};
    }
    if (!signs_since) {
        return {"keys", good, "tokens are signed with SECRET_KEY, whose age is not known"};
    }
    const seconds age = std::max(seconds(0), now - *signs_since);
    const std::string what = "the signing key is " + span_text(age) + " old";
    if (age > key_age_warning) {
        return {"keys", warning, what, "pawlctl key rotate"};
    }
    return {"keys", good, what};
}

finding judge_backups(bool asked, std::optional<timestamp> newest, timestamp now) {
    if (!asked) {
        return {"backups", unknown, "it was not said where they are", "pawlctl doctor --backups DIR"};
    }
    const std::string to_do = "pawlctl backup DEST, from a timer; docs/operations.md has one";
    if (!newest) {
        return {"backups", problem, "there is none", to_do};
    }
    const seconds age = std::max(seconds(0), now - *newest);
    const std::string what = "the newest is " + span_text(age) + " old";
    if (age > backup_age_warning) {
        return {"backups", age > backup_age_problem ? problem : warning, what, to_do};
    }
    return {"backups", good, what};
}

finding_state worst_of(const std::vector<finding>& findings) {
    finding_state worst = good;
    for (const finding& f : findings) {
        worst = std::max(worst, f.state);
    }
    return worst;
}

} // namespace pawl::tools
