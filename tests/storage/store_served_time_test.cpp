// What a store knows of the time it was served: over starts, crashes, snapshots and a clock that was set.
#include "core/family/decide.hpp"
#include "tests/storage/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

constexpr seconds lost_response{60};

struct served_fixture : store_fixture {
    served_fixture() {
        options.lost_response_window = lost_response;
        restart();
        owner = sign_up("ann");
        family = log_in(owner).id;
        log->sync();
    }
    void rotate() {
        const family_state seen = data->find_family(family).value();
        const presented_token presented{.generation = seen.word.generation(), .client = first_party_client};
        const decision d =
            decide(seen.word, seen.facts, seen.gate, seen.bonds, presented, time.now(), policy(), data->outages());
        BOOST_REQUIRE((d.what == verdict::rotate));
        BOOST_REQUIRE(data->exchange_family(family, seen.word, d.next, use()).has_value());
        log->sync();
    }
    // What the token before the current one leads to.
    int case_of_predecessor() const {
        const family_state seen = data->find_family(family).value();
        const presented_token presented{.generation = seen.word.generation() - 1, .client = first_party_client};
        return decide(seen.word, seen.facts, seen.gate, seen.bonds, presented, time.now(), policy(), data->outages())
            .table_case;
    }
    static refresh_policy policy() {
        return {.reuse_window = seconds(5), .lost_response_window = lost_response, .ahead = ahead_policy::revoke};
    }
    std::size_t serving_records() const {
        const auto is_serving = [](const memory_disk::stored& r) {
            return r.type == static_cast<std::uint16_t>(record_type::serving);
        };
        return static_cast<std::size_t>(std::ranges::count_if(disk->log, is_serving) +
                                        std::ranges::count_if(disk->snapshot, is_serving));
    }
    // Serves so long; then the log is told the time, as the writer does while a window is open.
    void serve(seconds so_long) {
        time.advance(so_long);
        static_cast<void>(data->append_event({}));
        log->sync();
    }

    user_id owner;
    family_id family;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_served_time, served_fixture)

BOOST_AUTO_TEST_CASE(several_outages_are_no_theft) {
    rotate();
    for (int i = 0; i < 5; ++i) {
        time.advance(seconds(3600));
        crash_and_start();
        serve(seconds(2));
    }
    BOOST_TEST(data->outages().all().size() == 5U);
    BOOST_TEST(case_of_predecessor() == 6);
}

BOOST_AUTO_TEST_CASE(served_time_adds_up_over_crashes) {
    rotate();
    for (int i = 0; i < 4; ++i) {
        serve(seconds(16));
        time.advance(seconds(3600));
        crash_and_start();
    }
    BOOST_TEST(case_of_predecessor() == 8); // 64 s
}

BOOST_AUTO_TEST_CASE(snapshots_carry_the_outages_that_a_window_may_lie_across) {
    rotate();
    for (int i = 0; i < 3; ++i) {
        time.advance(seconds(3600));
        crash_and_start();
        serve(seconds(2));
        BOOST_TEST(data->snapshot_now());
    }
    disk->splits = {1, 2, disk->snapshot.size() - 1}; // read by several threads, in no order
    time.advance(seconds(3600));
    crash_and_start();
    BOOST_TEST(data->outages().all().size() == 4U);
    BOOST_TEST(case_of_predecessor() == 6);
    serve(seconds(60));
    BOOST_TEST(case_of_predecessor() == 8);
}

BOOST_AUTO_TEST_CASE(a_start_says_so_at_once_where_a_window_may_be_open) {
    rotate();
    time.advance(seconds(5));
    restart();
    BOOST_TEST(log->queue_size() == 1U);
    log->sync();
    BOOST_TEST(serving_records() == 1U);
    static_cast<void>(sign_up("bob"));
    log->sync();
    BOOST_TEST(serving_records() == 1U);
}

BOOST_AUTO_TEST_CASE(else_a_start_and_a_stop_write_nothing) {
    rotate();
    serve(lost_response + seconds(3));
    for (int i = 0; i < 3; ++i) {
        time.advance(seconds(100));
        restart();
        BOOST_TEST(log->queue_size() == 0U);
    }
    BOOST_TEST(serving_records() == 0U);
    static_cast<void>(sign_up("bob")); // and with the first record it is said
    const auto queued = log->queued_records();
    BOOST_TEST_REQUIRE(queued.size() == 2U);
    BOOST_TEST(queued[0].second.type == static_cast<std::uint16_t>(record_type::serving));
    BOOST_TEST(queued[1].second.type == static_cast<std::uint16_t>(record_type::user));
}

BOOST_AUTO_TEST_CASE(a_login_opens_no_window_and_neither_does_an_ended_family) {
    time.advance(seconds(5));
    restart();
    BOOST_TEST(log->queue_size() == 0U);
    rotate();
    const family_word word = word_of(family);
    data->exchange_family(family, word, word.with_status(family_status::logout), use()).value();
    BOOST_TEST(data->snapshot_now()); // in the log the rotation is read before its end
    time.advance(seconds(5));
    restart();
    BOOST_TEST(log->queue_size() == 0U);
}

BOOST_AUTO_TEST_CASE(rotations_are_marked_for_the_log_and_other_records_are_not) {
    log->sync();
    static_cast<void>(sign_up("bob"));
    static_cast<void>(log_in(owner));
    for (const record_tag& tag : log->queued_tags()) {
        BOOST_TEST(!tag.opens_window);
    }
    log->sync();
    const family_word word = word_of(family);
    data->exchange_family(family, word, rotated(word), use()).value();
    BOOST_TEST_REQUIRE(log->queued_tags().size() == 1U);
    BOOST_TEST(log->queued_tags()[0].opens_window);
    log->sync();
    data->exchange_family(family, rotated(word), rotated(word).with_status(family_status::logout), use()).value();
    BOOST_TEST(!log->queued_tags().at(0).opens_window);
}

BOOST_AUTO_TEST_CASE(a_rotation_from_the_future_does_not_hide_one_that_is_open) {
    rotate();
    const family_facts other = log_in(owner);
    const family_word ahead = rotated(family_word()).with_rotated_at(864'000);
    data->exchange_family(other.id, family_word(), ahead, use()).value();
    log->sync();
    time.advance(seconds(5));
    restart();
    BOOST_TEST(log->queue_size() == 1U); // of the first family
    log->sync();
    serve(lost_response + seconds(3));
    time.advance(seconds(5));
    restart();
    BOOST_TEST(log->queue_size() == 0U);
}

// A clock ten days ahead for one session.
BOOST_AUTO_TEST_CASE(a_clock_that_was_set_is_in_the_log_and_the_next_start_is_an_ordinary_one) {
    rotate();
    serve(seconds(1));
    time.advance(seconds(864'000));
    crash_and_start();
    serve(seconds(2));
    const timestamp_ms ahead = time.now_ms();
    time.advance(seconds(-864'000 + 30));
    options.sets_clock = true;
    crash_and_start();
    BOOST_TEST((data->statistics().recovery.last_time == ahead));
    BOOST_TEST(case_of_predecessor() == 5); // 3 s of service since
    BOOST_TEST(data->record_clock().has_value());
    log->sync();
    options.sets_clock = false;
    for (const bool over_snapshot : {false, true}) {
        serve(seconds(3));
        if (over_snapshot) {
            BOOST_TEST(data->snapshot_now());
        }
        const timestamp_ms stopped = time.now_ms();
        time.advance(seconds(500));
        crash_and_start();
        BOOST_TEST((data->statistics().recovery.last_time == stopped));
        BOOST_TEST(case_of_predecessor() == 6); // 6 s, 9 s
    }
    serve(lost_response);
    BOOST_TEST(case_of_predecessor() == 8);
}

BOOST_AUTO_TEST_CASE(a_clock_is_set_only_where_it_is_behind_and_only_where_it_may_be) {
    options.sets_clock = true;
    time.advance(seconds(10));
    restart();
    BOOST_TEST((data->record_clock().value() == ticket::none));
    log->sync();
    options.sets_clock = false;
    time.advance(seconds(-864'000));
    restart();
    BOOST_TEST((data->record_clock().value() == ticket::none));
}

BOOST_AUTO_TEST_CASE(an_imported_rotation_from_the_future_is_in_no_window) {
    family_facts facts = facts_for(owner);
    const family_word word = family_word().with_generation(4).with_rotated_at(864'000);
    const auto done = data->import_family(facts, word, 0, 4, use());
    BOOST_TEST((done.value().outcome == import_outcome::added));
    family = facts.id;
    BOOST_TEST(case_of_predecessor() == 8);
    rotate();
    BOOST_TEST(word_of(family).rotated_at() == 0U); // stamped anew
    BOOST_TEST(case_of_predecessor() == 5);
    serve(lost_response + seconds(1));
    BOOST_TEST(case_of_predecessor() == 8);
}

// What salvage makes of a damaged store.
BOOST_AUTO_TEST_CASE(a_new_store_takes_over_the_outages_of_the_one_it_is_made_from) {
    const outage before{time.now_ms() - seconds(500), time.now_ms()};
    options.outages.add(before);
    disk = std::make_shared<memory_disk>();
    restart();
    options.outages = {};
    static_cast<void>(sign_up("ann"));
    BOOST_TEST(data->snapshot_now());
    time.advance(seconds(100));
    crash_and_start();
    BOOST_TEST_REQUIRE(data->outages().all().size() == 2U);
    BOOST_TEST((data->outages().all()[0] == before));
}

BOOST_AUTO_TEST_CASE(a_clock_that_can_not_be_recorded_is_refused) {
    time.advance(seconds(-864'000));
    options.sets_clock = true;
    restart();
    log->ordinary_room = log->ending_room = 0;
    BOOST_TEST((data->record_clock().error().code == errc::storage_unavailable));
}

BOOST_AUTO_TEST_SUITE_END()
