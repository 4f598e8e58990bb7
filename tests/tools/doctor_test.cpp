// What pawlctl doctor says of each thing it looks at.
#include "tools/doctor.hpp"

#include <boost/test/unit_test.hpp>

using namespace pawl;
using namespace pawl::tools;

namespace {

constexpr std::uint64_t mib = 1ULL << 20U, gib = 1ULL << 30U;
constexpr timestamp now{seconds(1'800'000'000)};
constexpr seconds one_day{86400};

void expect(const finding& f, finding_state state) {
    BOOST_TEST(name_of(f.state) == name_of(state), f.about << ": " << f.what);
    BOOST_TEST(f.to_do.empty() == (state == finding_state::good), f.about << ": " << f.what);
}

} // namespace

BOOST_AUTO_TEST_SUITE(tools_doctor)

BOOST_AUTO_TEST_CASE(a_clock_that_is_not_synchronised_is_a_warning) {
    expect(judge_clock(true), finding_state::good);
    expect(judge_clock(false), finding_state::warning);
    expect(judge_clock(std::nullopt), finding_state::unknown);
}

BOOST_AUTO_TEST_CASE(a_disk_needs_room_for_one_more_of_what_is_there) {
    expect(judge_disk(10 * gib, 100 * mib), finding_state::good);
    expect(judge_disk(10 * gib, 11 * gib), finding_state::warning);
    expect(judge_disk(500 * mib, 0), finding_state::warning);
    expect(judge_disk(63 * mib, 0), finding_state::problem);
    expect(judge_disk(std::nullopt, 0), finding_state::unknown);
}

BOOST_AUTO_TEST_CASE(what_others_may_reach_is_a_problem) {
    expect(judge_permissions("", ""), finding_state::good);
    expect(judge_permissions("data: others may read it", ""), finding_state::problem);
    expect(judge_permissions("", "may be read by others"), finding_state::problem);
}

BOOST_AUTO_TEST_CASE(a_proxy_that_nobody_trusts_and_plain_http_beyond_the_machine_are_told) {
    expect(judge_proxy({.issuer_is_https = true, .own_tls = true}), finding_state::good);
    expect(judge_proxy({.issuer_is_https = true}), finding_state::warning);
    expect(judge_proxy({.issuer_is_https = true, .trusts_a_proxy = true}), finding_state::good);
    expect(judge_proxy({.listens_beyond_loopback = true}), finding_state::problem);
    expect(judge_proxy({}), finding_state::good);
}

BOOST_AUTO_TEST_CASE(an_issuer_must_answer_under_its_own_name) {
    const std::string url = "https://auth.example.com";
    expect(judge_issuer({}), finding_state::warning);
    expect(judge_issuer({.has_issuer = true, .url = url, .failure = "no route"}), finding_state::problem);
    expect(judge_issuer({.has_issuer = true, .url = url, .failure = "", .status = 404}), finding_state::problem);
    expect(judge_issuer({.has_issuer = true, .url = url, .failure = "", .status = 200, .claimed = url + "/"}),
           finding_state::problem);
    expect(judge_issuer({.has_issuer = true, .url = url, .failure = "", .status = 200, .claimed = url}),
           finding_state::good);
}

BOOST_AUTO_TEST_CASE(a_key_that_signed_for_longer_than_a_year_is_to_be_rotated) {
    expect(judge_keys(now - one_day, now, ""), finding_state::good);
    expect(judge_keys(now - 401 * one_day, now, ""), finding_state::warning);
    expect(judge_keys(now + one_day, now, ""), finding_state::good); // a clock that was ahead
    expect(judge_keys(std::nullopt, now, ""), finding_state::good);
    expect(judge_keys(std::nullopt, now, "can't be read"), finding_state::unknown);
}

BOOST_AUTO_TEST_CASE(a_backup_grows_old_within_days) {
    expect(judge_backups(false, std::nullopt, now), finding_state::unknown);
    expect(judge_backups(true, std::nullopt, now), finding_state::problem);
    expect(judge_backups(true, now - one_day, now), finding_state::good);
    expect(judge_backups(true, now - 3 * one_day, now), finding_state::warning);
    expect(judge_backups(true, now - 15 * one_day, now), finding_state::problem);
}

BOOST_AUTO_TEST_CASE(the_worst_finding_counts) {
    BOOST_TEST(name_of(worst_of({})) == "good");
    BOOST_TEST(name_of(worst_of({judge_clock(true), judge_clock(false), judge_backups(false, std::nullopt, now)})) ==
               "warning");
}

BOOST_AUTO_TEST_SUITE_END()
