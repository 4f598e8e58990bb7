// What the log says clients did, step by step; and the counting of latencies.
#include "storage/entity/record_codec.hpp"
#include "tools/replay/driver.hpp"
#include "tools/replay/plan.hpp"

#include <boost/test/unit_test.hpp>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::tools;

namespace {

struct plan_fixture {
    std::string steps;
    replay_plan plan{[this](const step& s) {
        steps += (steps.empty() ? "" : " ") + std::string(name_of(s.kind)) + "(" + std::to_string(s.user.value) + ")";
    }};
    record_buffer buffer;
    std::uint64_t lsn = 0;

    void see(record_type type, std::span<const std::uint8_t> body) {
        plan.see({static_cast<std::uint16_t>(type), record_version, body, ++lsn, timestamp_ms(milliseconds(1000))});
    }
    static family_id id_of(std::uint8_t number) {
        family_id id;
        id.bytes.fill(number);
        return id;
    }
    user person(std::uint64_t id, std::uint64_t version = 1) {
        user u;
        u.id = user_id{id};
        u.version = version;
        u.email = "u@example.com";
        return u;
    }
    void see_user(const user& u) { see(record_type::user, encode_user(u)); }
    void create(std::uint8_t number, std::uint64_t owner, family_word word = {}) {
        family_created_record r;
        r.facts.id = id_of(number);
        r.facts.user = user_id{owner};
        r.word = word;
        see(record_type::family_created, buffer.encode(r));
    }
    void change(std::uint8_t number, family_word word) {
        family_word_record r;
        r.id = id_of(number);
        r.word = word;
        see(record_type::family_word, buffer.encode(r));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(tools_replay_plan, plan_fixture)

BOOST_AUTO_TEST_CASE(a_session_is_a_login_its_rotations_and_its_end_once_each) {
    see_user(person(1));
    create(1, 1);
    create(1, 1);
    change(1, family_word().with_generation(1));
    change(1, family_word().with_generation(1));
    change(1, family_word().with_generation(3));
    change(1, family_word().with_generation(3).with_status(family_status::logout));
    change(1, family_word().with_generation(3).with_status(family_status::logout));
    BOOST_TEST(steps == "sign_up(1) log_in(1) refresh(1) refresh(1) refresh(1) log_out(1)");
}

BOOST_AUTO_TEST_CASE(who_was_there_before_signs_up_before_its_sessions_log_in) {
    create(1, 7, family_word().with_generation(40));
    create(2, 7, family_word().with_status(family_status::logout));
    see_user(person(7, 9));
    change(1, family_word().with_generation(41));
    change(3, family_word().with_generation(2));
    BOOST_TEST(steps == "sign_up(7) log_in(7) refresh(7)");
}

BOOST_AUTO_TEST_CASE(gates_are_what_their_user_did) {
    user u = person(1);
    see_user(u);
    const auto close = [&](gate_reason why, family_id survivor, bool deleted = false) {
        ++u.version;
        ++u.gate.epoch;
        u.gate.reason = why;
        u.gate.survivor = survivor;
        u.deleted = deleted;
        see_user(u);
    };
    close(gate_reason::logout_all, {});
    close(gate_reason::logout_all, id_of(1));
    close(gate_reason::password_change, id_of(1));
    close(gate_reason::disabled, {});
    close(gate_reason::deleted, {}, true);
    see_user(u);
    BOOST_TEST(steps == "sign_up(1) log_out_all(1) log_out_others(1) change_password(1) not_repeatable(1) "
                        "remove_account(1)");
}

BOOST_AUTO_TEST_CASE(ends_that_no_client_makes_are_not_repeated) {
    see_user(person(1));
    create(1, 1);
    change(1, family_word().with_status(family_status::evicted));
    create(2, 1);
    change(2, family_word().with_generation(1).with_status(family_status::reuse));
    BOOST_TEST(steps == "sign_up(1) log_in(1) not_repeatable(1) log_in(1) refresh(1) reuse(1)");
}

BOOST_AUTO_TEST_CASE(quantiles_are_within_their_width) {
    using std::chrono::microseconds;
    latencies t;
    BOOST_TEST(t.quantile(0.5).count() == 0);
    for (int i = 1; i <= 100'000; ++i) {
        t.add(microseconds(i));
    }
    BOOST_TEST(t.count() == 100'000U);
    BOOST_TEST(t.max().count() == 100'000);
    for (const double q : {0.01, 0.5, 0.99, 0.999}) {
        const double exact = q * 100'000;
        const auto found = static_cast<double>(t.quantile(q).count());
        BOOST_TEST(found >= exact);
        BOOST_TEST(found <= exact * 1.07);
    }
    BOOST_TEST(t.quantile(1).count() == 100'000);
    t.add(std::chrono::hours(24 * 365 * 100));
    BOOST_TEST((t.quantile(1) == t.max()));
}

BOOST_AUTO_TEST_SUITE_END()
