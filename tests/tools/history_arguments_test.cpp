// Points in time and in the log as people write them.
#include "tools/history_source.hpp"
#include "tools/record_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace pawl;
using namespace pawl::tools;

BOOST_AUTO_TEST_SUITE(tools_history_arguments)

BOOST_AUTO_TEST_CASE(times_are_rfc_3339_or_so_long_ago) {
    const timestamp_ms now{std::chrono::hours(24 * 365 * 50)};
    BOOST_TEST((parse_time("--at", "now", now) == now));
    BOOST_TEST((parse_time("--at", "-2h", now) == now - std::chrono::hours(2)));
    BOOST_TEST((parse_time("--at", "1970-01-01T01:00:00.5Z", now) == timestamp_ms(milliseconds(3'600'500))));
    for (const char* const wrong : {"", "-", "2h", "-2", "yesterday", "2026-11-22", "--2h", "-2w"}) {
        if (std::string_view(wrong) != "-2") { // seconds
            BOOST_CHECK_THROW(parse_time("--at", wrong, now), tool_error);
        }
    }
}

BOOST_AUTO_TEST_CASE(digits_alone_are_a_record) {
    const timestamp_ms now{};
    BOOST_TEST(parse_point("--at", "17", now).lsn.value() == 17U);
    BOOST_TEST(!parse_point("--at", "17", now).time);
    BOOST_TEST(parse_point("--at", "1970-01-01T00:00:01Z", now).time.has_value());
    BOOST_CHECK_THROW(parse_point("--at", "99999999999999999999999", now), tool_error);
}

BOOST_AUTO_TEST_CASE(ranges_of_records_have_two_ends_that_count) {
    const auto is = [](std::string_view text, std::uint64_t first, std::uint64_t last) {
        const lsn_range r = parse_lsn_range("--lsn", text);
        return r.first == first && r.last == last;
    };
    BOOST_TEST(is("17", 17, 17));
    BOOST_TEST(is("17..", 17, ~std::uint64_t{0}));
    BOOST_TEST(is("..40", 0, 40));
    BOOST_TEST(is("17..40", 17, 40));
    for (const char* const wrong : {"", "x", "1-2", "1...2", "1..x", "-1"}) {
        BOOST_CHECK_THROW(parse_lsn_range("--lsn", wrong), tool_error);
    }
}

BOOST_AUTO_TEST_CASE(of_a_hash_only_its_kind_is_said) {
    BOOST_TEST(hash_kind("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA") == "argon2id");
    BOOST_TEST(hash_kind("$2b$12$abcdefghijklmnopqrstuv") == "bcrypt");
    BOOST_TEST(hash_kind("pbkdf2_sha256$1$a$b") == "pbkdf2-sha256");
    BOOST_TEST(hash_kind("hunter2") == "unknown");
    BOOST_TEST(hash_kind("") == "none");
    user u;
    u.id = user_id{1};
    u.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA";
    BOOST_TEST(user_json(u).find("c2Fs") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
