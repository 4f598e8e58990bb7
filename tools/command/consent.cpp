// pawlctl consent: what users allowed clients.
#include "tools/command/commands.hpp"
#include "tools/command/users.hpp"
#include "tools/json_view.hpp"
#include "tools/prompt.hpp"

#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>

#include <memory>

namespace pawl::tools {

namespace {

using text_ptr = std::shared_ptr<std::string>;

std::string target_of(const boost::json::value& user) {
    return "/admin/consents?user_id=" + encoded(text_of(user, "id"));
}

int list_consents(program& p, const std::string& name) {
    const auto server = connect_admin(p.global);
    const boost::json::value user = find_user(*server, name);
    const boost::json::value answer = ask(*server, app::http_method::get, target_of(user));
    table t;
    t.headings = {"CLIENT", "NAME", "SCOPES", "ALLOWED"};
    for (const boost::json::value& one : list_of(answer, "consents")) {
        if (p.out.json()) {
            print_json(p.out, one);
        } else {
            t.rows.push_back({cell(text_of(one, "client_id")), cell(text_of(one, "name")), cell(text_of(one, "scopes")),
                              cell(text_of(one, "granted_at"))});
        }
    }
    if (!p.out.json()) {
        p.out.print(t);
    }
    return 0;
}

int withdraw_consent(program& p, const std::string& name, const std::string& client, bool yes) {
    const auto server = connect_admin(p.global);
    const boost::json::value user = find_user(*server, name);
    confirm("Withdraw what user " + call_by_name(user) + " allowed client " + clean(client) +
                ", and end its sessions of that user",
            yes);
    ask(*server, app::http_method::delete_, target_of(user) + "&client_id=" + encoded(client));
    if (p.out.json()) {
        boost::json::object done;
        done["withdrawn"] = client;
        done["user_id"] = *member_of(user, "id");
        print_json(p.out, done);
    } else {
        p.out.line("user " + call_by_name(user) + " allows client " + clean(client) + " nothing any more");
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

void add_consent_command(CLI::App& parser, program& p) {
    CLI::App* const group = parser.add_subcommand("consent", "consents: what users allowed clients");
    group->require_subcommand(1);

    CLI::App* const list = group->add_subcommand("ls", "what a user allows clients");
    const text_ptr name = add_user_argument(*list);
    list->callback([&p, name] { p.action = [&p, name] { return list_consents(p, *name); }; });

    CLI::App* const withdraw =
        group->add_subcommand("withdraw", "take back what a user allows a client; ends the client's sessions of it");
    const text_ptr whose = add_user_argument(*withdraw);
    const auto client = std::make_shared<std::string>();
    const auto yes = std::make_shared<bool>(false);
    withdraw->add_option("client", *client, "its client_id")->required()->type_name("CLIENT");
    withdraw->add_flag("-y,--yes", *yes, "don't ask");
    withdraw->callback([&p, whose, client, yes] {
        p.action = [&p, whose, client, yes] { return withdraw_consent(p, *whose, *client, *yes); };
    });
}

} // namespace pawl::tools
