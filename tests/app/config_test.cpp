#include "tests/app/config_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>

using namespace pawl;
using namespace pawl::app;
using test::with;
using world = test::config_world;

namespace {

std::string source_of(const config& c, option_id id) {
    for (const effective_value& value : c.values) {
        if (value.id == id) {
            return value.source;
        }
    }
    return "";
}

const std::string long_secret(32, 'k');

struct refused_row {
    std::string title;
    world in;
    std::vector<std::string> parts; // what the line must contain: option, value, source, rule
};

} // namespace

BOOST_AUTO_TEST_SUITE(config_test)

BOOST_AUTO_TEST_CASE(defaults_are_those_of_the_contract) {
    const config c = with({}).good();
    BOOST_TEST(c.listen.size() == 1U);
    BOOST_TEST(c.listen.front().url() == "http://127.0.0.1:8080");
    BOOST_TEST(c.data_dir == "pawl-data");
    BOOST_TEST(c.key_file == "pawl-data/keys.json");
    BOOST_TEST(c.issuer.empty());
    BOOST_TEST(c.audience.empty());
    BOOST_TEST(c.allowed_hosts.empty());
    BOOST_CHECK(c.algorithm == jws_algorithm::es256);
    BOOST_TEST(c.access_token_ttl.count() == 600);
    BOOST_TEST(c.refresh_idle_ttl.count() == 14 * 86400);
    BOOST_TEST(c.refresh_absolute_ttl.count() == 90 * 86400);
    BOOST_TEST(c.refresh.reuse_window.count() == 10);
    BOOST_TEST(c.refresh.lost_response_window.count() == 60);
    BOOST_CHECK(c.refresh.ahead == ahead_policy::revoke);
    BOOST_CHECK(c.durability == durability_mode::always);
    BOOST_TEST(c.sync_interval.count() == 1);
    BOOST_CHECK((c.login_limit_account == attempt_limit{10, seconds(300)}));
    BOOST_CHECK((c.login_limit_address == attempt_limit{100, seconds(300)}));
    BOOST_CHECK((c.login_success_limit_account == attempt_limit{100, seconds(300)}));
    BOOST_CHECK((c.login_success_limit_address == attempt_limit{1000, seconds(300)}));
    BOOST_TEST(c.max_sessions == 1000U);
    BOOST_TEST(c.max_clients == 10'000U);
    BOOST_TEST(c.passwords.length_min == 8U);
    BOOST_CHECK((c.argon2 == argon2_cost{19456, 2}));
    BOOST_TEST(c.password_threads == 4U);
    BOOST_TEST(c.password_queue == 64U);
    BOOST_TEST(c.threads == 4U);
    BOOST_TEST(c.snapshot_interval.count() == 300);
    BOOST_TEST(c.snapshot_min_bytes == 1U << 20U);
    BOOST_TEST(c.snapshot_log_bytes == 64U << 20U);
    BOOST_TEST(c.log_retention_bytes == 256U << 20U);
    BOOST_TEST(c.log_retention_age.count() == 7 * 86400);
    BOOST_TEST(c.wal_pad == 4096U);
    BOOST_TEST(!c.dev);
    BOOST_TEST(!c.reset_clock);
    BOOST_TEST(c.warnings.empty());
    BOOST_CHECK(c.level == log_level::info);
    BOOST_CHECK(c.format == log_format::json);
}

BOOST_AUTO_TEST_CASE(log_format_is_text_on_a_terminal) {
    world w;
    w.terminal = true;
    BOOST_CHECK(w.good().format == log_format::text);
    w.arguments = {"--log-format", "json"};
    BOOST_CHECK(w.good().format == log_format::json);
}

BOOST_AUTO_TEST_CASE(a_higher_source_hides_a_lower_one_whole) {
    world w;
    w.files[".env"] = "PAWL_ACCESS_TOKEN_TTL=100\nPAWL_LISTEN=127.0.0.1:1,127.0.0.1:2\nPAWL_CONFIG=p.toml\n";
    w.files["p.toml"] = "";
    BOOST_TEST(w.good().access_token_ttl.count() == 100);
    BOOST_TEST(w.good().listen.size() == 2U);
    BOOST_TEST(source_of(w.good(), option_id::access_token_ttl) == ".env PAWL_ACCESS_TOKEN_TTL");
    w.files["p.toml"] = "access-token-ttl = 200\nlisten = [\"127.0.0.1:3\"]\n";
    BOOST_TEST(w.good().access_token_ttl.count() == 200);
    BOOST_TEST(w.good().listen.size() == 1U);
    BOOST_TEST(source_of(w.good(), option_id::access_token_ttl) == "p.toml:1");
    w.environment = {{"PAWL_ACCESS_TOKEN_TTL", "300"}};
    BOOST_TEST(w.good().access_token_ttl.count() == 300);
    w.environment = {{"ACCESS_TOKEN_EXPIRE_MINUTES", "7"}};
    BOOST_TEST(w.good().access_token_ttl.count() == 420);
    BOOST_TEST(source_of(w.good(), option_id::access_token_ttl) == "environment ACCESS_TOKEN_EXPIRE_MINUTES");
    w.arguments = {"--access-token-ttl", "8m"};
    BOOST_TEST(w.good().access_token_ttl.count() == 480);
    BOOST_TEST(source_of(w.good(), option_id::access_token_ttl) == "command line");
}

BOOST_AUTO_TEST_CASE(config_file_named_on_the_command_line_beats_the_one_in_the_environment) {
    world w;
    w.files["a.toml"] = "threads = 1\n";
    w.files["b.toml"] = "threads = 2\n";
    w.environment = {{"PAWL_CONFIG", "a.toml"}};
    BOOST_TEST(w.good().threads == 1U);
    w.arguments = {"--config", "b.toml"};
    BOOST_TEST(w.good().threads == 2U);
}

BOOST_AUTO_TEST_CASE(every_option_has_one_name_in_each_source) {
    for (const option_row& row : option_table()) {
        if (row.place != option_place::everywhere || row.derived || row.kind == value_kind::flag) {
            continue;
        }
        const std::string name(row.name);
        const std::string text(row.default_text);
        world w;
        w.arguments = {"--" + name + "=" + text};
        BOOST_TEST(source_of(w.good(), row.id) == "command line", name);
        w.arguments.clear();
        w.environment = {{environment_name(row), text}};
        BOOST_TEST(source_of(w.good(), row.id) == "environment " + environment_name(row), name);
        w.environment = {{"PAWL_CONFIG", "f"}};
        w.files["f"] = name + " = \"" + text + "\"\n";
        BOOST_TEST(source_of(w.good(), row.id) == "f:1", name);
        w.environment.clear();
        w.files[".env"] = "export " + environment_name(row) + "='" + text + "'\r\n";
        BOOST_TEST(source_of(w.good(), row.id) == ".env " + environment_name(row), name);
    }
}

BOOST_AUTO_TEST_CASE(one_value_said_twice_is_one_value) {
    BOOST_TEST(with({"--threads", "2", "--threads=2", "--dev", "--dev"}).good().threads == 2U);
}

BOOST_AUTO_TEST_CASE(success_limits_are_off_with_dev_and_where_those_of_failures_are_unless_given) {
    const config off = with({"--login-limit-account", "off"}).good();
    BOOST_TEST(!off.login_success_limit_account.limited());
    BOOST_TEST(off.login_success_limit_address.limited());
    BOOST_TEST(!with({"--login-limit-address=off"}).good().login_success_limit_address.limited());
    const config dev = with({"--dev"}).good();
    BOOST_TEST(!dev.login_success_limit_account.limited());
    BOOST_TEST(!dev.login_success_limit_address.limited());
    const config given = with({"--dev", "--login-limit-account=off", "--login-success-limit-account=7/1m"}).good();
    BOOST_CHECK((given.login_success_limit_account == attempt_limit{7, seconds(60)}));
    BOOST_TEST(!with({"--login-success-limit-address=off"}).good().login_success_limit_address.limited());
}

BOOST_AUTO_TEST_CASE(peers_on_unix_sockets_are_trusted_by_name) {
    const config c = with({"--listen", "unix:/run/p.sock", "--issuer", "https://a.example", "--trusted-proxy", "unix",
                           "--trusted-proxy", "10.0.0.0/8"})
                         .good();
    BOOST_TEST(c.trusted_proxies.unix_sockets);
    BOOST_TEST(c.trusted_proxies.blocks.size() == 1U);
    BOOST_TEST(c.warnings.empty());
    const config alone = with({"--listen", "unix:/run/p.sock", "--issuer", "https://a.example"}).good();
    BOOST_TEST(!alone.trusted_proxies.unix_sockets);
    BOOST_TEST_REQUIRE(alone.warnings.size() == 1U); // logins there have no address
    BOOST_TEST(alone.warnings[0].find("--trusted-proxy unix") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(repeatable_options_gather) {
    const config c = with({"--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--trusted-proxy", "10.0.0.0/8",
                           "--trusted-proxy=::1", "--cors-origin", "https://a.example", "--allowed-host", "a.example"})
                         .good();
    BOOST_TEST(c.listen.size() == 2U);
    BOOST_TEST(c.listen[1].url() == "http://[::1]:0");
    BOOST_TEST(c.trusted_proxies.blocks.size() == 2U);
    BOOST_TEST(c.trusted_proxies.blocks[0].prefix == 104U);
    BOOST_TEST(c.cors_origins.at(0) == "https://a.example");
    BOOST_TEST(c.allowed_hosts.at(0) == "a.example");
}

BOOST_AUTO_TEST_CASE(a_file_may_say_in_comments_and_strings_what_it_likes) {
    world w = with({"--config", "p.toml"});
    w.files["p.toml"] = "\xEF\xBB\xBF# gr\xC3\xBC\xC3\x9F\naudience = 'caf\xC3\xA9' # \"\n"
                        "data-dir = \"\"\"\\\"\xC3\xA9\"\"\" # \xC3\xA9\n";
    BOOST_TEST(w.good().audience == "caf\xC3\xA9");
    BOOST_TEST(w.good().data_dir == "\"\xC3\xA9");
}

BOOST_AUTO_TEST_CASE(an_empty_list_in_the_environment_hides_one_in_the_file) {
    world w;
    w.arguments = {"--config", "f"};
    w.files["f"] = "cors-origin = [\"https://a.example\"]\n";
    BOOST_TEST(w.good().cors_origins.size() == 1U);
    w.environment = {{"PAWL_CORS_ORIGIN", ""}};
    BOOST_TEST(w.good().cors_origins.empty());
}

BOOST_AUTO_TEST_CASE(windows_follow_the_access_token_ttl) {
    struct row {
        std::vector<std::string> arguments;
        int wc, wr;
    };
    const std::vector<row> rows{
        {{"--access-token-ttl", "600"}, 10, 60},
        {{"--access-token-ttl", "100"}, 10, 50},
        {{"--access-token-ttl", "15"}, 7, 7},
        {{"--access-token-ttl", "1"}, 0, 0},
        {{"--lost-response-window", "5"}, 5, 5},
        {{"--lost-response-window", "0"}, 0, 0},
        {{"--lost-response-window", "5m"}, 10, 300},
        {{"--reuse-window", "60"}, 60, 60},
        {{"--reuse-window", "0"}, 0, 60},
        {{"--strict"}, 0, 0},
        {{"--strict", "--reuse-window", "0"}, 0, 0},
        {{"--strict=false"}, 10, 60},
    };
    for (const row& r : rows) {
        const config c = with(r.arguments).good();
        BOOST_TEST_CONTEXT(r.arguments.front()) {
            BOOST_TEST(c.refresh.reuse_window.count() == r.wc);
            BOOST_TEST(c.refresh.lost_response_window.count() == r.wr);
        }
    }
}

BOOST_AUTO_TEST_CASE(absolute_ttl_grows_with_the_idle_ttl_where_it_is_not_set) {
    BOOST_TEST(with({"--refresh-idle-ttl", "200d"}).good().refresh_absolute_ttl.count() == 200 * 86400);
    BOOST_TEST(with({"--refresh-idle-ttl", "1d"}).good().refresh_absolute_ttl.count() == 90 * 86400);
    BOOST_TEST(with({"--refresh-absolute-ttl", "1825d"}).good().refresh_absolute_ttl.count() == 5LL * 365 * 86400);
}

BOOST_AUTO_TEST_CASE(no_cookie_is_replaced_before_it_can_be_confirmed) {
    for (const char* age : {"0", "60", "1d"}) {
        BOOST_TEST(with({"--web-rotation", age}).error().empty());
    }
    const std::string line = with({"--web-rotation", "59"}).error();
    BOOST_TEST(line.find("--web-rotation = 59") != std::string::npos);
    BOOST_TEST(line.find("must be 0, or at least 1m") != std::string::npos);
    BOOST_TEST(!with({"--session-ttl", "59"}).error().empty());
}

BOOST_AUTO_TEST_CASE(interval_durability_heals) {
    const config c = with({"--durability", "interval"}).good();
    BOOST_CHECK(c.durability == durability_mode::interval);
    BOOST_CHECK(c.refresh.ahead == ahead_policy::heal);
    BOOST_CHECK(with({"--ahead", "heal"}).good().refresh.ahead == ahead_policy::heal);
}

BOOST_AUTO_TEST_CASE(names_of_the_fastapi_world_are_honoured) {
    world w;
    w.environment = {{"SECRET_KEY", long_secret},
                     {"ALGORITHM", "HS256"},
                     {"ACCESS_TOKEN_EXPIRE_MINUTES", "30"},
                     {"REFRESH_TOKEN_EXPIRE_DAYS", "7"},
                     {"HOME", "/root"}};
    const config c = w.good();
    BOOST_CHECK(c.algorithm == jws_algorithm::hs256);
    BOOST_REQUIRE(c.secret_key);
    BOOST_TEST(c.secret_key->reveal() == long_secret);
    BOOST_TEST(c.access_token_ttl.count() == 1800);
    BOOST_TEST(c.refresh_idle_ttl.count() == 7 * 86400);
    world file;
    file.files[".env"] = "SECRET_KEY=\"" + long_secret + "\"\nREFRESH_TOKEN_EXPIRE_MINUTES=10080 # a week\nOTHER=x\n";
    BOOST_CHECK(file.good().algorithm == jws_algorithm::hs256);
    BOOST_TEST(file.good().refresh_idle_ttl.count() == 7 * 86400);
}

BOOST_AUTO_TEST_CASE(our_own_name_beats_an_alias_and_agreeing_aliases_pass) {
    world w;
    w.environment = {{"PAWL_REFRESH_IDLE_TTL", "3d"}, {"REFRESH_TOKEN_EXPIRE_DAYS", "7"}};
    BOOST_TEST(w.good().refresh_idle_ttl.count() == 3 * 86400);
    w.environment = {{"REFRESH_TOKEN_EXPIRE_MINUTES", "1440"}, {"REFRESH_TOKEN_EXPIRE_DAYS", "1"}};
    BOOST_TEST(w.good().refresh_idle_ttl.count() == 86400);
}

BOOST_AUTO_TEST_CASE(algorithm_may_be_chosen_beside_a_secret) {
    world w = with({"--algorithm", "EdDSA"});
    w.environment = {{"SECRET_KEY", long_secret}};
    BOOST_CHECK(w.good().algorithm == jws_algorithm::eddsa);
    BOOST_TEST(w.good().warnings.size() == 1U);
}

BOOST_AUTO_TEST_CASE(dev_permits_with_a_warning_what_is_refused_otherwise) {
    struct row {
        std::vector<std::string> arguments;
        variable_list environment;
    };
    const std::vector<row> rows{
        {{"--argon2", "m=64,t=1,p=1"}, {}},
        {{"--password-min-length", "4"}, {}},
        {{}, {{"SECRET_KEY", "Testing123"}}},
    };
    for (const row& r : rows) {
        world w = with(r.arguments);
        w.environment = r.environment;
        BOOST_TEST(!w.error().empty());
        w.arguments.emplace_back("--dev");
        BOOST_TEST(w.good().warnings.size() == 1U);
    }
}

BOOST_AUTO_TEST_CASE(dev_has_no_login_limits_unless_they_are_given) {
    BOOST_TEST(!with({"--dev"}).good().login_limit_account.limited());
    BOOST_TEST(!with({"--dev"}).good().login_limit_address.limited());
    const config given = with({"--dev", "--login-limit-account", "3/1m"}).good();
    BOOST_CHECK((given.login_limit_account == attempt_limit{3, seconds(60)}));
    BOOST_TEST(!given.login_limit_address.limited());
}

BOOST_AUTO_TEST_CASE(directories_of_systemd_are_defaults) {
    world w;
    w.environment = {{"STATE_DIRECTORY", "/var/lib/pawl:/var/lib/other"}, {"CREDENTIALS_DIRECTORY", "/run/cred"}};
    BOOST_TEST(w.good().data_dir == "/var/lib/pawl");
    BOOST_TEST(w.good().key_file == "/var/lib/pawl/keys.json");
    BOOST_TEST(!w.good().key_file_is_credential);
    w.files["/run/cred/keys.json"] = "{}";
    BOOST_TEST(w.good().key_file == "/run/cred/keys.json");
    BOOST_TEST(w.good().key_file_is_credential);
    w.arguments = {"--key-file", "/etc/keys.json", "--data-dir", "/data"};
    BOOST_TEST(w.good().key_file == "/etc/keys.json");
    BOOST_TEST(!w.good().key_file_is_credential);
    BOOST_TEST(w.good().data_dir == "/data");
}

BOOST_AUTO_TEST_CASE(what_kubernetes_says_of_a_service_called_pawl_is_no_option) {
    world w;
    w.environment = {{"PAWL_SERVICE_HOST", "10.0.0.1"},
                     {"PAWL_PORT", "tcp://10.0.0.1:8080"},
                     {"PAWL_PORT_8080_TCP_ADDR", "10.0.0.1"},
                     {"PAWL_X_SERVICE_PORT_HTTP", "8080"},
                     {"PAWL_MAX_SESSIONS", "7"}};
    BOOST_TEST(w.good().max_sessions == 7U);
}

BOOST_AUTO_TEST_CASE(as_many_clients_as_the_store_keeps_are_the_most) {
    world w;
    w.environment = {{"PAWL_MAX_CLIENTS", "10000"}};
    BOOST_TEST(w.good().max_clients == 10'000U);
    w.environment = {{"PAWL_MAX_CLIENTS", "10001"}};
    BOOST_TEST(w.error().find("1 to 10000") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(actions_are_told_apart) {
    world broken = with({"--help"});
    broken.environment = {{"PAWL_NONSENSE", "1"}};
    BOOST_CHECK(std::get<loaded_config>(broken.load()).action == config_action::help);
    BOOST_CHECK(std::get<loaded_config>(with({"-h"}).load()).action == config_action::help);
    BOOST_CHECK(std::get<loaded_config>(with({"--version"}).load()).action == config_action::version);
    BOOST_CHECK(std::get<loaded_config>(with({"--print-config"}).load()).action == config_action::print_config);
    BOOST_CHECK(std::get<loaded_config>(with({}).load()).action == config_action::serve);
    BOOST_TEST(with({"--reset-clock"}).good().reset_clock);
}

BOOST_AUTO_TEST_CASE(every_rule_is_refused_in_one_line_that_names_option_value_and_rule) {
    const auto env = [](variable_list variables) { return world{{}, std::move(variables), {}, {}, false}; };
    const auto toml = [](std::string text) {
        return world{{"--config", "p.toml"}, {}, {{"p.toml", std::move(text)}}, {}, false};
    };
    const auto dotenv = [](std::string text) { return world{{}, {}, {{".env", std::move(text)}}, {}, false}; };
    const std::vector<refused_row> rows{
        // Names.
        {"unknown option", with({"--nonsense"}), {"--nonsense", "command line", "no such option"}},
        {"unknown option with a value", with({"--secret-key=hunter2"}), {"--secret-key", "no such option"}},
        {"a word alone", with({"serve"}), {"serve", "no such option"}},
        {"abbreviation", with({"--data", "x"}), {"--data", "no such option"}},
        {"no value", with({"--access-token-ttl"}), {"--access-token-ttl", "needs a value"}},
        {"no value before another", with({"--data-dir", "--dev"}), {"--data-dir", "needs a value"}},
        {"given twice", with({"--threads", "1", "--threads", "2"}), {"--threads = 2", "contradicts the 1"}},
        {"unknown variable", env({{"PAWL_NONSENSE", "1"}}), {"PAWL_NONSENSE", "environment", "no such option"}},
        {"unknown variable in .env", dotenv("PAWL_NONSENSE=1"), {"PAWL_NONSENSE", ".env", "no such option"}},
        {"a port in .env", dotenv("PAWL_PORT=tcp://10.0.0.1:8080"), {"PAWL_PORT", ".env", "no such option"}},
        {"like a Service's port", env({{"PAWL_PORTS", "1"}}), {"PAWL_PORTS", "environment", "no such option"}},
        {"action as a variable", env({{"PAWL_RESET_CLOCK", "1"}}), {"PAWL_RESET_CLOCK", "no such option"}},
        {"unknown key", toml("\nnonsense = 1"), {"nonsense", "p.toml:2", "no such option"}},
        {"table", toml("[listen]\na = 1"), {"--listen", "p.toml:1", "TOML type"}},
        {"underscores", toml("data_dir = 'x'"), {"data_dir", "no such option"}},
        {"secret in a file", toml("secret-key = 'x'"), {"PAWL_SECRET_KEY", "p.toml:1", "environment or .env only"}},
        {"reset in a file", toml("reset-clock = true"), {"--reset-clock", "p.toml:1", "command line only"}},
        // Files.
        {"no file", with({"--config", "none.toml"}), {"--config", "none.toml", "no such file"}},
        {"not TOML", toml("listen = = 1"), {"p.toml:1", "not TOML"}},
        {"beyond ASCII", toml("# gr\xC3\xBC\xC3\x9F\nlm\xCC\x9A"), {"p.toml:2", "not TOML"}},
        {"beyond ASCII behind strings",
         toml("audience = 'a'\nissuer = \"\"\"x\"\"\"\"\xC3\xA9"),
         {"p.toml:2", "not TOML"}},
        {"comment in a key", toml("[#a"), {"p.toml", "not TOML"}},
        {"twice in TOML", toml("threads = 1\nthreads = 2"), {"p.toml:2", "not TOML"}},
        {"large TOML", toml(std::string(option_file_size_max + 1, '#')), {"p.toml", "64 KiB"}},
        {"large .env", dotenv(std::string(option_file_size_max + 1, '#')), {".env", "64 KiB"}},
        {"unclosed quote", dotenv("A=1\nPAWL_ISSUER=\"http://x\n"), {"PAWL_ISSUER", ".env:2", "quotes closed"}},
        {"unreadable .env", world{{}, {}, {}, {{".env", "Permission denied"}}, false}, {".env", "Permission denied"}},
        {"unreadable file", world{{"--config", "p"}, {}, {}, {{"p", "Permission denied"}}, false}, {"Permission"}},
        // Types in TOML.
        {"flag as text", toml("dev = 'true'"), {"--dev", "TOML type", "true or false"}},
        {"text as flag", toml("issuer = true"), {"--issuer", "TOML type"}},
        {"float", toml("access-token-ttl = 1.5"), {"--access-token-ttl", "TOML type", "integer seconds"}},
        {"list of one", toml("threads = [1]"), {"--threads", "TOML type"}},
        {"list of numbers", toml("listen = [1]"), {"--listen", "p.toml:1", "must be IPV4:PORT"}},
        // Bounds.
        {"zero ttl",
         env({{"PAWL_ACCESS_TOKEN_TTL", "0"}}),
         {"--access-token-ttl = 0", "environment PAWL_ACCESS_TOKEN_TTL", "1s to 1825d"}},
        {"negative", with({"--access-token-ttl=-5"}), {"--access-token-ttl = -5", "1s to 1825d"}},
        {"unit", with({"--access-token-ttl", "5w"}), {"5w", "suffix s, m, h or d"}},
        {"space", with({"--access-token-ttl", "5 m"}), {"5 m"}},
        {"empty", with({"--access-token-ttl="}), {"--access-token-ttl"}},
        {"over 64 bits", with({"--refresh-idle-ttl", "99999999999999999999d"}), {"--refresh-idle-ttl"}},
        {"overflow by unit", with({"--refresh-idle-ttl", "9223372036854775807d"}), {"--refresh-idle-ttl"}},
        {"over five years", with({"--refresh-absolute-ttl", "1826d"}), {"--refresh-absolute-ttl = 1826d", "1825d"}},
        {"idle over five years", with({"--refresh-idle-ttl", "1826d"}), {"--refresh-idle-ttl = 1826d", "1825d"}},
        {"window over a minute", with({"--reuse-window", "61"}), {"--reuse-window = 61", "0s to 1m"}},
        {"threads", with({"--threads", "0"}), {"--threads = 0", "1 to 256"}},
        {"hash threads", with({"--password-threads", "257"}), {"--password-threads = 257", "1 to 256"}},
        {"queue", with({"--password-queue", "100001"}), {"--password-queue", "0 to 100000"}},
        {"sessions", with({"--max-sessions", "0"}), {"--max-sessions = 0"}},
        {"connections", with({"--max-connections", "0"}), {"--max-connections = 0"}},
        {"sync interval", with({"--sync-interval", "0"}), {"--sync-interval = 0", "1s to 1m"}},
        {"snapshot bytes", with({"--snapshot-log-bytes", "1KiB"}), {"--snapshot-log-bytes = 1KiB", "64KiB"}},
        {"size unit", with({"--snapshot-min-bytes", "1MB"}), {"--snapshot-min-bytes = 1MB", "KiB, MiB or GiB"}},
        {"choice", with({"--algorithm", "none"}), {"--algorithm = none", "ES256, EdDSA, RS256, HS256"}},
        {"choice in lower case", with({"--algorithm", "es256"}), {"--algorithm = es256"}},
        {"alias choice", env({{"ALGORITHM", "HS512"}}), {"--algorithm = HS512", "environment ALGORITHM"}},
        {"durability", with({"--durability", "never"}), {"--durability = never", "always, interval"}},
        {"pad", with({"--wal-pad", "512"}), {"--wal-pad = 512", "4096, 64"}},
        {"level", with({"--log-level", "loud"}), {"--log-level = loud", "debug, info, warn, error"}},
        {"flag", env({{"PAWL_DEV", "perhaps"}}), {"--dev = perhaps", "true or false"}},
        {"minutes",
         env({{"ACCESS_TOKEN_EXPIRE_MINUTES", "30m"}}),
         {"ACCESS_TOKEN_EXPIRE_MINUTES = 30m", "environment", "integer number of minutes"}},
        {"limit", with({"--login-limit-account", "10"}), {"--login-limit-account = 10", "ATTEMPTS/DURATION"}},
        {"limit of none", with({"--login-limit-account", "0/5m"}), {"--login-limit-account = 0/5m"}},
        {"control byte", with({"--audience", "a\nb"}), {"--audience = a\\x0ab", "control"}},
        {"empty audience", env({{"PAWL_AUDIENCE", ""}}), {"--audience"}},
        // Rules between options.
        {"access over idle",
         with({"--access-token-ttl", "15d"}),
         {"--access-token-ttl = 15d", "at most --refresh-idle-ttl (14d)"}},
        {"idle under access",
         with({"--refresh-idle-ttl", "5m"}),
         {"--refresh-idle-ttl = 5m", "at least --access-token-ttl (10m)"}},
        {"idle over absolute",
         with({"--refresh-idle-ttl", "3d", "--refresh-absolute-ttl", "2d"}),
         {"--refresh-idle-ttl = 3d", "at most --refresh-absolute-ttl (2d)"}},
        {"absolute under idle",
         with({"--refresh-absolute-ttl", "2d"}),
         {"--refresh-absolute-ttl = 2d", "at least --refresh-idle-ttl (14d)"}},
        {"Wr over half",
         with({"--lost-response-window", "301"}),
         {"--lost-response-window = 301", "at most half of --access-token-ttl (5m)"}},
        {"Wc over Wr",
         with({"--reuse-window", "20", "--lost-response-window", "19"}),
         {"--reuse-window = 20", "at most --lost-response-window (19s)"}},
        {"Wc over derived Wr",
         with({"--reuse-window", "20", "--access-token-ttl", "30"}),
         {"--reuse-window = 20", "at most --lost-response-window (15s)"}},
        {"strict and Wc", with({"--strict", "--reuse-window", "1"}), {"--reuse-window = 1", "contradicts --strict"}},
        {"strict and Wr",
         with({"--strict", "--lost-response-window", "1"}),
         {"--lost-response-window = 1", "--strict"}},
        {"interval and revoke",
         with({"--durability", "interval", "--ahead", "revoke"}),
         {"--ahead = revoke", "contradicts --durability interval"}},
        {"short secret",
         env({{"SECRET_KEY", "Testing123"}}),
         {"PAWL_SECRET_KEY", "environment SECRET_KEY", "32 bytes", "--dev"}},
        {"empty secret", world{{"--dev"}, {{"SECRET_KEY", ""}}, {}, {}, false}, {"SECRET_KEY", "not be empty"}},
        {"HS256 alone", with({"--algorithm", "HS256"}), {"--algorithm = HS256", "needs SECRET_KEY"}},
        {"aliases disagree",
         env({{"REFRESH_TOKEN_EXPIRE_DAYS", "7"}, {"REFRESH_TOKEN_EXPIRE_MINUTES", "7"}}),
         {"REFRESH_TOKEN_EXPIRE_MINUTES = 7", "contradicts environment REFRESH_TOKEN_EXPIRE_DAYS"}},
        {"issuer with 0.0.0.0", with({"--listen", "0.0.0.0:80"}), {"--issuer", "required", "0.0.0.0:80"}},
        {"issuer with [::]", with({"--listen", "[::]:80"}), {"--issuer", "required", "[::]:80"}},
        {"issuer with unix", with({"--listen", "unix:/s"}), {"--issuer", "required", "unix:/s"}},
        {"issuer with a query", with({"--issuer", "https://a/?x"}), {"--issuer = https://a/?x", "without query"}},
        {"issuer without a scheme", with({"--issuer", "auth.example.com"}), {"--issuer", "http or https"}},
        {"issuer with a user", with({"--issuer", "https://u@a/"}), {"--issuer", "user"}},
        {"dev elsewhere",
         with({"--dev", "--listen", "127.0.0.1:1", "--listen", "192.0.2.1:80"}),
         {"--listen = 127.0.0.1:1, 192.0.2.1:80", "loopback with --dev"}},
        {"dev everywhere", with({"--dev", "--listen", "0.0.0.0:80", "--issuer", "http://a"}), {"--listen", "--dev"}},
        {"dev on a socket", with({"--dev", "--listen", "unix:/s", "--issuer", "http://a"}), {"--listen", "--dev"}},
        {"dev elsewhere names the way",
         with({"--dev", "--listen", "0.0.0.0:80", "--issuer", "http://a"}),
         {"--listen", "--dev-allow-remote"}},
        {"remote without dev",
         with({"--dev-allow-remote", "--allowed-host", "a"}),
         {"--dev-allow-remote", "needs --dev"}},
        {"remote without a name", with({"--dev", "--dev-allow-remote"}), {"--dev-allow-remote", "--allowed-host"}},
        {"remote by any name", with({"--dev", "--dev-allow-remote", "--allowed-host", "*"}), {"--allowed-host = *"}},
        {"address twice", with({"--listen", "127.0.0.1:1", "--listen", "localhost:1"}), {"--listen", "twice"}},
        {"no address", env({{"PAWL_LISTEN", ""}}), {"--listen", "at least one"}},
        {"name to listen on", with({"--listen", "example.com:80"}), {"--listen = example.com:80", "IPV4:PORT"}},
        {"port", with({"--listen", "127.0.0.1:65536"}), {"--listen = 127.0.0.1:65536"}},
        {"no port", with({"--listen", "127.0.0.1"}), {"--listen = 127.0.0.1"}},
        {"cidr with host bits", with({"--trusted-proxy", "10.0.0.1/8"}), {"--trusted-proxy = 10.0.0.1/8", "host bits"}},
        {"origin with a path", with({"--cors-origin", "https://a.example/"}), {"--cors-origin", "origin"}},
        {"any origin", with({"--cors-origin", "*"}), {"--cors-origin = *", "origin"}},
        {"host with a path", with({"--allowed-host", "a/b"}), {"--allowed-host = a/b"}},
        {"cheap hash", with({"--argon2", "m=19455,t=2,p=1"}), {"--argon2 = m=19455,t=2,p=1", "OWASP", "--dev"}},
        {"lanes", with({"--argon2", "m=19456,t=2,p=2"}), {"--argon2 = m=19456,t=2,p=2", "one lane"}},
        {"tiny memory", with({"--dev", "--argon2", "m=7,t=1,p=1"}), {"--argon2"}},
        {"huge memory", with({"--argon2", "m=1048577,t=1,p=1"}), {"--argon2"}},
        {"short passwords", with({"--password-min-length", "7"}), {"--password-min-length = 7", "8", "--dev"}},
    };
    for (const refused_row& r : rows) {
        BOOST_TEST_CONTEXT(r.title) {
            const std::string line = r.in.error();
            BOOST_TEST(!line.empty());
            BOOST_TEST(line.find('\n') == std::string::npos);
            BOOST_TEST(line.find("hunter2") == std::string::npos);
            BOOST_TEST(line.find("Testing123") == std::string::npos);
            for (const std::string& part : r.parts) {
                BOOST_TEST(line.find(part) != std::string::npos, line << " lacks " << part);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(owasp_pairs_are_dear_enough_and_one_less_is_cheap) {
    for (const argon2_cost cost : {argon2_cost{47104, 1}, argon2_cost{19456, 2}, argon2_cost{12288, 3},
                                   argon2_cost{9216, 4}, argon2_cost{7168, 5}, argon2_cost{7168, 10}}) {
        BOOST_TEST(!is_cheap(cost));
        BOOST_TEST(is_cheap(argon2_cost{cost.memory_kib - 1, cost.passes}));
    }
}

BOOST_AUTO_TEST_CASE(printed_configuration_says_where_values_come_from_and_shows_no_secret) {
    world w = with({"--threads", "3", "--audience", "a \"b\"", "--cors-origin", "https://a.example"});
    w.environment = {{"SECRET_KEY", long_secret}, {"ACCESS_TOKEN_EXPIRE_MINUTES", "5"}};
    const std::string text = print_config(w.good());
    BOOST_TEST(text.find(long_secret) == std::string::npos);
    for (const std::string line :
         {"threads = 3  # command line\n", "access-token-ttl = \"5m\"  # environment ACCESS_TOKEN_EXPIRE_MINUTES\n",
          "# secret-key: redacted, 32 bytes  # environment SECRET_KEY\n", "lost-response-window = \"1m\"  # default\n",
          "algorithm = \"HS256\"  # default\n", "dev = false  # default\n", "cors-origin = [\"https://a.example\"]",
          "audience = \"a \\\"b\\\"\"", "# issuer: the first listen URL  # default\n"}) {
        BOOST_TEST(text.find(line) != std::string::npos, text << " lacks " << line);
    }
}

BOOST_AUTO_TEST_CASE(printed_configuration_is_a_file_that_means_the_same) {
    world w = with({"--threads", "3", "--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--dev", "--strict",
                    "--trusted-proxy", "10.0.0.0/8"});
    const config first = w.good();
    world again = with({"--config", "printed.toml"});
    again.files["printed.toml"] = print_config(first);
    const config second = again.good();
    for (const option_id id : changed_options(first, second)) {
        BOOST_TEST(row_of(id).name == "config");
    }
}

BOOST_AUTO_TEST_CASE(changed_options_are_named) {
    const config before = with({"--log-level", "info"}).good();
    const config after = with({"--log-level", "debug", "--threads", "9"}).good();
    const auto changed = changed_options(before, after);
    BOOST_TEST(changed.size() == 2U);
    BOOST_CHECK(changed[0] == option_id::threads);
    BOOST_CHECK(changed[1] == option_id::log_level);
    BOOST_TEST(changed_options(before, before).empty());
    const config written_otherwise =
        with({"--strict=no", "--access-token-ttl", "600", "--snapshot-log-bytes", "65536KiB"}).good();
    BOOST_TEST(changed_options(with({}).good(), written_otherwise).empty());
}

BOOST_AUTO_TEST_CASE(the_parent_is_watched_with_or_without_its_number) {
    const auto told = [](std::vector<std::string> arguments) {
        const config c = with(std::move(arguments)).good();
        return std::pair{c.exit_with_parent, c.expected_parent};
    };
    BOOST_TEST((told({}) == std::pair{false, 0}));
    BOOST_TEST((told({"--exit-with-parent"}) == std::pair{true, 0}));
    BOOST_TEST((told({"--exit-with-parent=off"}) == std::pair{false, 0}));
    BOOST_TEST((told({"--exit-with-parent=4711"}) == std::pair{true, 4711}));
    for (const char* const wrong :
         {"--exit-with-parent=-5", "--exit-with-parent=soon", "--exit-with-parent=2147483648"}) {
        BOOST_TEST(with({wrong}).error().find("--exit-with-parent") != std::string::npos, wrong);
    }
}

BOOST_AUTO_TEST_CASE(help_lists_every_option_with_its_unit_and_default) {
    const std::string help = help_text();
    for (const option_row& row : option_table()) {
        const std::string name =
            row.place == option_place::outside_only ? environment_name(row) : "--" + std::string(row.name);
        const std::string unit = unit_of(row);
        const std::string head = "\n  " + name + (unit.empty() || unit.starts_with('[') ? "" : " ") + unit;
        BOOST_TEST(help.find(head) != std::string::npos, head);
        BOOST_TEST(help.find("default: " + std::string(row.default_text) + "\n") != std::string::npos, row.name);
    }
    for (const option_alias& alias : option_aliases()) {
        BOOST_TEST(help.find(alias.name) != std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
