// pawlctl diff: what changed between two points: users and families added, removed, changed.
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/entity/plain.hpp"
#include "storage/history/timeline.hpp"
#include "tools/command/commands.hpp"
#include "tools/point_in_time.hpp"

#include <CLI/CLI.hpp>

#include <sys/stat.h>

#include <map>
#include <memory>

namespace pawl::tools {

namespace {

struct diff_options {
    std::string a, b;
};

bool is_directory(const std::string& path) {
    struct stat st{};
    return ::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
}

// A directory as it is now, a snapshot by its name, or a point of the configured directory.
point_in_time read_side(program& p, const std::string& text) {
    if (is_directory(text)) {
        const history_source source = open_history_at(p.global, text);
        return read_point_in_time(p, *source.view, "diff", "now");
    }
    const history_source source = open_history(p.global, need_keys::yes);
    const std::string name = text.substr(text.rfind('/') + 1);
    if (const auto lsn = storage::parse_snapshot_name(name)) {
        point_in_time out;
        storage::read_settled(*source.view, [&] {
            out.state = read_snapshot_state(*source.view, *lsn);
            return true;
        });
        out.orphans = out.state.settle();
        out.at = to_seconds(out.state.time);
        return out;
    }
    return read_point_in_time(p, *source.view, "diff", text);
}

using changes = std::vector<storage::field_change>;

void note_change(changes& out, const char* name, const std::string& before, const std::string& after) {
    if (before != after) {
        out.push_back({name, before, after});
    }
}

class differ {
public:
    differ(program& p, const point_in_time& a, const point_in_time& b) : p_(p), a_(a), b_(b) {}

    int run() {
        compare_users();
        compare_families();
        storage::for_each_record([this](auto one) {
            if constexpr (requires { compare_plain(one); }) {
                compare_plain(one);
            }
        });
        if (!p_.out.json()) {
            p_.out.line(std::to_string(counts_["+"]) + " added, " + std::to_string(counts_["-"]) + " removed, " +
                        std::to_string(counts_["~"]) + " changed; records " + std::to_string(a_.state.last_lsn) +
                        " to " + std::to_string(b_.state.last_lsn));
        }
        return 0;
    }

private:
    void compare_users() {
        const std::map<std::uint64_t, user> before(a_.state.users.begin(), a_.state.users.end());
        const std::map<std::uint64_t, user> after(b_.state.users.begin(), b_.state.users.end());
        for (const auto& [id, u] : before) {
            const auto there = after.find(id);
            if (there == after.end()) {
                one("-", "user", user_name(u), "{\"user\":" + user_json(u), {});
            } else if (const changes c = storage::changes_between(u, there->second); !c.empty()) {
                one("~", "user", user_name(u), "{\"user\":{\"id\":" + std::to_string(id) + "}", c);
            }
        }
        for (const auto& [id, u] : after) {
            if (!before.contains(id)) {
                one("+", "user", user_name(u), "{\"user\":" + user_json(u), {});
            }
        }
    }

    void compare_families() {
        std::map<family_id, std::pair<const storage::past_family*, const storage::past_family*>> all;
        for (const auto& [id, f] : a_.state.families) {
            all[id].first = &f;
        }
        for (const auto& [id, f] : b_.state.families) {
            all[id].second = &f;
        }
        for (const auto& [id, sides] : all) {
            const auto [a, b] = sides;
            if (a == nullptr || b == nullptr) {
                const bool added = a == nullptr;
                const point_in_time& side = added ? b_ : a_;
                const storage::past_family& f = *(added ? b : a);
                one(added ? "+" : "-", "family", family_name(f), "{\"family\":" + family_json(side.state, f, side.at),
                    {});
                continue;
            }
            changes c;
            note_change(c, "generation", std::to_string(a->word.generation()), std::to_string(b->word.generation()));
            note_change(c, "state", family_state_name(a_.state, *a, a_.at), family_state_name(b_.state, *b, b_.at));
            if (!c.empty()) {
                one("~", "family", family_name(*a), "{\"family\":{\"id\":\"" + to_hex(id) + "\"}", c);
            }
        }
    }

    template <storage::plain_entity Record>
    void compare_plain(storage::as<Record> /*one*/) {
        using says = storage::declaration<Record>;
        const auto &before = a_.state.plain->of<Record>(), &after = b_.state.plain->of<Record>();
        const auto object_of = [](const Record& r) {
            std::string object;
            json_object_writer w(object);
            storage::tell(w, r);
            w.end();
            return "{\"" + std::string(says::name) + "\":" + object;
        };
        const auto name_of_one = [](const Record& r) {
            using storage::text_of; // or that of the key's own namespace
            return clean(text_of(says::key(r)));
        };
        storage::for_each_plain(before, [&](const Record& r) {
            const std::optional<Record> there = after.find(says::key(r));
            if (!there) {
                one("-", says::name, name_of_one(r), object_of(r), {});
            } else if (const changes c = storage::changes_between(r, *there); !c.empty()) {
                one("~", says::name, name_of_one(r), object_of(*there), c);
            }
        });
        storage::for_each_plain(after, [&](const Record& r) {
            if (!before.find(says::key(r))) {
                one("+", says::name, name_of_one(r), object_of(r), {});
            }
        });
    }

    static std::string user_name(const user& u) {
        return std::to_string(u.id.value) + (u.email.empty() ? "" : " (" + clean(u.email) + ")");
    }
    static std::string family_name(const storage::past_family& f) {
        return to_hex(f.facts.id) + " of user " + std::to_string(f.facts.user.value);
    }

    // `object`: the beginning of the JSON value, not yet closed.
    void one(const char* sign, const char* kind, const std::string& name, const std::string& object, const changes& c) {
        ++counts_[sign];
        const bool added = *sign == '+', removed = *sign == '-';
        if (p_.out.json()) {
            std::string list = "{";
            for (const storage::field_change& f : c) {
                list += list.size() > 1 ? "," : "";
                append_json_string(list, f.name);
                list += ":[";
                append_json_string(list, f.before);
                list += ',';
                append_json_string(list, f.after);
                list += ']';
            }
            p_.out.line(object + ",\"change\":\"" +
                        (added     ? "added"
                         : removed ? "removed"
                                   : "changed") +
                        "\"" + (c.empty() ? "" : ",\"fields\":" + list + "}") + "}");
            return;
        }
        std::string text = std::string(sign) + " " + kind + " " + name;
        for (const storage::field_change& f : c) {
            text += "\n    " + f.name + ": " + clean(f.before) + " -> " + clean(f.after);
        }
        p_.out.line(p_.out.shaded(text, added ? colour::green : removed ? colour::red : colour::yellow));
    }

    program& p_;
    const point_in_time& a_;
    const point_in_time& b_;
    std::map<std::string, std::uint64_t> counts_;
};

} // namespace

void add_diff_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand(
        "diff",
        "users, sessions, clients added, removed and changed between two points: directories, snapshots (by name), "
        "times or records' numbers");
    const auto o = std::make_shared<diff_options>();
    command->add_option("A", o->a, "before")->required()->type_name("POINT");
    command->add_option("B", o->b, "after (a time such as -2h is written after --)")->required()->type_name("POINT");
    command->callback([&p, o] {
        p.action = [&p, o] {
            const point_in_time a = read_side(p, o->a), b = read_side(p, o->b);
            return differ(p, a, b).run();
        };
    });
}

} // namespace pawl::tools
