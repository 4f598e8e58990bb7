// pawlctl events: what a running server tells of as it happens, and after a connection was lost from where it ended.
#include "app/events/event_line.hpp"
#include "tools/client/admin_client.hpp"
#include "tools/client/sse_parser.hpp"
#include "tools/command/commands.hpp"
#include "tools/command/users.hpp"
#include "tools/json_view.hpp"

#include <boost/json/parse.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

namespace pawl::tools {

namespace {

constexpr std::chrono::milliseconds first_wait{1000}, wait_min{100}, wait_max{30'000};
constexpr unsigned status_unavailable = 503;

struct events_options {
    std::vector<std::string> types;
    std::string user, since, last_id, until;
    std::uint64_t count = 0;
    bool once = false;
};

colour colour_of(std::string_view kind) {
    if (kind.starts_with("reuse_")) {
        return colour::red;
    }
    return kind.starts_with("login_") || kind == "family_ahead" ? colour::yellow : colour::cyan;
}

// " name=value" of each member that says something; members of members as "use.ip".
void append_members(std::string& out, const boost::json::object& from, const std::string& prefix) {
    for (const auto& [key, value] : from) {
        const std::string_view name = key;
        if (prefix.empty() && (name == "lsn" || name == "time" || name == "kind" || name == "type")) {
            continue;
        }
        if (value.is_object()) {
            append_members(out, value.get_object(), clean(name) + ".");
            continue;
        }
        const std::string text = text_of(value);
        if (!text.empty()) {
            const bool quoted = text.find(' ') != std::string::npos;
            out.append(" ").append(prefix).append(clean(name)).append(quoted ? "=\"" : "=").append(text);
            out.append(quoted ? "\"" : "");
        }
    }
}

class event_printer {
public:
    event_printer(program& p, const events_options& o) : p_(p), options_(o) {}

    int run() {
        auto server = connect_server(p_.global);
        if (!server) {
            throw tool_error(exit_unreachable, "no server runs that could tell; `pawlctl log tail -f` reads the log");
        }
        place_ = server->place();
        const std::string target = target_for(*server);
        last_id_ = options_.last_id;
        for (;;) {
            const std::optional<std::string> lost = watch(*server, target);
            if (!lost) {
                return wrote_ ? 0 : static_cast<int>(storage::exit_code::storage_failed); // it has no reader
            }
            server = again(*lost);
        }
    }

private:
    std::string target_for(admin_client& server) const {
        std::string query;
        const auto add = [&query](std::string_view name, const std::string& value) {
            query += query.empty() ? "?" : "&";
            query.append(name).append("=").append(encoded(value));
        };
        if (!options_.types.empty()) {
            std::string all;
            for (const std::string& type : options_.types) {
                all += (all.empty() ? "" : ",") + type;
            }
            add("type", all);
        }
        if (!options_.user.empty()) {
            const bool is_id =
                options_.user.find_first_not_of("0123456789") == std::string::npos; // also of a removed one
            add("user", is_id ? options_.user : text_of(find_user(server, options_.user), "id"));
        }
        if (!options_.since.empty()) {
            add("since", options_.since);
        }
        return "/admin/events" + query;
    }

    // Prints what one connection brings. Nothing: it is over; else why the connection was lost.
    std::optional<std::string> watch(admin_client& server, const std::string& target) {
        sse_parser parser;
        stream_end end;
        try {
            end = server.stream(target, last_id_, [&](std::string_view bytes) { return take(parser, bytes); });
        } catch (const tool_error& why) {
            if (!was_open_ || why.status() != exit_unreachable) {
                throw;
            }
            return why.what();
        }
        if (!parser.last_id().empty()) { // also of a heartbeat
            last_id_ = parser.last_id();
        }
        if (wrong_) {
            throw tool_error(exit_unreachable, place_ + " told of an event that is none: is it pawld?");
        }
        if (end.refusal.status != 0) {
            if (!was_open_ || end.refusal.status != status_unavailable) {
                refuse_answer(server, end.refusal);
            }
            return place_ + " has no room for another stream";
        }
        if (end.stopped) {
            return std::nullopt;
        }
        return place_ + ": " + end.why;
    }

    bool take(sse_parser& parser, std::string_view bytes) {
        was_open_ = true;
        wait_ = parser.retry().value_or(first_wait);
        std::vector<sse_event> events;
        wrong_ = !parser.feed(bytes, events);
        for (const sse_event& event : events) {
            if (!print(event)) {
                wrong_ = true;
            }
            if (wrong_ || (options_.count > 0 && ++printed_ == options_.count) || event.type == options_.until) {
                wrote_ = p_.out.end();
                return false;
            }
        }
        wrote_ = p_.out.end();
        return wrote_ && !wrong_;
    }

    bool print(const sse_event& event) {
        boost::system::error_code failed;
        boost::json::value data = boost::json::parse(event.data, failed);
        if (failed || !data.is_object()) {
            return false;
        }
        if (p_.out.json()) {
            data.get_object()["id"] = event.id; // what --last-event-id wants
            print_json(p_.out, data);
            return true;
        }
        std::string line = text_of(data, "time") + " " + clean(event.id) + " " +
                           p_.out.shaded(clean(event.type), colour_of(event.type));
        append_members(line, data.get_object(), {});
        p_.out.line(line);
        return true;
    }

    std::unique_ptr<admin_client> again(const std::string& lost) {
        std::string why = lost;
        for (;;) {
            if (options_.once) {
                throw tool_error(exit_unreachable, why);
            }
            wait_ = std::clamp(wait_, wait_min, wait_max);
            p_.out.note(why + "; again in " + std::to_string(wait_.count()) + " ms");
            std::this_thread::sleep_for(wait_);
            wait_ *= 2;
            try {
                if (auto server = connect_server(p_.global)) {
                    return server;
                }
                why = place_ + ": no server listens";
            } catch (const tool_error& unreachable) {
                if (unreachable.status() != exit_unreachable) {
                    throw;
                }
                why = unreachable.what();
            }
        }
    }

    program& p_;
    const events_options& options_;
    std::string place_, last_id_;
    std::chrono::milliseconds wait_ = first_wait;
    std::uint64_t printed_ = 0;
    bool was_open_ = false, wrote_ = true, wrong_ = false;
};

} // namespace

void add_events_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand(
        "events", "security events of a running server as they happen, one a line, until interrupted");
    command->footer(
        "Begins now, or after the record that is named. Where the connection ends it comes back and goes on "
        "after the last event, so none is missed and none is told twice but by the server "
        "(docs/admin-api.md).");
    const auto o = std::make_shared<events_options>();
    command->add_option("-t,--type", o->types, "only events of this kind; may be given again")->type_name("KIND");
    command->add_option("-u,--user", o->user, "only a user's: id, email or username; name:5 where that is digits")
        ->type_name("USER");
    command->add_option("--since", o->since, "from what came after the event of this id on; 0: all that is kept")
        ->type_name("ID");
    command->add_option("--last-event-id", o->last_id, "go on after this event: the id that was printed last")
        ->type_name("ID");
    command->add_option("--until", o->until, "end after the first event of this kind")
        ->type_name("KIND")
        ->check([](const std::string& kind) {
            return is_event_kind(kind) ? std::string() : "\"" + clean(kind) + "\" is no kind of event";
        });
    command->add_option("-n,--count", o->count, "end after this many events")->type_name("N");
    command->add_flag("--once", o->once, "end with the connection (76), instead of coming back");
    command->callback([&p, o] { p.action = [&p, o] { return event_printer(p, *o).run(); }; });
}

} // namespace pawl::tools
