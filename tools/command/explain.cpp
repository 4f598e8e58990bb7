// pawlctl explain: "why was I logged out?", of a token or a session.
#include "core/jwt/compact_jws.hpp"
#include "core/text/rfc3339.hpp"
#include "core/token/refresh_token.hpp"
#include "storage/history/log_reader.hpp"
#include "storage/history/timeline_json.hpp"
#include "tools/client/admin_client.hpp"
#include "tools/command/commands.hpp"
#include "tools/history_source.hpp"
#include "tools/json_view.hpp"
#include "tools/token_text.hpp"

#include <CLI/CLI.hpp>

#include <boost/json/parse.hpp>

#include <cstdio>
#include <memory>

namespace pawl::tools {

namespace {

constexpr std::size_t token_size_max = compact_jws_size_max;

// What was given: a family, and where it was a token what that says.
struct subject {
    family_id family;
    std::string token; // empty: a family was named
    std::string generation;
};

std::string read_subject(const std::string& given) {
    if (!given.empty() && given != "-") {
        return given;
    }
    std::string text;
    for (int c = std::fgetc(stdin); c != EOF && c != '\n' && text.size() <= token_size_max; c = std::fgetc(stdin)) {
        text.push_back(static_cast<char>(c));
    }
    return text;
}

subject parse_subject(const std::string& text) {
    subject out;
    if (const auto family = family_id_from_hex(text)) {
        out.family = *family;
        return out;
    }
    const auto token = decode_token(text);
    const boost::json::value* id = nullptr;
    if (token) {
        const boost::json::value* const claims = token->if_contains("claims");
        id = claims != nullptr && claims->is_object() ? claims->get_object().if_contains("sid")
                                                      : token->if_contains("family");
    }
    const auto family = id != nullptr && id->is_string()
                            ? family_id_from_hex({id->get_string().data(), id->get_string().size()})
                            : std::nullopt;
    if (!family) {
        throw tool_error(static_cast<int>(storage::exit_code::usage),
                         "this is no refresh token, no access token and no family (32 lower-case hex digits)");
    }
    out.family = *family;
    out.token = text;
    if (const boost::json::value* const g = token->if_contains("generation")) {
        out.generation = text_of(*g);
    }
    return out;
}

bool is_genuine(const key_ring& keys, const std::string& token) {
    if (token.starts_with(refresh_token_prefix)) {
        return check_refresh_token(keys, token).has_value();
    }
    const auto parts = split_compact(token);
    json_part header;
    if (!parts || !header.read(parts->header)) {
        return false;
    }
    const auto kid = header.text("kid");
    const jws_key* const key = kid ? keys.find_verifying(*kid) : nullptr;
    return key != nullptr && signature_is_good(*key, *parts);
}

[[noreturn]] void refuse_foreign() {
    throw tool_error(exit_refused, "this token is not one of this server's: it was made by another server, under a key "
                                   "that was retired, or by somebody else");
}

boost::json::value read_offline(program& p, const subject& s) {
    const history_source source = open_history(p.global, need_keys::yes);
    if (!s.token.empty() && !is_genuine(*source.keys, s.token)) {
        refuse_foreign();
    }
    return boost::json::parse(storage::to_json(read_timeline(*source.view, s.family, to_seconds(wall_now()))));
}

boost::json::value read_online(program& p, const subject& s) {
    const auto server = connect_admin(p.global);
    if (!s.token.empty()) {
        boost::json::object body;
        body["token"] = s.token;
        const boost::json::value verified = ask(*server, app::http_method::post, "/admin/tokens/verify", body);
        if (!is_true(verified, "genuine")) {
            refuse_foreign();
        }
    }
    return ask(*server, app::http_method::get, "/admin/timeline/" + to_hex(s.family));
}

std::string detail_of(const boost::json::value& moment) {
    std::string out;
    const auto add = [&](const std::string& text) { out += (out.empty() || text.empty() ? "" : ", ") + text; };
    add(text_of(moment, "status"));
    add(text_of(moment, "reason"));
    if (is_true(moment, "spared")) {
        add("this session went on");
    }
    if (const std::string replays = text_of(moment, "replays"); !replays.empty()) {
        add(replays + (replays == "1" ? " time" : " times"));
    }
    if (const boost::json::value* const e = member_of(moment, "evidence")) {
        add("presented generation " + text_of(*e, "generation_presented")); // the current one is in its column
    }
    return out;
}

// Of the token that was given: what the sentence before does not say.
std::string about_token(const std::string& generation, const std::string& current, const std::string& why) {
    if (generation == current) {
        return "The token is genuine, and the session's current one.";
    }
    const std::string named = "generation " + generation + " "; // by reuse: the token that came back
    return why.find(named) != std::string::npos ? "The token is genuine."
                                                : "The token is genuine, of generation " + generation + ".";
}

void print_for_people(program& p, const subject& s, const boost::json::value& t) {
    p.out.line(p.out.shaded(text_of(t, "why"), is_true(t, "alive") ? colour::green : colour::bold));
    if (!s.generation.empty()) {
        p.out.line(about_token(s.generation, text_of(t, "generation"), text_of(t, "why")));
    }
    p.out.line("");
    std::string user = "user " + text_of(t, "user_id");
    if (const boost::json::value* const u = member_of(t, "user"); u != nullptr && u->is_object()) {
        user += ", " + text_of(*u, "email");
    }
    p.out.line("session " + text_of(t, "family") + " of " + user);
    table moments{{"TIME", "WHAT", "GENERATION", "FROM", "AGENT", ""}, {}};
    for (const boost::json::value& m : list_of(t, "moments")) {
        moments.rows.push_back({text_of(m, "at"), text_of(m, "kind"), text_of(m, "generation"), text_of(m, "ip"),
                                text_of(m, "user_agent"), detail_of(m)});
    }
    p.out.print(moments);
    if (const boost::json::value* const log = member_of(t, "log")) {
        p.out.note("The log goes back to " + text_of(*log, "from") + " (record " + text_of(*log, "first_lsn") + ").");
    }
}

int explain(program& p, const std::string& given) {
    const subject s = parse_subject(read_subject(given));
    const boost::json::value t = p.global.url.empty() ? read_offline(p, s) : read_online(p, s);
    if (!is_true(t, "known")) {
        throw tool_error(exit_refused, text_of(t, "why"));
    }
    if (p.out.json()) {
        print_json(p.out, t);
    } else {
        print_for_people(p, s, t);
    }
    return 0;
}

} // namespace

void add_explain_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand(
        "explain", "why was I logged out? The life of a session, of a token or of its id; reads the directory, beside "
                   "a running server too, or asks --url");
    const auto given = std::make_shared<std::string>();
    command->add_option("what", *given, "a refresh token, an access token or a family; none or -: a line of stdin")
        ->type_name("TOKEN");
    command->callback([&p, given] { p.action = [&p, given] { return explain(p, *given); }; });
}

} // namespace pawl::tools
