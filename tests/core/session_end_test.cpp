#include "core/service/session_end.hpp"

#include "core/family/decide.hpp"

#include <boost/test/unit_test.hpp>

namespace pawl {
namespace {

constexpr timestamp start{seconds(1'800'000'000)};

family_state living() {
    family_state seen;
    seen.facts.id.bytes[0] = 1;
    seen.facts.created_at = start;
    seen.facts.idle_ttl = seconds(100);
    seen.facts.absolute_ttl = seconds(200);
    return seen;
}

BOOST_AUTO_TEST_SUITE(session_end_test)

BOOST_AUTO_TEST_CASE(one_that_lives_has_no_end_and_each_that_is_dead_has_one) {
    BOOST_TEST((end_of(living(), start) == session_end::none));
    for (int n = 0; n <= static_cast<int>(last_family_status); ++n) {
        for (int reason = 0; reason <= static_cast<int>(gate_reason::restored); ++reason) {
            for (const std::uint32_t epoch : {0U, 1U, 2U}) {
                for (const bool enabled : {true, false}) {
                    for (const timestamp now : {start, start + seconds(100)}) {
                        family_state seen = living();
                        seen.word = family_word{}.with_status(static_cast<family_status>(n));
                        seen.gate.reason = static_cast<gate_reason>(reason);
                        seen.gate.epoch = epoch;
                        seen.gate.enabled = enabled;
                        BOOST_TEST((end_of(seen, now) == session_end::none) == alive(seen, now));
                    }
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(each_status_is_said_as_what_it_means_to_its_user) {
    using enum family_status;
    struct row {
        family_status status;
        session_end end;
    };
    const row rows[] = {
        {logout, session_end::signed_out},
        {reuse, session_end::token_came_back},
        {family_status::admin, session_end::by_operator},
        {evicted, session_end::gave_way},
        {exhausted, session_end::expired},
        {ahead, session_end::token_came_back},
        {superseded, session_end::replaced},
        {denied, session_end::signed_out},
        {code_reuse, session_end::token_came_back},
        {signed_out, session_end::signed_out},
        {client, session_end::by_client},
        {consent, session_end::withdrawn},
        {revoked, session_end::by_client},
    };
    static_assert(std::size(rows) == static_cast<std::size_t>(last_family_status));
    for (const row& one : rows) {
        family_state seen = living();
        seen.word = family_word{}.with_status(one.status);
        seen.gate.epoch = 1; // what was done to the session itself goes first
        BOOST_TEST((end_of(seen, start) == one.end), static_cast<int>(one.status));
    }
}

BOOST_AUTO_TEST_CASE(the_last_reason_of_the_gate_is_told_of_the_sessions_that_it_ended_alone) {
    struct row {
        gate_reason reason;
        session_end end;
    };
    const row rows[] = {
        {gate_reason::none, session_end::all_ended},
        {gate_reason::logout_all, session_end::all_ended},
        {gate_reason::password_change, session_end::password_changed},
        {gate_reason::disabled, session_end::disabled},
        {gate_reason::deleted, session_end::disabled},
        {gate_reason::restored, session_end::restored},
    };
    for (const row& one : rows) {
        family_state seen = living();
        seen.gate.reason = one.reason;
        seen.gate.epoch = 1;
        BOOST_TEST((end_of(seen, start) == one.end));
        seen.gate.epoch = 2;
        BOOST_TEST((end_of(seen, start) == session_end::all_ended));
        seen.gate.survivor = seen.facts.id;
        BOOST_TEST((end_of(seen, start) == session_end::none));
    }
}

BOOST_AUTO_TEST_CASE(time_a_disabled_user_and_what_it_hangs_on_come_last) {
    family_state seen = living();
    BOOST_TEST((end_of(seen, start + seconds(100)) == session_end::expired));
    seen.gate.enabled = false;
    BOOST_TEST((end_of(seen, start) == session_end::disabled));
    seen = living();
    seen.bonds.is_withdrawn = true;
    BOOST_TEST((end_of(seen, start) == session_end::withdrawn));
    seen = living();
    seen.bonds.client_admits = false;
    BOOST_TEST((end_of(seen, start) == session_end::by_client));
    seen = living();
    seen.facts.origin.parent.bytes[0] = 2;
    seen.bonds.parent_may_live = false;
    BOOST_TEST((end_of(seen, start) == session_end::with_browser));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl
