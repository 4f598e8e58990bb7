// pawlctl user: the group, and the commands that only look.
#include "tools/command/commands.hpp"
#include "tools/command/users.hpp"
#include "tools/json_view.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace pawl::tools {

namespace {

constexpr std::size_t page_size = 1000; // the most the server gives at once

table user_table() {
    table t;
    t.headings = {"ID", "EMAIL", "USERNAME", "ROLES", "SESSIONS", "STATE", "CREATED"};
    return t;
}

cell state_of(const boost::json::value& user) {
    if (is_true(user, "enabled")) {
        return {"enabled", colour::green};
    }
    return is_true(user, "pending") ? cell("pending", colour::yellow) : cell("disabled", colour::red);
}

std::vector<cell> row_of(const boost::json::value& user) {
    cell id(text_of(user, "id"));
    cell sessions(text_of(user, "sessions"));
    id.right = sessions.right = true;
    std::string roles = text_of(user, "roles");
    if (is_true(user, "is_superuser")) {
        roles = roles.empty() ? "superuser" : "superuser, " + roles;
    }
    const std::string username = text_of(user, "username");
    return {id,
            cell(text_of(user, "email")),
            cell(username == text_of(user, "email") ? std::string() : username),
            cell(roles),
            sessions,
            state_of(user),
            cell(text_of(user, "created_at"))};
}

struct list_options {
    std::uint64_t after = 0;
    std::uint64_t limit = 0; // 0: all
};

int list_users(program& p, const list_options& wanted) {
    const auto server = connect_admin(p.global);
    std::string after = std::to_string(wanted.after);
    std::uint64_t left = wanted.limit == 0 ? UINT64_MAX : wanted.limit;
    table t = user_table();
    while (left > 0) {
        const std::uint64_t size = left < page_size ? left : page_size;
        const boost::json::value page =
            ask(*server, app::http_method::get, "/admin/users?after=" + after + "&limit=" + std::to_string(size));
        const boost::json::array& users = list_of(page, "users");
        for (const boost::json::value& user : users) {
            if (p.out.json()) {
                print_json(p.out, user);
            } else {
                t.rows.push_back(row_of(user));
            }
        }
        if (!p.out.json() && (t.heading_row || !t.rows.empty())) { // page by page: bounded for any number of users
            p.out.print(t);
            t.rows.clear();
            t.heading_row = false;
        }
        after = text_of(page, "next");
        left -= users.size() < left ? users.size() : left;
        if (after.empty() || users.empty()) {
            break;
        }
    }
    if (!after.empty() && left == 0) {
        p.out.note("There are more: --after " + after);
    }
    return 0;
}

int show_user(program& p, const std::string& name) {
    const auto server = connect_admin(p.global);
    const boost::json::value user = find_user(*server, name);
    print_record(p.out, "user", user);
    return 0;
}

} // namespace

void add_user_command(CLI::App& parser, program& p) {
    CLI::App* const group = parser.add_subcommand("user", "users: add, look at, change, remove");
    group->require_subcommand(1);

    CLI::App* const list = group->add_subcommand("ls", "all users, in the order of their ids");
    const auto wanted = std::make_shared<list_options>();
    list->add_option("--after", wanted->after, "only ids above this")->type_name("ID");
    list->add_option("--limit", wanted->limit, "at most so many; all where not given")->type_name("N");
    list->callback([&p, wanted] { p.action = [&p, wanted] { return list_users(p, *wanted); }; });

    CLI::App* const show = group->add_subcommand("show", "all that is known of one user");
    const auto name = std::make_shared<std::string>();
    show->add_option("user", *name, "id, email or username; name:5 where that is digits")
        ->required()
        ->type_name("USER");
    show->callback([&p, name] { p.action = [&p, name] { return show_user(p, *name); }; });

    add_user_changes(*group, p);
    add_user_links(*group, p);
}

} // namespace pawl::tools
