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
    BOOST_TEST((c.sign_up.mode == sign_up_mode::open));
    BOOST_TEST(c.passwords.blocklist);
    const config all = good({"--claims", "roles", "--claims", "email", "--subject", "username", "--audience", "none",
                             "--token-type", "JWT", "--sign-up", "closed"});
    BOOST_TEST((all.tokens.roles && all.tokens.email && !all.tokens.username));
    BOOST_CHECK(all.tokens.subject == subject_kind::username);
    BOOST_CHECK(all.tokens.type == token_type::jwt);
    BOOST_TEST((all.no_audience && all.audience.empty()));
    BOOST_TEST((all.sign_up.mode == sign_up_mode::closed));
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

std::string refusal(std::vector<std::string> arguments) {
    const auto loaded = load(std::move(arguments));
    const auto* const why = std::get_if<std::string>(&loaded);
    return why == nullptr ? std::string() : *why;
}
const std::vector<std::string> relay{"--smtp", "smtp://relay.example.com", "--mail-from", "a@example.com"};
std::vector<std::string> with_relay(std::vector<std::string> more) {
    more.insert(more.end(), relay.begin(), relay.end());
    return more;
}

BOOST_AUTO_TEST_CASE(who_may_sign_up_is_said_by_mode_and_domain) {
    for (const char* mode : {"open", "approve", "invite", "closed"}) {
        BOOST_TEST(to_text(good({"--sign-up", mode}).sign_up.mode) == mode);
    }
    BOOST_TEST((good(with_relay({"--sign-up", "confirm"})).sign_up.mode == sign_up_mode::confirm));
    BOOST_TEST((good({"--dev", "--sign-up", "confirm"}).sign_up.mode == sign_up_mode::confirm)); // mails are caught
    BOOST_TEST(refusal({"--sign-up", "confirm"}).find("--sign-up") != std::string::npos);
    BOOST_TEST(refusal({"--sign-up", "ajar"}).find("--sign-up") != std::string::npos);
    const config named =
        good({"--sign-up", "approve", "--sign-up-domain", "Example.org", "--sign-up-domain", "*.example.net"});
    BOOST_TEST((named.sign_up.domains == std::vector<sign_up_domain>{{"example.org", false}, {"example.net", true}}));
    BOOST_TEST(named.warnings.empty());
    BOOST_TEST(!good({"--sign-up-domain", "example.org"}).warnings.empty()); // nothing proves the address
    for (const char* domain : {"*", "a@example.org", "example..org"}) {
        BOOST_TEST(refusal({"--sign-up-domain", domain}).find("--sign-up-domain") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_proven_address_can_be_demanded_where_it_can_be_proven) {
    BOOST_TEST(!good({}).sign_up.wants_verified_email);
    BOOST_TEST(good(with_relay({"--require-verified-email", "on"})).sign_up.wants_verified_email);
    BOOST_TEST(refusal({"--require-verified-email", "on"}).find("--require-verified-email") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(assurance_says_how_long_a_password_is_that_stands_alone) {
    const config aal1 = good({"--assurance", "aal1"});
    BOOST_TEST(aal1.passwords.length_min == 15U);
    BOOST_CHECK(aal1.require_factor == factor_policy::enrolled);
    BOOST_TEST(good({"--assurance", "aal1", "--require-factor", "all"}).passwords.length_min == 8U);
    BOOST_TEST(good({"--assurance", "aal1", "--password-min-length", "20"}).passwords.length_min == 20U);
    const config aal2 = good({"--assurance", "aal2"});
    BOOST_TEST(aal2.passwords.length_min == 8U);
    BOOST_CHECK(aal2.require_factor == factor_policy::all);
    BOOST_TEST(good({"--dev", "--assurance", "aal1"}).passwords.length_min == 15U);
    BOOST_TEST(good({"--dev", "--assurance", "aal1"}).passwords.blocklist);
    BOOST_TEST(refusal({"--assurance", "aal1", "--password-min-length", "8"}).find("--password-min-length") !=
               std::string::npos);
    BOOST_TEST(refusal({"--assurance", "aal2", "--require-factor", "none"}).find("--require-factor") !=
               std::string::npos);
    BOOST_TEST(refusal({"--assurance", "aal1", "--password-blocklist", "off"}).find("--password-blocklist") !=
               std::string::npos);
    BOOST_TEST(refusal({"--assurance", "aal3"}).find("--assurance") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(where_the_algorithm_came_from_is_kept) {
    BOOST_TEST(good({}).algorithm_from == "default");
    BOOST_TEST(good({"--algorithm", "EdDSA"}).algorithm_from == "command line");
    const config secret = good({}, {{"SECRET_KEY", std::string(32, 'k')}});
    BOOST_TEST(secret.algorithm_from == "SECRET_KEY is set (environment SECRET_KEY)");
}

BOOST_AUTO_TEST_SUITE_END()
