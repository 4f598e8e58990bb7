// pawlctl mail: mails that wait to be sent, and what became of others.
#include "tools/client/admin_client.hpp"
#include "tools/command/commands.hpp"
#include "tools/json_view.hpp"

#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>

#include <memory>

namespace pawl::tools {

namespace {

using enum app::http_method;

void add_row(table& t, const boost::json::value& mail) {
    const std::string status = text_of(mail, "status");
    const bool waits = status == "waiting";
    cell attempts(text_of(mail, "attempts"));
    attempts.right = true;
    t.rows.push_back({cell(text_of(mail, "id")), cell(text_of(mail, "kind")), cell(text_of(mail, "user_id")),
                      cell(text_of(mail, "to")), waits ? cell(status) : cell(status, colour::dim), attempts,
                      cell(text_of(mail, "wanted_at")), cell(text_of(mail, waits ? "not_before" : "ended_at"))});
}

int list_mails(program& p, bool all) {
    const auto server = connect_admin(p.global);
    table t;
    t.headings = {"MAIL", "KIND", "USER", "TO", "STATUS", "ATTEMPTS", "WANTED", "NEXT"};
    std::string after;
    std::size_t hidden = 0;
    bool relay_failing = false;
    do {
        const boost::json::value page =
            ask(*server, get, "/admin/mail?limit=1000" + (after.empty() ? after : "&after=" + after));
        for (const boost::json::value& mail : list_of(page, "mails")) {
            if (!all && text_of(mail, "status") != "waiting") {
                ++hidden;
            } else if (p.out.json()) {
                print_json(p.out, mail);
            } else {
                add_row(t, mail);
            }
        }
        relay_failing = is_true(page, "relay_failing");
        after = text_of(page, "next");
    } while (!after.empty());
    if (!p.out.json()) {
        p.out.print(t);
    }
    if (hidden > 0) {
        p.out.note(std::to_string(hidden) + (hidden == 1 ? " that is final is" : " that are final are") +
                   " not shown: --all shows them");
    }
    if (relay_failing) {
        p.out.note("the relay fails, so all mails wait; pawlctl mail test says what it answers");
    }
    return 0;
}

int retry_mail(program& p, const std::string& id) {
    const auto server = connect_admin(p.global);
    const boost::json::value done = ask(*server, post, "/admin/mail/" + encoded(id) + "/retry");
    if (p.out.json()) {
        print_json(p.out, done);
    } else {
        p.out.line("mail " + clean(text_of(done, "id")) + " is tried now");
    }
    return 0;
}

int drop_mail(program& p, const std::string& id) {
    const auto server = connect_admin(p.global);
    ask(*server, delete_, "/admin/mail/" + encoded(id));
    if (p.out.json()) {
        boost::json::object done;
        done["dropped"] = id;
        print_json(p.out, done);
    } else {
        p.out.line("mail " + clean(id) + " is not sent any more");
    }
    return 0;
}

int test_mail(program& p, const std::string& to) {
    const auto server = connect_admin(p.global);
    boost::json::object body;
    body["to"] = to;
    const boost::json::value done = ask(*server, post, "/admin/mail/test", body);
    const bool sent = text_of(done, "outcome") == "sent";
    if (p.out.json()) {
        print_json(p.out, done);
    } else {
        p.out.line((sent ? "the relay took it: " : "the relay did not take it: ") + clean(text_of(done, "relay_said")));
    }
    return sent ? 0 : exit_refused;
}

} // namespace

void add_mail_command(CLI::App& parser, program& p) {
    CLI::App* const group = parser.add_subcommand("mail", "mails: look at, try again, drop, send a test");
    group->require_subcommand(1);

    CLI::App* const list = group->add_subcommand("list", "mails that wait to be sent");
    const auto all = std::make_shared<bool>(false);
    list->add_flag("-a,--all", *all, "also those that were sent or given up, for about a day");
    list->callback([&p, all] { p.action = [&p, all] { return list_mails(p, *all); }; });

    const auto with_id = [group](const char* name, const char* what) {
        CLI::App* const command = group->add_subcommand(name, what);
        auto id = std::make_shared<std::string>();
        command->add_option("mail", *id, "the mail's id, as list prints it")->required()->type_name("ID");
        return std::pair(command, id);
    };
    const auto [retry, retried] = with_id("retry", "try a mail at once; one that was given up is sent anew");
    retry->callback([&p, id = retried] { p.action = [&p, id] { return retry_mail(p, *id); }; });
    const auto [drop, dropped] = with_id("drop", "do not send a mail");
    drop->callback([&p, id = dropped] { p.action = [&p, id] { return drop_mail(p, *id); }; });

    CLI::App* const test = group->add_subcommand("test", "send a test mail and print what the relay says");
    const auto to = std::make_shared<std::string>();
    test->add_option("to", *to, "where to")->required()->type_name("ADDRESS");
    test->callback([&p, to] { p.action = [&p, to] { return test_mail(p, *to); }; });
}

} // namespace pawl::tools
