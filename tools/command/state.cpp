// pawlctl state: users and families as they were at some point.
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "core/user/names.hpp"
#include "storage/history/timeline.hpp"
#include "tools/command/commands.hpp"
#include "tools/command/users.hpp"
#include "tools/point_in_time.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

namespace pawl::tools {

namespace {

struct state_options {
    std::string at = "now", user;
    bool all = false;
};

using alive_counts = std::map<std::uint64_t, std::uint64_t>; // user -> alive families

void print_users(program& p, const storage::past_state& state, const std::vector<const user*>& users,
                 const alive_counts& alive) {
    table t{{"USER", "EMAIL", "USERNAME", "STATE", "PASSWORD", "ROLES", "SESSIONS"}, {}};
    for (const user* const u : users) {
        const auto n = alive.find(u->id.value);
        std::string roles;
        for (const std::string& role : u->roles) {
            roles += (roles.empty() ? "" : ",") + clean(role);
        }
        t.rows.push_back({u->id.value, clean(u->email), clean(u->username),
                          u->deleted        ? "removed"
                          : u->gate.enabled ? "enabled"
                                            : "disabled",
                          hash_kind(u->password_hash), (u->is_superuser ? "superuser " : "") + roles,
                          n == alive.end() ? std::uint64_t{0} : n->second});
    }
    p.out.print(t);
    const auto removed = std::ranges::count_if(state.users, [](const auto& entry) { return entry.second.deleted; });
    p.out.line(std::to_string(state.users.size() - static_cast<std::size_t>(removed)) + " users, " +
               std::to_string(state.families.size()) + " sessions; record " + std::to_string(state.last_lsn) + ", " +
               time_text(state.time));
}

void print_families(program& p, const std::vector<const storage::past_family*>& families,
                    const storage::past_state& state, timestamp at) {
    table t{{"FAMILY", "USER", "CREATED", "LAST USED", "GENERATION", "STATE", "FROM"}, {}};
    for (const storage::past_family* const f : families) {
        t.rows.push_back({to_hex(f->facts.id), f->facts.user.value, to_rfc3339(f->facts.created_at),
                          to_rfc3339(f->used_at), std::uint64_t{f->word.generation()}, family_state_name(state, *f, at),
                          place_text(f->address, f->agent == nullptr ? std::string_view() : *f->agent)});
    }
    p.out.print(t);
}

bool is_meant(const user& u, const std::string& name) {
    if (name.empty()) {
        return true;
    }
    const named_user wanted = read_user_name(name);
    if (wanted.by_id) {
        return std::to_string(u.id.value) == wanted.text;
    }
    const std::string folded = fold_login_name(wanted.text);
    return fold_login_name(u.email) == folded || fold_login_name(u.username) == folded;
}

int show_state(program& p, const state_options& o) {
    const history_source source = open_history(p.global, need_keys::yes);
    const point_in_time past = read_point_in_time(p, *source.view, "--at", o.at);
    const storage::past_state& state = past.state;
    std::vector<const user*> users;
    for (const auto& [id, u] : state.users) {
        if (is_meant(u, o.user) && (o.all || !u.deleted)) {
            users.push_back(&u);
        }
    }
    if (!o.user.empty() && users.empty()) {
        throw tool_error(exit_refused, "there was no user \"" + clean(o.user) + "\" then");
    }
    std::sort(users.begin(), users.end(), [](const user* a, const user* b) { return a->id < b->id; });
    alive_counts alive;
    std::vector<const storage::past_family*> families;
    for (const auto& [id, f] : state.families) {
        const bool lives = state.alive(f, past.at);
        alive[f.facts.user.value] += lives ? 1 : 0;
        const bool shown = (o.all || lives) && std::any_of(users.begin(), users.end(), [&](const user* u) {
                               return o.user.empty() || u->id == f.facts.user;
                           });
        if (shown) {
            families.push_back(&f);
        }
    }
    std::sort(families.begin(), families.end(), [](const auto* a, const auto* b) {
        return std::pair(a->facts.user, a->facts.id) < std::pair(b->facts.user, b->facts.id);
    });
    if (p.out.json()) {
        p.out.line(summary_text(past));
        for (const user* const u : users) {
            p.out.line("{\"user\":" + user_json(*u) + "}");
        }
        for (const storage::past_family* const f : families) {
            p.out.line("{\"family\":" + family_json(state, *f, past.at) + "}");
        }
        return 0;
    }
    print_users(p, state, users, alive);
    if (!families.empty()) {
        p.out.line("");
        print_families(p, families, state, past.at);
    }
    return 0;
}

} // namespace

void add_state_command(CLI::App& parser, program& p) {
    CLI::App* const command =
        parser.add_subcommand("state", "users and live sessions as they were at a time or a record");
    const auto o = std::make_shared<state_options>();
    command->add_option("--at", o->at, "2026-11-22T05:30:00Z, -2h, now, or a record's number")
        ->type_name("POINT")
        ->capture_default_str();
    command->add_option("--user", o->user, "this user alone: id, email or username; name:5 where that is digits")
        ->type_name("USER");
    command->add_flag("--all", o->all, "removed users and ended sessions too, as far as they are kept");
    command->callback([&p, o] { p.action = [&p, o] { return show_state(p, *o); }; });
}

} // namespace pawl::tools
