// pawlctl user: invitations, links, approvals, and the second factors of a user.
#include "tools/command/commands.hpp"
#include "tools/command/entity_options.hpp"
#include "tools/command/users.hpp"
#include "tools/json_view.hpp"

#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>

#include <memory>

namespace pawl::tools {

namespace {

using enum app::http_method;
using text_ptr = std::shared_ptr<std::string>;

int invite(program& p, const std::string& email, const boost::json::object& more) {
    const auto server = connect_admin(p.global);
    boost::json::object body = more;
    body["email"] = email;
    const boost::json::value made = ask(*server, post, "/admin/invitations", body);
    print_record(p.out, "invitation", made);
    p.out.note(text_of(made, "link").empty() ? "The link was mailed to " + clean(email) + "."
                                             : "Pass the link on: it is good once, and nothing was mailed.");
    return 0;
}

int send_reset(program& p, const std::string& name) {
    const auto server = connect_admin(p.global);
    const boost::json::value user = find_user(*server, name);
    const boost::json::value made = ask(*server, post, path_of_user(user) + "/reset-link");
    print_record(p.out, "link", made);
    p.out.note(text_of(made, "link").empty() ? "The link was mailed to " + text_of(user, "email") + "."
                                             : "Pass the link on: it is good once, and nothing was mailed.");
    return 0;
}

int approve(program& p, const std::string& name) {
    const auto server = connect_admin(p.global);
    const boost::json::value user = find_user(*server, name);
    ask(*server, post, path_of_user(user) + "/approve");
    if (p.out.json()) {
        boost::json::object done;
        done["approved"] = *member_of(user, "id");
        print_json(p.out, done);
    } else {
        p.out.line("user " + call_by_name(user) + " may sign in");
    }
    return 0;
}

int list_factors(program& p, const std::string& name) {
    const auto server = connect_admin(p.global);
    const boost::json::value user = find_user(*server, name);
    const boost::json::value answer = ask(*server, get, path_of_user(user) + "/factors");
    table t;
    t.headings = {"ID", "KIND", "NAME", "CREATED", "LAST USED", "FROM"};
    for (const boost::json::value& one : list_of(answer, "factors")) {
        if (p.out.json()) {
            print_json(p.out, one);
            continue;
        }
        cell id(text_of(one, "id"));
        id.right = true;
        t.rows.push_back({id, cell(text_of(one, "kind")), cell(text_of(one, "name")), cell(text_of(one, "created_at")),
                          cell(text_of(one, "last_used_at")), cell(text_of(one, "last_used_from"))});
    }
    if (!p.out.json()) {
        p.out.print(t);
    }
    return 0;
}

text_ptr add_user_argument(CLI::App& command) {
    const auto name = std::make_shared<std::string>();
    command.add_option("user", *name, "id, email or username; name:5 where that is digits")
        ->required()
        ->type_name("USER");
    return name;
}

} // namespace

void add_user_links(CLI::App& group, program& p) {
    CLI::App* const inviting =
        group.add_subcommand("invite", "make an account whose user chooses the password by link");
    const auto email = std::make_shared<std::string>();
    const auto more = std::make_shared<boost::json::object>();
    inviting->add_option("email", *email, "the user's email")->required()->type_name("EMAIL");
    add_list(*inviting, more, "--role", "roles", "ROLE", "a role; may be given again");
    add_number(*inviting, more, "--days", "days", "N", "how long the link is good, 1 to 30; 7 where not given");
    inviting->callback([&p, email, more] { p.action = [&p, email, more] { return invite(p, *email, *more); }; });

    CLI::App* const reset = group.add_subcommand("reset-link", "mail a link to a new password");
    const text_ptr whose = add_user_argument(*reset);
    reset->callback([&p, whose] { p.action = [&p, whose] { return send_reset(p, *whose); }; });

    CLI::App* const approving = group.add_subcommand("approve", "allow an account that signed up and waits for it");
    const text_ptr waiting = add_user_argument(*approving);
    approving->callback([&p, waiting] { p.action = [&p, waiting] { return approve(p, *waiting); }; });

    CLI::App* const factors = group.add_subcommand("factors", "a user's second factors: kinds and times");
    const text_ptr owner = add_user_argument(*factors);
    factors->callback([&p, owner] { p.action = [&p, owner] { return list_factors(p, *owner); }; });
}

} // namespace pawl::tools
