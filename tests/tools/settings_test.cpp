#include "tools/settings.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace pawl;
using namespace pawl::tools;
namespace fs = std::filesystem;

namespace {

// A machine where the unit of packaging/systemd was started once.
struct machine {
    fs::path folder;
    service_places service;
    app::config_inputs inputs;

    machine() {
        std::string name = (fs::temp_directory_path() / "pawl-settings-XXXXXX").string();
        BOOST_TEST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder = name;
        service = {(folder / "lib").string(), (folder / "etc/pawl.env").string(), (folder / "etc").string(),
                   (folder / "etc/pawl.toml").string()};
        fs::create_directory(folder / "lib");
        fs::create_directory(folder / "etc");
        inputs.read_file = [](const std::string& path, std::string&) -> std::optional<std::string> {
            std::ifstream file(path, std::ios::binary);
            return file ? std::optional<std::string>(std::in_place, std::istreambuf_iterator<char>(file),
                                                     std::istreambuf_iterator<char>())
                        : std::nullopt;
        };
    }
    machine(const machine&) = delete;
    machine& operator=(const machine&) = delete;
    ~machine() {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }
    void write(const char* name, const std::string& text) const { std::ofstream(folder / name) << text; }
    app::config settings(const global_options& global = {}, bool usual = false) const {
        return load_settings_from(global, inputs, service, usual);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(settings_suite)

BOOST_AUTO_TEST_CASE(without_a_word_it_is_the_data_of_the_service_with_its_settings) {
    const machine m;
    m.write("etc/pawl.env", "PAWL_ISSUER=https://auth.example.com\nPAWL_MAX_SESSIONS=5\n");
    const app::config found = m.settings();
    BOOST_TEST(found.data_dir == m.service.data_dir);
    BOOST_TEST(found.admin_socket == m.service.data_dir + "/admin.sock");
    BOOST_TEST(found.key_file == m.service.data_dir + "/keys.json");
    BOOST_TEST(found.issuer == "https://auth.example.com");
    BOOST_TEST(found.max_sessions == 5U);
}

BOOST_AUTO_TEST_CASE(the_service_has_a_toml_file_beneath_its_environment) {
    const machine m;
    m.write("etc/pawl.toml", "issuer = \"https://auth.example.com\"\nmax-sessions = 7\n");
    BOOST_TEST(m.settings().issuer == "https://auth.example.com");
    BOOST_TEST(m.settings().max_sessions == 7U);
    m.write("etc/pawl.env", "PAWL_MAX_SESSIONS=5\n");
    BOOST_TEST(m.settings().max_sessions == 5U);
}

BOOST_AUTO_TEST_CASE(a_toml_file_that_is_named_stands_in_for_that_of_the_service) {
    const machine m;
    m.write("etc/pawl.toml", "max-sessions = 7\n");
    m.write("own.toml", "max-sessions = 9\n");
    global_options global;
    global.config_file = (m.folder / "own.toml").string();
    BOOST_TEST(m.settings(global).max_sessions == 9U);
}

BOOST_AUTO_TEST_CASE(the_own_url_is_one_that_this_machine_reaches) {
    const auto url_with = [](const char* listen, std::vector<std::string> more = {}) {
        machine m;
        m.inputs.arguments = {"--issuer", "https://auth.example.com", "--listen", listen};
        m.inputs.arguments.insert(m.inputs.arguments.end(), more.begin(), more.end());
        return own_url_of(m.settings());
    };
    BOOST_TEST(url_with("127.0.0.1:8080") == "http://127.0.0.1:8080");
    BOOST_TEST(url_with("0.0.0.0:8080") == "http://127.0.0.1:8080");
    BOOST_TEST(url_with("[::]:81") == "http://[::1]:81");
    BOOST_TEST(url_with("10.1.2.3:8080") == "http://10.1.2.3:8080");
    BOOST_TEST(url_with("unix:/run/pawl.sock").empty());
    BOOST_TEST(url_with("0.0.0.0:8443", {"--dev", "--dev-allow-remote", "--allowed-host", "a.example",
                                         "--tls-self-signed"}) == "https://127.0.0.1:8443");
}

BOOST_AUTO_TEST_CASE(keys_apart_from_the_data_are_found_where_the_unit_loads_them_from) {
    const machine m;
    m.write("etc/keys.json", "{}");
    BOOST_TEST(m.settings().key_file == m.service.credentials_directory + "/keys.json");
    m.write("lib/keys.json", "{}");
    BOOST_TEST(m.settings().key_file == m.service.data_dir + "/keys.json");
}

BOOST_AUTO_TEST_CASE(what_is_named_or_lies_here_goes_before) {
    machine m;
    m.write("etc/pawl.env", "PAWL_MAX_SESSIONS=5\n");
    global_options global;
    global.data_dir = "/elsewhere";
    BOOST_TEST(m.settings(global).data_dir == "/elsewhere");
    BOOST_TEST(m.settings(global).max_sessions == 1000U); // another server's settings are not its
    BOOST_TEST(m.settings({}, true).data_dir == "pawl-data");
    m.inputs.environment = {{"PAWL_MAX_SESSIONS", "7"}};
    BOOST_TEST(m.settings().max_sessions == 7U);
    m.inputs.environment = {{"STATE_DIRECTORY", "/state"}};
    BOOST_TEST(m.settings().data_dir == "/state");
}

BOOST_AUTO_TEST_CASE(without_a_service_it_is_the_directory_that_pawld_makes_here) {
    const machine m;
    fs::remove_all(m.service.data_dir);
    BOOST_TEST(m.settings().data_dir == "pawl-data");
}

BOOST_AUTO_TEST_SUITE_END()
