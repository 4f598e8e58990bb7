// What the machine, its volumes and its network have to say in a configuration.
#include "tests/app/config_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace pawl;
using namespace pawl::app;
using test::with;
using world = test::config_world;

BOOST_AUTO_TEST_SUITE(config_machine_test)

BOOST_AUTO_TEST_CASE(dev_that_others_may_reach_keeps_its_limits_and_says_so) {
    const std::vector<std::string> remote{"--dev",    "--dev-allow-remote", "--allowed-host", "pawl",
                                          "--listen", "0.0.0.0:8080",       "--issuer",       "http://pawl:8080"};
    const config c = with(remote).good();
    BOOST_TEST(c.dev_allow_remote);
    BOOST_CHECK((c.login_limit_account == attempt_limit{10, seconds(300)}));
    BOOST_CHECK((c.login_limit_address == attempt_limit{100, seconds(300)}));
    BOOST_CHECK((c.login_success_limit_account == attempt_limit{100, seconds(300)}));
    BOOST_CHECK((c.login_success_limit_address == attempt_limit{1000, seconds(300)}));
    BOOST_TEST(c.cors_origins.empty());
    BOOST_TEST_REQUIRE(c.warnings.size() == 1U);
    BOOST_TEST(c.warnings[0].find("/dev/tokens") != std::string::npos);
    std::vector<std::string> given = remote;
    given.insert(given.end(), {"--login-limit-account", "off"});
    BOOST_TEST(!with(given).good().login_limit_account.limited());
    BOOST_TEST(!with({"--dev", "--dev-allow-remote", "--allowed-host", "pawl"}).error().size()); // loopback, too
}

BOOST_AUTO_TEST_CASE(a_group_that_may_read_is_allowed_only_when_asked_for_and_told) {
    BOOST_TEST(!with({}).good().allow_group_read);
    const config c = with({"--allow-group-read"}).good();
    BOOST_TEST(c.allow_group_read);
    BOOST_TEST_REQUIRE(c.warnings.size() == 1U);
    BOOST_TEST(c.warnings[0].starts_with("--allow-group-read"));
}

BOOST_AUTO_TEST_CASE(threads_follow_what_the_container_has) {
    constexpr std::uint64_t mib = 1024 * 1024;
    struct row {
        unsigned cores;
        container_limits container;
        unsigned threads, password_threads;
        std::size_t password_queue;
    };
    const std::vector<row> rows{
        {4, {}, 4, 4, 64},
        {64, {}, 64, 64, 64},
        {64, {2, std::nullopt}, 2, 2, 32},
        {64, {1, std::nullopt}, 1, 1, 16},
        {2, {8, std::nullopt}, 2, 2, 32},
        {64, {std::nullopt, 256 * mib}, 64, 6, 64}, // 19 MiB each, half of it
        {64, {std::nullopt, 512 * mib}, 64, 13, 64},
        {64, {4, 512 * mib}, 4, 4, 64},
        {64, {std::nullopt, 64 * mib}, 64, 1, 16},
        {64, {std::nullopt, 64 * 1024 * mib}, 64, 64, 64},
        {4, {std::nullopt, mib}, 4, 1, 16},
    };
    for (const row& r : rows) {
        instance w;
        w.cores = r.cores;
        w.container = r.container;
        const config c = w.good();
        BOOST_TEST_CONTEXT(r.cores << " cores, " << r.container.memory_bytes.value_or(0) << " bytes") {
            BOOST_TEST(c.threads == r.threads);
            BOOST_TEST(c.password_threads == r.password_threads);
            BOOST_TEST(c.password_queue == r.password_queue);
        }
    }
}

BOOST_AUTO_TEST_CASE(threads_that_are_given_stand_and_are_warned_of_where_their_hashes_do_not_fit) {
    constexpr std::uint64_t mib = 1024 * 1024;
    world w = with({"--password-threads", "32", "--password-queue", "100", "--threads", "3"});
    w.container = {1, 256 * mib};
    const config c = w.good();
    BOOST_TEST(c.password_threads == 32U);
    BOOST_TEST(c.password_queue == 100U);
    BOOST_TEST(c.threads == 3U);
    BOOST_TEST_REQUIRE(c.warnings.size() == 1U);
    BOOST_TEST(c.warnings[0].starts_with("--password-threads 32: so many hashes take 608 MiB"));
    w.arguments = {"--password-threads", "10"}; // 190 of 256 MiB
    BOOST_TEST(w.good().warnings.empty());
    w.arguments = {"--password-threads", "11"};
    BOOST_TEST(w.good().warnings.size() == 1U);
    w.container = {};
    w.arguments = {"--password-threads", "256"};
    BOOST_TEST(w.good().warnings.empty());
}

BOOST_AUTO_TEST_SUITE_END()
