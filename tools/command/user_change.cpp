// pawlctl user: the commands that change something.
#include "tools/command/commands.hpp"
#include "tools/command/entity_options.hpp"
#include "tools/command/users.hpp"
#include "tools/json_view.hpp"
#include "tools/prompt.hpp"

#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace pawl::tools {

namespace {

using enum app::http_method;
using text_ptr = std::shared_ptr<std::string>;

// Where the password, or its hash, comes from: the terminal where neither is said.
struct password_source {
    bool password_stdin = false, hash_stdin = false;
};

void add_password_options(CLI::App& command, password_source& source) {
    CLI::Option* const password =
        command.add_flag("--password-stdin", source.password_stdin, "the password is a line of standard input");
    command
        .add_flag("--hash-stdin", source.hash_stdin,
                  "a line of standard input is the hash of the password: PHC (Argon2), bcrypt, or one of "
                  "passlib, Django, Werkzeug, Keycloak or Firebase")
        ->excludes(password);
}

// Adds "password" or "password_hash".
void put_password(boost::json::object& body, const password_source& source, std::string_view of_whom) {
    if (source.hash_stdin) {
        body["password_hash"] = read_secret_line("the hash").reveal();
    } else if (source.password_stdin) {
        body["password"] = read_secret_line("the password").reveal();
    } else {
        body["password"] = ask_new_password(of_whom).reveal();
    }
}

struct new_user {
    std::string email, username, first_name, surname;
    std::vector<std::string> roles;
    bool superuser = false, verified = false, disabled = false;
    password_source password;
    body_ptr more = std::make_shared<boost::json::object>(); // members as they are sent
};

int add_user(program& p, const new_user& wanted) {
    const auto server = connect_admin(p.global); // before a person types a password for nothing
    boost::json::object body = *wanted.more;
    body["email"] = wanted.email;
    for (const auto& [name, value] :
         {std::pair{"username", &wanted.username}, std::pair{"first_name", &wanted.first_name},
          std::pair{"surname", &wanted.surname}}) {
        if (!value->empty()) {
            body[name] = *value;
        }
    }
    if (!wanted.roles.empty()) {
        body["roles"] = boost::json::array(wanted.roles.begin(), wanted.roles.end());
    }
    body["is_superuser"] = wanted.superuser;
    body["email_verified"] = wanted.verified;
    body["enabled"] = !wanted.disabled;
    put_password(body, wanted.password, wanted.email);
    const boost::json::value user = ask(*server, post, "/admin/users", body);
    print_record(p.out, "user", user);
    return 0;
}

// PATCH with `body`, and the user as it is then.
int change_user(program& p, admin_client& server, const boost::json::value& user, const boost::json::object& body) {
    print_record(p.out, "user", ask(server, patch, path_of_user(user), body));
    return 0;
}

int set_password(program& p, const std::string& name, const password_source& source) {
    const auto server = connect_admin(p.global);
    const boost::json::value user = find_user(*server, name);
    boost::json::object body;
    put_password(body, source, text_of(user, "email"));
    change_user(p, *server, user, body);
    p.out.note("Every session of " + call_by_name(user) + " has ended.");
    return 0;
}

int set_enabled(program& p, const std::string& name, bool enabled) {
    const auto server = connect_admin(p.global);
    const boost::json::value user = find_user(*server, name);
    boost::json::object body;
    body["enabled"] = enabled;
    return change_user(p, *server, user, body);
}

int remove_user(program& p, const std::string& name, bool yes) {
    const auto server = connect_admin(p.global);
    const boost::json::value user = find_user(*server, name);
    confirm("Remove user " + call_by_name(user) + " for good", yes);
    ask(*server, delete_, path_of_user(user));
    if (p.out.json()) {
        boost::json::object removed;
        removed["removed"] = *member_of(user, "id");
        print_json(p.out, removed);
    } else {
        p.out.line("removed " + call_by_name(user));
    }
    return 0;
}

int log_out(program& p, const std::string& name, bool yes) {
    const auto server = connect_admin(p.global);
    const boost::json::value user = find_user(*server, name);
    confirm("End every session of user " + call_by_name(user), yes);
    boost::json::object body;
    body["user_id"] = *member_of(user, "id");
    ask(*server, post, "/admin/logout", body);
    if (p.out.json()) {
        boost::json::object done;
        done["logged_out"] = *member_of(user, "id");
        print_json(p.out, done);
    } else {
        p.out.line("every session of " + call_by_name(user) + " has ended");
    }
    return 0;
}

struct user_edit {
    std::string name;
    std::optional<std::string> email, username, first_name, surname;
    std::vector<std::string> roles;
    bool no_roles = false;
    std::optional<bool> superuser, verified;
    body_ptr more = std::make_shared<boost::json::object>(); // members as they are sent
};

int edit_user(program& p, const user_edit& wanted) {
    boost::json::object body = *wanted.more;
    for (const auto& [name, value] :
         {std::pair{"email", &wanted.email}, std::pair{"username", &wanted.username},
          std::pair{"first_name", &wanted.first_name}, std::pair{"surname", &wanted.surname}}) {
        if (*value) {
            body[name] = **value;
        }
    }
    if (!wanted.roles.empty() || wanted.no_roles) {
        body["roles"] = boost::json::array(wanted.roles.begin(), wanted.roles.end());
    }
    if (wanted.superuser) {
        body["is_superuser"] = *wanted.superuser;
    }
    if (wanted.verified) {
        body["email_verified"] = *wanted.verified;
    }
    refuse_empty(body);
    const auto server = connect_admin(p.global);
    const boost::json::value user = find_user(*server, wanted.name);
    return change_user(p, *server, user, body);
}

text_ptr add_user_argument(CLI::App& command) {
    const auto name = std::make_shared<std::string>();
    command.add_option("user", *name, "id, email or username; name:5 where that is digits")
        ->required()
        ->type_name("USER");
    return name;
}

void define_add(CLI::App& group, program& p) {
    CLI::App* const add = group.add_subcommand("add", "add a user; the password is asked for at the terminal");
    const auto wanted = std::make_shared<new_user>();
    add->add_option("email", wanted->email, "the user's email")->required()->type_name("EMAIL");
    add->add_option("--username", wanted->username, "another name to log in with; the email where not given")
        ->type_name("NAME");
    add->add_option("--first-name", wanted->first_name, "first name")->type_name("NAME");
    add->add_option("--surname", wanted->surname, "surname")->type_name("NAME");
    add->add_option("--role", wanted->roles, "a role; may be given again")->type_name("ROLE")->allow_extra_args(false);
    add->add_flag("--superuser", wanted->superuser, "an administrator: may use the admin API with its access token");
    add->add_flag("--verified", wanted->verified, "the email is known to be the user's");
    add->add_flag("--disabled", wanted->disabled, "can't log in until enabled");
    add_json_object(*add, wanted->more, "--attributes", "attributes",
                    "what claims without a member of their own are read from, at most 4 KiB");
    add_password_options(*add, wanted->password);
    add->callback([&p, wanted] { p.action = [&p, wanted] { return add_user(p, *wanted); }; });
}

void define_edit(CLI::App& group, program& p) {
    CLI::App* const edit = group.add_subcommand("edit", "change a user's names, roles, marks and attributes");
    const auto wanted = std::make_shared<user_edit>();
    edit->add_option("user", wanted->name, "id, email or username; name:5 where that is digits")
        ->required()
        ->type_name("USER");
    edit->add_option("--email", wanted->email, "email")->type_name("EMAIL");
    edit->add_option("--username", wanted->username, "username")->type_name("NAME");
    edit->add_option("--first-name", wanted->first_name, "first name")->type_name("NAME");
    edit->add_option("--surname", wanted->surname, "surname")->type_name("NAME");
    CLI::Option* const roles = edit->add_option("--role", wanted->roles, "the roles, all of them; may be given again")
                                   ->type_name("ROLE")
                                   ->allow_extra_args(false);
    edit->add_flag("--no-roles", wanted->no_roles, "no role")->excludes(roles);
    edit->add_flag_function(
        "--superuser,!--no-superuser", [wanted](std::int64_t on) { wanted->superuser = on > 0; },
        "an administrator, or none any more");
    edit->add_flag_function(
        "--verified,!--not-verified", [wanted](std::int64_t on) { wanted->verified = on > 0; },
        "whether the email is known to be the user's");
    add_json_object(*edit, wanted->more, "--attributes", "attributes",
                    "all of them, in place of those that are there; {}: none");
    edit->callback([&p, wanted] { p.action = [&p, wanted] { return edit_user(p, *wanted); }; });
}

} // namespace

void add_user_changes(CLI::App& group, program& p) {
    define_add(group, p);
    define_edit(group, p);

    CLI::App* const password = group.add_subcommand("passwd", "set a user's password; ends its sessions");
    const text_ptr whose = add_user_argument(*password);
    const auto source = std::make_shared<password_source>();
    add_password_options(*password, *source);
    password->callback(
        [&p, whose, source] { p.action = [&p, whose, source] { return set_password(p, *whose, *source); }; });

    CLI::App* const disable = group.add_subcommand("disable", "no login any more; ends the user's sessions");
    const text_ptr disabled = add_user_argument(*disable);
    disable->callback([&p, disabled] { p.action = [&p, disabled] { return set_enabled(p, *disabled, false); }; });

    CLI::App* const enable = group.add_subcommand("enable", "login again; the old sessions stay ended");
    const text_ptr enabled = add_user_argument(*enable);
    enable->callback([&p, enabled] { p.action = [&p, enabled] { return set_enabled(p, *enabled, true); }; });

    const auto yes = std::make_shared<bool>(false);
    CLI::App* const remove = group.add_subcommand("rm", "remove a user for good");
    const text_ptr removed = add_user_argument(*remove);
    remove->add_flag("-y,--yes", *yes, "don't ask");
    remove->callback([&p, removed, yes] { p.action = [&p, removed, yes] { return remove_user(p, *removed, *yes); }; });

    CLI::App* const logout = group.add_subcommand("logout", "end every session of a user");
    const text_ptr logged_out = add_user_argument(*logout);
    logout->add_flag("-y,--yes", *yes, "don't ask");
    logout->callback(
        [&p, logged_out, yes] { p.action = [&p, logged_out, yes] { return log_out(p, *logged_out, *yes); }; });
}

} // namespace pawl::tools
