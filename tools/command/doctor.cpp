// pawlctl doctor: what a server stands on, looked at from beside it, and what to do where it does not hold.
#include "tools/doctor.hpp"

#include "app/config/config.hpp"
#include "storage/access.hpp"
#include "tools/client/admin_client.hpp"
#include "tools/command/commands.hpp"
#include "tools/json_view.hpp"
#include "tools/settings.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

namespace pawl::tools {

namespace {

namespace fs = std::filesystem;

timestamp now_by_wall() {
    return std::chrono::floor<seconds>(std::chrono::system_clock::now());
}

std::optional<bool> clock_is_synchronised() {
    timex state{}; // no modes: nothing is set
    if (::adjtimex(&state) < 0) {
        return std::nullopt;
    }
    return (state.status & STA_UNSYNC) == 0;
}

std::uint64_t bytes_of_files(const std::string& directory) {
    std::uint64_t sum = 0;
    std::error_code ec;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, ec)) {
        struct stat file{};
        if (::lstat(entry.path().c_str(), &file) == 0 && S_ISREG(file.st_mode)) {
            sum += static_cast<std::uint64_t>(file.st_size);
        }
    }
    return sum;
}

finding look_at_disk(const app::config& settings) {
    struct statvfs disk{};
    if (::statvfs(settings.data_dir.c_str(), &disk) != 0) {
        return judge_disk(std::nullopt, 0);
    }
    return judge_disk(static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize, bytes_of_files(settings.data_dir));
}

// The files belong to the server's user, who may be another than the one that looks: modes are judged as the owner.
std::optional<storage::access_facts> facts_of(const std::string& path) {
    struct stat file{};
    if (::stat(path.c_str(), &file) != 0) {
        return std::nullopt;
    }
    return storage::access_facts{file.st_uid, file.st_uid, file.st_mode};
}

finding look_at_permissions(const app::config& settings) {
    const auto group = settings.allow_group_read ? storage::group_access::allowed : storage::group_access::refused;
    const auto directory = facts_of(settings.data_dir);
    if (!directory) {
        return {"permissions", finding_state::unknown, settings.data_dir + " can't be looked at",
                "run this as the server's user, or as root; --data-dir PATH"};
    }
    const auto key_file =
        settings.key_file.empty() || settings.key_file_is_credential ? std::nullopt : facts_of(settings.key_file);
    return judge_permissions(storage::directory_problem(settings.data_dir, *directory, group),
                             key_file ? storage::secret_problem(*key_file, group) : std::string());
}

finding look_at_proxy(const app::config& settings) {
    proxy_facts facts;
    facts.issuer_is_https = settings.issuer.starts_with("https:");
    facts.own_tls = settings.tls.has_value();
    facts.trusts_a_proxy = !settings.trusted_proxies.blocks.empty() || settings.trusted_proxies.unix_sockets;
    facts.listens_beyond_loopback = std::ranges::any_of(
        settings.listen, [](const app::listen_address& a) { return !a.is_unix() && !a.is_loopback(); });
    return judge_proxy(facts);
}

finding look_at_issuer(const app::config& settings, const global_options& global) {
    issuer_facts facts;
    facts.url = settings.issuer;
    facts.has_issuer = !settings.issuer.empty();
    if (facts.has_issuer) {
        try {
            global_options public_side = global;
            public_side.url = settings.issuer;
            const admin_answer answer =
                connect_url(public_side, false)->call(app::http_method::get, "/.well-known/openid-configuration", {});
            facts.status = answer.status;
            boost::system::error_code ec;
            const boost::json::value document = boost::json::parse(answer.body, ec);
            if (!ec && document.is_object() && document.as_object().contains("issuer")) {
                facts.claimed = text_of(document, "issuer");
            }
        } catch (const tool_error& why) {
            facts.failure = why.what();
        }
    }
    return judge_issuer(facts);
}

finding look_at_keys(const app::config& settings) {
    const timestamp now = now_by_wall();
    if (settings.secret_key) {
        return judge_keys(std::nullopt, now, {});
    }
    try {
        const key_ring_ptr keys = read_keys(settings);
        const auto signer = std::ranges::find(keys->verifying_keys, keys->signer_at(now));
        const auto at = static_cast<std::size_t>(signer - keys->verifying_keys.begin());
        return judge_keys(keys->signing_from.at(at), now, {});
    } catch (const storage::refused& why) {
        return judge_keys(std::nullopt, now, why.what());
    }
}

finding look_at_backups(const std::string& directory) {
    std::optional<timestamp> newest;
    std::error_code ec;
    if (!directory.empty()) {
        for (const fs::directory_entry& entry : fs::directory_iterator(directory, ec)) {
            struct stat file{};
            if (::stat(entry.path().c_str(), &file) == 0) {
                const timestamp at{seconds(file.st_mtime)};
                newest = newest ? std::max(*newest, at) : at;
            }
        }
    }
    return judge_backups(!directory.empty(), newest, now_by_wall());
}

colour shade_of(finding_state state) {
    switch (state) {
    case finding_state::good:
        return colour::green;
    case finding_state::unknown:
        return colour::dim;
    case finding_state::warning:
        return colour::yellow;
    case finding_state::problem:
        return colour::red;
    }
    return colour::none;
}

void print_findings(output& out, const std::vector<finding>& findings) {
    if (out.json()) {
        for (const finding& f : findings) {
            boost::json::object one{
                {"about", f.about}, {"state", name_of(f.state)}, {"what", f.what}, {"to_do", f.to_do}};
            out.line(boost::json::serialize(one));
        }
        return;
    }
    table rows;
    rows.headings = {"", "", "found", "what to do"};
    rows.heading_row = false;
    for (const finding& f : findings) {
        rows.rows.push_back({{f.about}, {name_of(f.state), shade_of(f.state)}, {clean(f.what)}, {clean(f.to_do)}});
    }
    out.print(rows);
}

int run_doctor(program& p, const std::string& backups) {
    const app::config settings = load_settings(p.global);
    const std::vector<finding> findings{judge_clock(clock_is_synchronised()),
                                        look_at_disk(settings),
                                        look_at_permissions(settings),
                                        look_at_proxy(settings),
                                        look_at_issuer(settings, p.global),
                                        look_at_keys(settings),
                                        look_at_backups(backups)};
    print_findings(p.out, findings);
    return worst_of(findings) == finding_state::problem ? exit_refused : 0;
}

} // namespace

void add_doctor_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand(
        "doctor",
        "look at clock, disk, permissions, proxy, issuer, keys and backups, and say what to do; exit 1 on a problem");
    const auto backups = std::make_shared<std::string>();
    command->add_option("--backups", *backups, "where backups are kept: how old the newest is")->type_name("DIR");
    command->callback([&p, backups] { p.action = [&p, backups] { return run_doctor(p, *backups); }; });
}

} // namespace pawl::tools
