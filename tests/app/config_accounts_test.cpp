// Options about accounts and what tokens say of them.
#include "app/config/config.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

std::variant<loaded_config, std::string> load(std::vector<std::string> arguments, variable_list environment = {}) {
    config_inputs inputs;
    inputs.arguments = std::move(arguments);
    inputs.environment = std::move(environment);
    inputs.read_file = [](const std::string&, std::string&) { return std::optional<std::string>(); };
    return load_config(inputs);
}

config good(std::vector<std::string> arguments, variable_list environment = {}) {
    const auto loaded = load(std::move(arguments), std::move(environment));
    BOOST_REQUIRE(std::holds_alternative<loaded_config>(loaded));
    return std::get<loaded_config>(loaded).value;
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_accounts)

BOOST_AUTO_TEST_CASE(what_tokens_say_is_by_default_what_they_always_said) {
    const config c = good({});
    BOOST_TEST(!c.tokens.speaks_of_user());
    BOOST_CHECK(c.tokens.type == token_type::at_jwt);
    BOOST_TEST(!c.no_audience);
    BOOST_TEST(c.sign_up_open);
    BOOST_TEST(c.passwords.blocklist);
    const config all = good({"--claims", "roles", "--claims", "email", "--subject", "username", "--audience", "none",
                             "--token-type", "JWT", "--sign-up", "closed"});
    BOOST_TEST((all.tokens.roles && all.tokens.email && !all.tokens.username));
    BOOST_CHECK(all.tokens.subject == subject_kind::username);
    BOOST_CHECK(all.tokens.type == token_type::jwt);
    BOOST_TEST((all.no_audience && all.audience.empty()));
    BOOST_TEST(!all.sign_up_open);
    const config listed = good({}, {{"PAWL_CLAIMS", "email, is_superuser"}});
    BOOST_TEST((listed.tokens.email && listed.tokens.is_superuser));
    BOOST_TEST((good({"--claims", "scope"}).tokens == token_contents{})); // it is there wherever scopes are granted
    const auto refused = load({"--claims", "surname"});
    BOOST_TEST_REQUIRE(refused.index() == 1U);
    BOOST_TEST(std::get<std::string>(refused).find("--claims") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(dev_takes_any_password_unless_told_otherwise) {
    const config dev = good({"--dev"});
    BOOST_TEST(dev.passwords.length_min == 1U);
    BOOST_TEST(!dev.passwords.blocklist);
    const config strict = good({"--dev", "--password-min-length", "8", "--password-blocklist", "on"});
    BOOST_TEST(strict.passwords.length_min == 8U);
    BOOST_TEST(strict.passwords.blocklist);
    const config lax = good({"--password-blocklist", "off"});
    BOOST_TEST(!lax.passwords.blocklist);
    BOOST_TEST(lax.passwords.length_min == 8U);
    BOOST_TEST(!lax.warnings.empty());
}

BOOST_AUTO_TEST_CASE(where_the_algorithm_came_from_is_kept) {
    BOOST_TEST(good({}).algorithm_from == "default");
    BOOST_TEST(good({"--algorithm", "EdDSA"}).algorithm_from == "command line");
    const config secret = good({}, {{"SECRET_KEY", std::string(32, 'k')}});
    BOOST_TEST(secret.algorithm_from == "SECRET_KEY is set (environment SECRET_KEY)");
}

BOOST_AUTO_TEST_SUITE_END()
