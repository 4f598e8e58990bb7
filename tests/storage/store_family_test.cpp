#include "store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

BOOST_FIXTURE_TEST_SUITE(store_family, store_fixture)

BOOST_AUTO_TEST_CASE(what_was_inserted_is_found_with_its_gate_and_last_use) {
    const user_id u = sign_up("ann");
    const family_facts f = facts_for(u);
    BOOST_TEST(data->insert_family(f, family_word(), use("agent 1")).has_value());
    const auto found = data->find_family_details(f.id);
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST(same(found->state.facts, f));
    BOOST_TEST(found->state.word.bits() == 0U);
    BOOST_TEST(found->state.gate.enabled);
    BOOST_TEST(found->state.user_version == 1U);
    BOOST_TEST(same(found->last_use, use("agent 1")));
    BOOST_TEST(data->families_of(u).size() == 1U);
    BOOST_TEST(!data->find_family(random_id()).has_value());
}

BOOST_AUTO_TEST_CASE(family_of_an_unknown_user_is_refused_and_leaves_nothing_reserved) {
    const auto r = data->insert_family(facts_for(user_id{77}), family_word(), use());
    BOOST_TEST_REQUIRE(r.has_error());
    BOOST_TEST((r.error().code == errc::user_not_found));
    BOOST_TEST(log->reserved() == 0);
    BOOST_TEST(data->statistics().user_agents == 0U);
}

BOOST_AUTO_TEST_CASE(exchange_moves_the_word_and_the_last_use_and_survives_a_restart) {
    const family_facts f = log_in(sign_up("ann"));
    time.advance(seconds(100));
    const family_word next = family_word().with_generation(1).with_rotated_at(100);
    const auto r = data->exchange_family(f.id, family_word(), next, use("agent 2"));
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST((r->outcome == exchange_outcome::exchanged));
    BOOST_TEST(!data->is_durable(r->wait_for));
    log->sync();
    BOOST_TEST(data->is_durable(r->wait_for));
    const family_use last = use("agent 2");
    crash_and_start();
    const auto found = data->find_family_details(f.id);
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST(found->state.word.bits() == next.bits());
    BOOST_TEST(same(found->last_use, last));
    BOOST_TEST(same(found->state.facts, f));
}

BOOST_AUTO_TEST_CASE(exchange_on_a_stale_word_is_a_conflict_and_on_an_unknown_family_gone) {
    const family_facts f = log_in(sign_up("ann"));
    const family_word one = family_word().with_generation(1);
    BOOST_TEST((data->exchange_family(f.id, family_word(), one, use())->outcome == exchange_outcome::exchanged));
    BOOST_TEST((data->exchange_family(f.id, family_word(), one, use())->outcome == exchange_outcome::conflict));
    BOOST_TEST((data->exchange_family(random_id(), family_word(), one, use())->outcome == exchange_outcome::gone));
    BOOST_TEST(log->reserved() == 0);
}

BOOST_AUTO_TEST_CASE(exchange_that_loses_after_it_has_room_gives_the_room_back) {
    const family_facts f = log_in(sign_up("ann"));
    const family_word one = family_word().with_generation(1);
    log->before_next_reserve = [&] {
        static_cast<void>(data->exchange_family(f.id, family_word(), one.with_replays(1), use("winner")));
    };
    BOOST_TEST((data->exchange_family(f.id, family_word(), one, use())->outcome == exchange_outcome::conflict));
    BOOST_TEST(log->reserved() == 0);
    BOOST_TEST(word_of(f.id).replays() == 1U);
    BOOST_TEST(data->find_family_details(f.id)->last_use.agent == "winner");
}

BOOST_AUTO_TEST_CASE(change_of_hints_alone_writes_no_record) {
    const family_facts f = log_in(sign_up("ann"));
    const std::size_t before = log->queue_size();
    const auto r = data->exchange_family(f.id, family_word(), family_word().with_replays(1), use("other"));
    BOOST_TEST((r->outcome == exchange_outcome::exchanged));
    BOOST_TEST((r->wait_for == ticket::none));
    data->confirm_family(f.id, 0);
    data->confirm_family(f.id, 5); // not current: nothing
    BOOST_TEST(log->queue_size() == before);
    BOOST_TEST(word_of(f.id).confirmed());
    BOOST_TEST(word_of(f.id).replays() == 1U);
    BOOST_TEST(data->find_family_details(f.id)->last_use.agent == "curl/8");
}

BOOST_AUTO_TEST_CASE(exchange_is_refused_whole_where_the_log_has_no_room_but_an_end_may_use_the_reserved_tail) {
    const family_facts f = log_in(sign_up("ann"));
    log->ordinary_room = 0;
    const auto refused_one = data->exchange_family(f.id, family_word(), family_word().with_generation(1), use());
    BOOST_TEST_REQUIRE(refused_one.has_error());
    BOOST_TEST((refused_one.error().code == errc::storage_unavailable));
    BOOST_TEST(refused_one.error().retry_after.count() >= 1);
    BOOST_TEST(word_of(f.id).bits() == 0U);
    BOOST_TEST(data->insert_family(facts_for(user_id{1}), family_word(), use()).has_error());
    BOOST_TEST(data->insert_user(person("bob")).has_error());
    BOOST_TEST(data->why_not_ready() != nullptr);

    const family_word ended = family_word().with_status(family_status::logout);
    BOOST_TEST((data->exchange_family(f.id, family_word(), ended, use())->outcome == exchange_outcome::exchanged));
    BOOST_TEST(data->statistics().families == 1U);
    log->ordinary_room = 10;
    BOOST_TEST(data->why_not_ready() == nullptr);
    BOOST_TEST(log->reserved() == 0);
}

BOOST_AUTO_TEST_CASE(observing_a_durable_word_waits_for_nothing_and_a_young_one_enqueues_it_again) {
    const family_facts f = log_in(sign_up("ann"));
    log->sync();
    BOOST_TEST((*data->observe_family(f.id, family_word()) == ticket::none));
    const family_word one = family_word().with_generation(1);
    const ticket first = data->exchange_family(f.id, family_word(), one, use())->wait_for;
    BOOST_TEST((*data->observe_family(f.id, family_word()) == ticket::none)); // the older word is on disk
    const ticket helped = *data->observe_family(f.id, one);
    BOOST_TEST((helped > first));
    BOOST_TEST(log->queue_size() == 2U);
    log->sync();
    BOOST_TEST((*data->observe_family(f.id, one) == ticket::none));
    // Hints never make anybody wait.
    data->confirm_family(f.id, 1);
    BOOST_TEST((*data->observe_family(f.id, word_of(f.id)) == ticket::none));
    BOOST_TEST((*data->observe_family(random_id(), one) == ticket::none));
}

BOOST_AUTO_TEST_CASE(observing_needs_room_or_is_refused) {
    const family_facts f = log_in(sign_up("ann"));
    log->ordinary_room = 0;
    BOOST_TEST(data->observe_family(f.id, family_word()).has_value()); // the reserved tail serves
    log->ending_room = 0;
    BOOST_TEST((data->observe_family(f.id, family_word()).error().code == errc::storage_unavailable));
}

// A family that is listed, and ended, by somebody else before its creation was enqueued must not come back to life:
// its first record creates it, no matter who writes it.
BOOST_AUTO_TEST_CASE(end_that_overtakes_the_record_of_the_creation_is_not_forgotten) {
    const user_id u = sign_up("ann");
    family_facts f = facts_for(u);
    const family_word ended = family_word().with_status(family_status::logout);
    ticket end = ticket::none;
    log->before_next_enqueue = [&] {
        const auto listed = data->families_of(u);
        BOOST_TEST_REQUIRE(listed.size() == 1U);
        end = data->exchange_family(listed[0].state.facts.id, family_word(), ended, use())->wait_for;
    };
    const ticket creation = data->insert_family(f, family_word(), use())->wait_for;
    BOOST_TEST((end < creation));
    log->sync();
    disk->log.pop_back(); // the end became durable, the creation did not
    for (int both = 0; both < 2; ++both) {
        crash_and_start();
        const auto found = data->find_family(f.id);
        BOOST_TEST_REQUIRE(found.has_value());
        BOOST_TEST((found->word.status() == family_status::logout));
        BOOST_TEST(same(found->facts, f));
    }
}

BOOST_AUTO_TEST_CASE(records_merge_in_any_order) {
    const user_id u = sign_up("ann");
    const family_facts f = log_in(u);
    const family_word one = family_word().with_generation(1).with_rotated_at(5);
    const family_word ended = one.with_status(family_status::reuse);
    static_cast<void>(data->exchange_family(f.id, family_word(), one, use("second")));
    static_cast<void>(data->exchange_family(f.id, one, ended, use("third")));
    log->sync();
    const std::vector<memory_disk::stored> straight = disk->log;
    BOOST_TEST(straight.size() == 4U);
    // User and creation may change places, words may come in any order and twice.
    for (const std::vector<std::size_t>& order : std::vector<std::vector<std::size_t>>{
             {0, 1, 2, 3}, {1, 0, 2, 3}, {1, 3, 2, 0}, {0, 1, 3, 2, 3, 1}, {1, 2, 3, 2, 1, 0, 0}}) {
        disk = std::make_shared<memory_disk>();
        disk->used = true;
        for (const std::size_t i : order) {
            disk->log.push_back(straight[i]);
        }
        data.reset();
        start();
        const auto found = data->find_family_details(f.id);
        BOOST_TEST_REQUIRE(found.has_value());
        BOOST_TEST(found->state.word.bits() == ended.bits());
        BOOST_TEST(found->last_use.agent == "second"); // an end is no use
    }
}

BOOST_AUTO_TEST_CASE(words_of_unknown_families_and_families_without_a_user_are_dropped_and_counted) {
    const family_facts f = log_in(sign_up("ann"));
    static_cast<void>(data->exchange_family(f.id, family_word(), family_word().with_generation(1), use()));
    log->sync();
    const std::vector<memory_disk::stored> all = disk->log;
    disk = std::make_shared<memory_disk>();
    disk->used = true;
    disk->log = {all[2]};
    data.reset();
    start();
    BOOST_TEST(data->statistics().words_without_family == 1U);
    BOOST_TEST(data->statistics().families == 0U);
    disk = std::make_shared<memory_disk>();
    disk->used = true;
    disk->log = {all[1], all[2]};
    data.reset();
    start();
    BOOST_TEST(data->statistics().families_without_user == 1U);
    BOOST_TEST(data->statistics().families == 0U);
    BOOST_TEST(data->statistics().users == 0U);
    BOOST_TEST(!data->find_family(f.id).has_value());
}

BOOST_AUTO_TEST_CASE(rotations_under_interval_complete_when_enqueued_and_all_else_waits) {
    options.mode = durability::interval;
    restart();
    const auto up = data->insert_user(person("ann"));
    BOOST_TEST((up->wait_for != ticket::none));
    const family_facts f = facts_for(up->id);
    BOOST_TEST((data->insert_family(f, family_word(), use())->wait_for != ticket::none));
    BOOST_TEST((*data->observe_family(f.id, family_word()) != ticket::none)); // the creation is waited for
    log->sync();
    const family_word one = family_word().with_generation(1);
    const auto rotated_one = data->exchange_family(f.id, family_word(), one, use());
    BOOST_TEST((rotated_one->wait_for == ticket::none));
    BOOST_TEST((log->queued_records().back().first == log_urgency::lazy));
    BOOST_TEST((*data->observe_family(f.id, one) == ticket::none)); // so is a replay of it
    const family_word ended = one.with_status(family_status::reuse);
    const auto end = data->exchange_family(f.id, one, ended, use());
    BOOST_TEST((end->wait_for != ticket::none));
    BOOST_TEST((log->queued_records().back().first == log_urgency::now));
    BOOST_TEST((*data->observe_family(f.id, ended) != ticket::none));
}

BOOST_AUTO_TEST_CASE(evidence_is_enqueued_or_counted_as_lost) {
    security_event e;
    e.kind = event_kind::reuse_detected;
    e.user = user_id{5};
    e.presented = use("thief");
    e.last = use("victim");
    const ticket t = data->append_event(e);
    BOOST_TEST((t != ticket::none));
    const auto records = log->queued_records();
    security_event back;
    const memory_disk::stored& r = records.back().second;
    BOOST_TEST((decode(record_view{r.type, r.version, r.body, 1, {}}, back) == decoding::ok));
    BOOST_TEST(back.presented.agent == "thief");
    log->ordinary_room = 0;
    log->ending_room = 0;
    BOOST_TEST((data->append_event(e) == ticket::none));
    BOOST_TEST(data->statistics().events_lost == 1U);
}

BOOST_AUTO_TEST_CASE(figures_by_status_follow_every_end) {
    const user_id u = sign_up("ann");
    const family_facts a = log_in(u), b = log_in(u);
    static_cast<void>(log_in(u));
    static_cast<void>(
        data->exchange_family(a.id, family_word(), family_word().with_status(family_status::logout), use()));
    static_cast<void>(
        data->exchange_family(b.id, family_word(), family_word().with_status(family_status::reuse), use()));
    for (int round = 0; round < 2; ++round) {
        const store_statistics s = data->statistics();
        BOOST_TEST(s.families == 3U);
        BOOST_TEST(s.families_by_status[static_cast<std::size_t>(family_status::live)] == 1U);
        BOOST_TEST(s.families_by_status[static_cast<std::size_t>(family_status::logout)] == 1U);
        BOOST_TEST(s.families_by_status[static_cast<std::size_t>(family_status::reuse)] == 1U);
        restart();
    }
}

BOOST_AUTO_TEST_SUITE_END()
