#include "app/instance/startup.hpp"

#include "storage/system_random.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

using namespace pawl;
using namespace pawl::app;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t day_ms = 86'400'000;

struct manual_source final : time_source {
    std::atomic<std::int64_t> wall{1'790'000'000'000}, boot{1'000};
    clock_reading read() const override { return {timestamp_ms(milliseconds(wall)), milliseconds(boot)}; }
};

// A folder, a log that is read afterwards, and the inputs of a start in it.
struct world {
    fs::path folder;
    int log_file = -1;
    std::vector<std::string> arguments{"--log-level", "debug"};
    variable_list environment;
    storage::system_random random;
    manual_source source;

    world() {
        std::string name = (fs::temp_directory_path() / "pawl-startup-XXXXXX").string();
        BOOST_TEST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder = name;
        arguments.insert(arguments.end(), {"--data-dir", data_dir()});
        log_file = ::open((folder / "log").c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    world(const world&) = delete;
    world& operator=(const world&) = delete;
    ~world() {
        ::close(log_file);
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }
    std::string data_dir() const { return (folder / "a" / "data").string(); }
    std::string logged() const {
        std::ifstream file(folder / "log");
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    config_inputs inputs() const {
        config_inputs in;
        in.arguments = arguments;
        in.environment = environment;
        in.read_file = [](const std::string& path, std::string&) -> std::optional<std::string> {
            std::ifstream file(path);
            if (!file) {
                return std::nullopt;
            }
            std::ostringstream text;
            text << file.rdbuf();
            return text.str();
        };
        return in;
    }
    config settings() const {
        const auto loaded = load_config(inputs());
        BOOST_REQUIRE_MESSAGE(loaded.index() == 0, (loaded.index() == 1 ? std::get<std::string>(loaded) : ""));
        return std::get<loaded_config>(loaded).value;
    }
    // A start up to the store, and its stop; `while_open` sees it.
    template <class F>
    void start(F while_open) {
        const config c = settings();
        logger log(c.level, log_format::text, log_file);
        service_clock time(source);
        make_data_directory(c.data_dir);
        const key_ring_ptr keys = open_keys(c, random, time.now(), log).ring;
        const auto data = open_store(c, *keys, time, log);
        while_open(*data, time);
        BOOST_TEST(data->stop(milliseconds(10'000)));
    }
};

void wait_for(const storage::embedded_store& data, ticket t) {
    while (!data.is_durable(t)) {
        std::this_thread::yield();
    }
}

family_id family_number(std::uint8_t n) {
    family_id id;
    id.bytes.fill(n);
    return id;
}

// One user and one family created at `created`, and rotated so long after it unless that is 0.
void add_family(storage::embedded_store& data, std::uint8_t number, timestamp created, seconds rotated = seconds(0)) {
    user_id owner{1};
    if (data.find_user(owner) == nullptr) {
        user u;
        u.email = u.username = "a@example.com";
        u.password_hash = "x";
        const auto inserted = data.insert_user(u);
        BOOST_TEST_REQUIRE(inserted.has_value());
        owner = inserted->id;
        wait_for(data, inserted->wait_for);
    }
    family_facts facts;
    facts.id = family_number(number);
    facts.user = owner;
    facts.created_at = created;
    facts.idle_ttl = seconds(86400);
    facts.absolute_ttl = seconds(30 * 86400);
    const family_word word =
        rotated == seconds(0)
            ? family_word()
            : family_word().with_generation(1).with_rotated_at(static_cast<std::uint32_t>(rotated.count()));
    const auto inserted = data.insert_family(facts, word, {});
    BOOST_TEST_REQUIRE(inserted.has_value());
    wait_for(data, inserted->wait_for);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(startup_test, world)

BOOST_AUTO_TEST_CASE(service_time_goes_on_from_the_last_record) {
    start([&](storage::embedded_store& data, service_clock& time) { add_family(data, 1, time.now()); });
    source.wall -= day_ms / 2; // set back, within bounds
    start([&](storage::embedded_store&, service_clock& time) {
        BOOST_TEST((time.now_ms() >= timestamp_ms(milliseconds(1'790'000'000'000))));
        BOOST_TEST(time.behind().count() >= day_ms / 2);
    });
    BOOST_TEST(logged().find("clock.behind") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_clock_over_a_day_behind_is_refused_until_it_is_reset) {
    const auto family_lives = [](storage::embedded_store& data, std::uint8_t number) {
        const auto family = data.find_family(family_number(number));
        return family && family->word.live();
    };
    start([&](storage::embedded_store& data, service_clock& time) {
        add_family(data, 1, time.now());
        const timestamp created = time.now() - seconds(3 * 86400);
        add_family(data, 2, created);
        add_family(data, 3, created, seconds(3 * 86400));  // rotated now
        add_family(data, 4, created, seconds(86400 - 30)); // so that its window would open again
        add_family(data, 5, created, seconds(86400 - 100));
    });
    source.wall -= 2 * day_ms;
    const auto is_clock = [](const storage::refused& why) {
        return why.kind() == storage::exit_code::clock &&
               std::string(why.what()).find("--reset-clock") != std::string::npos;
    };
    BOOST_CHECK_EXCEPTION(start([](storage::embedded_store&, service_clock&) {}), storage::refused, is_clock);
    arguments.emplace_back("--reset-clock");
    start([&](storage::embedded_store& data, service_clock& time) {
        BOOST_TEST((time.now_ms() < timestamp_ms(milliseconds(1'790'000'000'000 - day_ms))));
        BOOST_TEST(family_lives(data, 1));
        BOOST_TEST(undo_wrong_time(data, time.now(), seconds(60)) == 1U);
        BOOST_TEST(!family_lives(data, 1));
        BOOST_TEST(family_lives(data, 2));
    });
    // Durably so: when the clock is right again they stay ended.
    arguments.pop_back();
    source.wall += 2 * day_ms;
    start([&](storage::embedded_store& data, service_clock&) {
        BOOST_TEST(!family_lives(data, 1));
        BOOST_TEST(family_lives(data, 2));
        // Nor does a window open when the wrong time comes, or open again.
        const auto windows_shut = [&](std::uint8_t number) {
            const auto family = data.find_family(family_number(number));
            return family && family->word.live() && family->word == family->word.with_windows_shut();
        };
        BOOST_TEST(!windows_shut(2));
        BOOST_TEST(windows_shut(3));
        BOOST_TEST(windows_shut(4));
        BOOST_TEST(!windows_shut(5));
    });
}

BOOST_AUTO_TEST_CASE(a_reset_that_sets_no_clock_back_changes_nothing) {
    start([&](storage::embedded_store& data, service_clock& time) {
        add_family(data, 1, time.now() - seconds(100), seconds(100));
    });
    arguments.emplace_back("--reset-clock");
    start([&](storage::embedded_store& data, service_clock& time) {
        BOOST_TEST(undo_wrong_time(data, time.now(), seconds(60)) == 0U);
        BOOST_TEST(data.find_family(family_number(1))->word.replays() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(data_directory_and_its_parents_are_private) {
    make_data_directory(data_dir());
    make_data_directory(data_dir()); // there already: fine
    struct stat status{};
    BOOST_TEST_REQUIRE(::stat(data_dir().c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777U) == 0700U);
    BOOST_CHECK_EXCEPTION(make_data_directory("/proc/none/x"), storage::refused, [](const storage::refused& why) {
        return why.kind() == storage::exit_code::usage && std::string(why.what()).find("--data-dir") == 0;
    });
}

BOOST_AUTO_TEST_CASE(a_missing_key_file_beside_data_is_refused) {
    start([](storage::embedded_store&, service_clock&) {});
    fs::remove(fs::path(data_dir()) / "keys.json");
    BOOST_CHECK_EXCEPTION(start([](storage::embedded_store&, service_clock&) {}), storage::refused,
                          [](const storage::refused& why) { return why.kind() == storage::exit_code::wrong_key; });
}

BOOST_AUTO_TEST_CASE(issuer_is_the_first_url_where_clients_can_use_it) {
    BOOST_TEST(issuer_of(settings(), "http://127.0.0.1:41231") == "http://127.0.0.1:41231");
    for (const char* url : {"http://0.0.0.0:80", "http://[::]:80", "unix:/run/pawl.sock"}) {
        BOOST_CHECK_THROW(issuer_of(settings(), url), storage::refused);
    }
    arguments.insert(arguments.end(), {"--issuer", "https://auth.example.com"});
    BOOST_TEST(issuer_of(settings(), "unix:/run/pawl.sock") == "https://auth.example.com");
}

BOOST_AUTO_TEST_CASE(the_default_address_is_whichever_loopback_the_host_has) {
    BOOST_TEST(server_settings_of(settings()).listen == std::vector<std::string>{"localhost:8080"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(settings_reach_those_they_are_for) {
    arguments.insert(arguments.end(),
                     {"--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--max-connections", "9", "--idle-timeout",
                      "90s", "--login-limit-account", "off", "--login-limit-address", "7/1m", "--max-sessions", "5",
                      "--access-token-ttl", "100", "--dev", "--cors-origin", "http://a.example"});
    const config c = settings();
    BOOST_TEST(server_settings_of(c).listen.size() == 2U);
    BOOST_TEST(server_settings_of(c).listen[0] == "127.0.0.1:0");
    BOOST_TEST(server_settings_of(c).listen[1] == "[::1]:0");
    BOOST_TEST(server_settings_of(c).caps.total == 9U);
    BOOST_TEST(server_settings_of(c).deadlines.idle.count() == 90'000);
    BOOST_TEST(server_settings_of(c).cors.loopback_origins);
    BOOST_TEST(server_settings_of(c).cors.origins.size() == 1U);
    BOOST_TEST(throttle_limits_of(c).account.attempts == 0U);
    BOOST_TEST(throttle_limits_of(c).address.attempts == 7U);
    BOOST_TEST(throttle_limits_of(c).address.window.count() == 60);
    BOOST_TEST((client_limits_of(c).address == throttle_limits_of(c).address));
    BOOST_TEST(client_limits_of(c).success_account.attempts == 0U);
    BOOST_TEST(client_limits_of(c).success_address.attempts == 0U);
    BOOST_TEST(service_settings_of(c).sessions_max == 5U);
    BOOST_TEST(service_settings_of(c).access_token_ttl.count() == 100);
    BOOST_TEST(service_settings_of(c).refresh.lost_response_window.count() == 50);
}

BOOST_AUTO_TEST_CASE(reload_applies_what_it_may_names_the_rest_and_keeps_all_on_error) {
    const std::string file = (folder / "pawl.toml").string();
    const auto write = [&](const std::string& text) { std::ofstream(file) << text; };
    write("log-level = 'info'\n");
    arguments = {"--data-dir", data_dir(), "--config", file};
    const config running = settings();
    {
        logger log(running.level, log_format::text, log_file);
        service_clock time(source);
        make_data_directory(running.data_dir);
        key_holder keys(open_keys(running, random, time.now(), log).ring);
        login_limiter limiter(throttle_limits_of(running), time, random),
            clients(client_limits_of(running), time, random);
        const key_ring_ptr before = keys.get();
        const auto address = *peer_address_from_text("192.0.2.1");

        write("log-level = 'debug'\nlogin-limit-account = '1/1h'\nthreads = 77\n");
        reload(inputs(), running, keys, {limiter, clients}, log);
        BOOST_TEST(log.enabled(log_level::debug));
        BOOST_TEST(!limiter.reserve("a", address));
        BOOST_TEST(limiter.reserve("a", address).has_value());
        const key_ring_ptr after = keys.get();
        BOOST_TEST((after != before));

        write("log-level = 'shout'\n");
        reload(inputs(), running, keys, {limiter, clients}, log);
        BOOST_TEST(log.enabled(log_level::debug));
        BOOST_TEST((keys.get() == after));

        write("log-level = 'debug'\n");
        std::ofstream(running.key_file) << "{}";
        reload(inputs(), running, keys, {limiter, clients}, log);
        BOOST_TEST((keys.get() == after));
    }
    const std::string text = logged();
    for (const char* part :
         {"reload.needs_restart option=threads", "reload.config_kept", "shout", "reload.keys_kept"}) {
        BOOST_TEST(text.find(part) != std::string::npos, text << " lacks " << part);
    }
    BOOST_TEST(text.find("option=log-level") == std::string::npos);
    BOOST_TEST(text.find("option=login-limit-account") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
