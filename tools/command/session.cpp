// pawlctl session: a user's sessions (families of refresh tokens).
#include "tools/command/commands.hpp"
#include "tools/command/users.hpp"
#include "tools/json_view.hpp"

#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>

#include <memory>

namespace pawl::tools {

namespace {

int list_sessions(program& p, const std::string& name, bool all) {
    const auto server = connect_admin(p.global);
    const boost::json::value user = find_user(*server, name);
    const boost::json::value sessions =
        ask(*server, app::http_method::get, "/admin/sessions?user_id=" + encoded(text_of(user, "id")));
    if (!sessions.is_array()) {
        throw tool_error(exit_unreachable, server->place() + " answered no list of sessions: is it pawld?");
    }
    table t;
    t.headings = {"SESSION", "CREATED", "LAST USED", "EXPIRES", "GENERATION", "ADDRESS", "AGENT", "STATE"};
    std::size_t hidden = 0;
    for (const boost::json::value& session : sessions.get_array()) {
        const bool alive = is_true(session, "alive");
        if (!alive && !all) {
            ++hidden;
            continue;
        }
        if (p.out.json()) {
            print_json(p.out, session);
            continue;
        }
        cell generation(text_of(session, "generation"));
        generation.right = true;
        t.rows.push_back({cell(text_of(session, "id")), cell(text_of(session, "created_at")),
                          cell(text_of(session, "last_used_at")), cell(text_of(session, "expires_at")), generation,
                          cell(text_of(session, "ip")), cell(text_of(session, "user_agent")),
                          alive ? cell("alive", colour::green) : cell(text_of(session, "why_not_alive"), colour::dim)});
    }
    if (!p.out.json()) {
        p.out.print(t);
    }
    if (hidden > 0) {
        p.out.note(std::to_string(hidden) + (hidden == 1 ? " that has ended is" : " that have ended are") +
                   " not shown: --all shows them, and why they ended");
    }
    return 0;
}

int end_session(program& p, const std::string& id) {
    const auto server = connect_admin(p.global);
    ask(*server, app::http_method::delete_, "/admin/sessions/" + encoded(id));
    if (p.out.json()) {
        boost::json::object done;
        done["ended"] = id;
        print_json(p.out, done);
    } else {
        p.out.line("session " + clean(id) + " has ended");
    }
    return 0;
}

} // namespace

void add_session_command(CLI::App& parser, program& p) {
    CLI::App* const group = parser.add_subcommand("session", "a user's sessions: look at, end");
    group->require_subcommand(1);

    CLI::App* const list = group->add_subcommand("ls", "the sessions of a user");
    const auto name = std::make_shared<std::string>();
    const auto all = std::make_shared<bool>(false);
    list->add_option("user", *name, "id, email or username; name:5 where that is digits")
        ->required()
        ->type_name("USER");
    list->add_flag("-a,--all", *all, "also those that have ended, and why");
    list->callback([&p, name, all] { p.action = [&p, name, all] { return list_sessions(p, *name, *all); }; });

    CLI::App* const end = group->add_subcommand("end", "end one session");
    const auto id = std::make_shared<std::string>();
    end->add_option("session", *id, "the session's id, as ls prints it")->required()->type_name("ID");
    end->callback([&p, id] { p.action = [&p, id] { return end_session(p, *id); }; });
}

} // namespace pawl::tools
