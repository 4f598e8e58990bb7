// pawlctl token: mint one for a user, decode one without any key, verify one.
#include "app/process/service_clock.hpp"
#include "core/jwt/access_token.hpp"
#include "core/token/refresh_token.hpp"
#include "tools/command/commands.hpp"
#include "tools/command/users.hpp"
#include "tools/json_view.hpp"
#include "tools/prompt.hpp"
#include "tools/settings.hpp"
#include "tools/token_text.hpp"

#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>

#include <charconv>
#include <memory>

namespace pawl::tools {

namespace {

using enum app::http_method;

constexpr seconds lifetime_max{std::chrono::days(1825)}; // of --access-token-ttl: which one is not known here
constexpr std::string_view token_from_stdin = "the token";

boost::json::object decoded(std::string_view token) {
    auto said = decode_token(token);
    if (!said) {
        throw tool_error(exit_refused, "this is no token: neither prt_ and 72 characters, nor three parts of base64url "
                                       "with JSON in them");
    }
    return std::move(*said);
}

// For people: numbers of seconds as they read them, beside what they are.
void add_times(boost::json::value& token) {
    if (member_of(token, "claims") == nullptr || !member_of(token, "claims")->is_object()) {
        return;
    }
    boost::json::object& claims = token.get_object()["claims"].get_object();
    for (const char* const name : {"iat", "nbf", "exp"}) {
        const boost::json::value* const at = claims.if_contains(name);
        if (at != nullptr && at->is_int64()) {
            const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::seconds(at->get_int64())};
            claims[name] = std::to_string(at->get_int64()) + " (" + time_text(time) + ")";
        }
    }
}

int decode(program& p, const std::string& given) {
    boost::json::value said = decoded(given_or_stdin(given, token_from_stdin).reveal());
    if (!p.out.json()) {
        add_times(said);
    }
    print_record(p.out, "what it says (nothing is proved)", said);
    return 0;
}

int mint(program& p, const std::string& name, const std::string& only) {
    const auto server = connect_admin(p.global);
    const boost::json::value user = find_user(*server, name);
    boost::json::object body;
    body["user_id"] = *member_of(user, "id");
    const boost::json::value tokens = ask(*server, post, "/admin/tokens", body);
    if (only.empty()) {
        print_record(p.out, "a new session of user " + call_by_name(user), tokens);
    } else {
        p.out.line(text_of(tokens, only + "_token"));
    }
    return 0;
}

// What the key file alone can tell.
boost::json::object judge_offline(const global_options& global, std::string_view token) {
    const app::config settings = load_settings(global);
    const key_ring_ptr keys = read_keys(settings);
    boost::json::object out;
    if (token.starts_with(refresh_token_prefix)) {
        const auto place = check_refresh_token(*keys, token);
        out["kind"] = "refresh";
        out["genuine"] = place.has_value();
        if (place) {
            out["family"] = to_hex(place->family);
            out["generation"] = place->generation;
        } else {
            out["why_not"] = "not made with a refresh key of this file";
        }
        return out;
    }
    const boost::json::object said = decoded(token);
    const boost::json::value& claims = said.at("claims");
    const std::string issuer = settings.issuer.empty() ? text_of(claims, "iss") : settings.issuer;
    const std::string audience = !settings.audience.empty() ? settings.audience
                                 : settings.issuer.empty()  ? text_of(claims, "aud")
                                                            : issuer;
    const auto now = std::chrono::floor<seconds>(std::chrono::system_clock::now());
    access_claims genuine;
    const access_token_check verdict =
        check_access_token(*keys, token,
                           {issuer, settings.no_audience ? std::string() : audience, now, lifetime_max, seconds(0),
                            settings.tokens.subject == subject_kind::id, settings.tokens.type == token_type::jwt},
                           genuine);
    out["kind"] = "access";
    out["genuine"] = verdict == access_token_check::good || verdict == access_token_check::expired;
    if (verdict != access_token_check::good) {
        out["why_not"] = to_text(verdict);
    }
    out["header"] = said.at("header");
    out["claims"] = claims;
    return out;
}

int verify(program& p, const std::string& given, bool offline) {
    const secret_string token = given_or_stdin(given, token_from_stdin);
    decoded(token.reveal()); // what is no token at all needs no server to say so
    boost::json::value verdict;
    if (offline) {
        verdict = judge_offline(p.global, token.reveal());
    } else {
        const auto server = connect_admin(p.global);
        boost::json::object body;
        body["token"] = token.reveal();
        verdict = ask(*server, post, "/admin/tokens/verify", body);
    }
    const bool good =
        is_true(verdict, "genuine") && text_of(verdict, "why_not").empty() && (offline || is_true(verdict, "alive"));
    if (!p.out.json()) {
        add_times(verdict);
    }
    print_record(p.out, good ? "good" : "not good", verdict);
    return good ? 0 : exit_refused;
}

void add_token_argument(CLI::App& command, std::string& token) {
    command.add_option("token", token, "an access or a refresh token; - or nothing: a line of standard input")
        ->type_name("TOKEN");
}

} // namespace

void add_token_command(CLI::App& parser, program& p) {
    CLI::App* const group = parser.add_subcommand("token", "access and refresh tokens: mint, decode, verify");
    group->require_subcommand(1);

    CLI::App* const minting = group->add_subcommand("mint", "open a session for a user without its password");
    const auto name = std::make_shared<std::string>();
    const auto only = std::make_shared<std::string>();
    minting->add_option("user", *name, "id, email or username; name:5 where that is digits")
        ->required()
        ->type_name("USER");
    minting->add_option("--only", *only, "print that token and nothing else: access, refresh")
        ->check(CLI::IsMember({"access", "refresh"}))
        ->type_name("WHICH");
    minting->callback([&p, name, only] { p.action = [&p, name, only] { return mint(p, *name, *only); }; });

    CLI::App* const decoding = group->add_subcommand("decode", "what a token says; needs no server and no key");
    const auto said = std::make_shared<std::string>();
    add_token_argument(*decoding, *said);
    decoding->callback([&p, said] { p.action = [&p, said] { return decode(p, *said); }; });

    CLI::App* const verifying =
        group->add_subcommand("verify", "whether a token is genuine and its session alive; changes nothing");
    const auto token = std::make_shared<std::string>();
    const auto offline = std::make_shared<bool>(false);
    add_token_argument(*verifying, *token);
    verifying->add_flag("--offline", *offline,
                        "by the key file alone, without server and data: not whether its session is alive");
    verifying->callback(
        [&p, token, offline] { p.action = [&p, token, offline] { return verify(p, *token, *offline); }; });
}

} // namespace pawl::tools
