// What becomes of a user's dead families: no list that requests walk holds them, and few are kept
// (docs/decisions/0025-bounded-dead-families.md).
#include "store_fixture.hpp"

#include "core/provider/authorization_code.hpp"
#include "storage/store/user_families.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <random>
#include <vector>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

constexpr std::size_t dead_max = 8;
// With none alive a walk may meet this many before it sets them aside, and the head of the list stays in it.
constexpr std::size_t met_max = user_families::dead_met_min + 1;

struct few_dead_fixture : store_fixture {
    few_dead_fixture() {
        options.dead_families_max = dead_max;
        begin_anew();
    }
    void begin_anew() {
        data.reset();
        disk = std::make_shared<memory_disk>();
        start();
        log->sync_on_enqueue = true;
        ann = sign_up("ann");
    }
    void end(const family_id& id) {
        const family_word w = word_of(id);
        data->exchange_family(id, w, w.with_status(family_status::logout), use()).value();
    }
    // As a user does who logs in and out: each login looks at the living.
    std::vector<family_id> log_in_and_out(std::size_t times) {
        std::vector<family_id> out;
        for (std::size_t i = 0; i < times; ++i) {
            out.push_back(log_in(ann).id);
            end(out.back());
            static_cast<void>(data->living_families_of(ann, time.now()));
        }
        return out;
    }
    client_number make_client(const std::string& client_id = "shop") {
        client c;
        c.client_id = client_id;
        return client_number{data->put_client(c).value().number};
    }
    // What the exchange of a code makes.
    family_facts use_code(client_number of, family_id session = {}) {
        family_facts f = facts_for(ann);
        f.client = of;
        f.origin.parent = session;
        data->insert_family(f, family_word(), use()).value();
        return f;
    }
    // The same, and its end: the code came back.
    std::vector<family_facts> use_codes_twice(client_number of, std::size_t times) {
        std::vector<family_facts> out;
        for (std::size_t i = 0; i < times; ++i) {
            out.push_back(use_code(of));
            end(out.back().id);
            static_cast<void>(data->living_families_of(ann, time.now()));
        }
        return out;
    }
    template <class F>
    void edit(client_number of, F&& change) {
        client next = *data->find_client(of);
        ++next.version;
        change(next);
        BOOST_TEST((data->put_client(next).value().outcome == put_outcome::done));
    }
    bool is_used(const family_facts& f) { return data->insert_family(f, family_word(), use()).value().exists; }

    bool lists(const family_id& id) const {
        const auto all = data->families_of(ann);
        return std::ranges::any_of(all, [&](const family_details& f) { return f.state.facts.id == id; });
    }
    std::size_t known(const std::vector<family_id>& ids) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(ids, [&](const family_id& id) { return data->find_family(id).has_value(); }));
    }
    void two_snapshots_and_sweeps() {
        data->maintain_once();
        for (int i = 0; i < 2; ++i) {
            data->snapshot_now();
            data->maintain_once();
        }
    }

    user_id ann;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_dead_families, few_dead_fixture)

BOOST_AUTO_TEST_CASE(dead_families_leave_the_list_that_logins_walk) {
    const family_facts living = log_in(ann);
    std::vector<family_id> ended;
    for (int i = 0; i < 10; ++i) {
        std::ranges::copy(log_in_and_out(100), std::back_inserter(ended));
        BOOST_TEST(data->living_families_of(ann, time.now()).size() == 1U);
        BOOST_TEST(data->families_of(ann).size() <= dead_max + met_max + 1);
        BOOST_TEST(data->count_alive(ann, time.now()) == 1U);
    }
    BOOST_TEST(lists(living.id));
    BOOST_TEST(lists(ended.back())); // the latest are there to be looked at
    BOOST_TEST(!lists(ended.front()));
    BOOST_TEST(known(ended) == ended.size()); // a token of any of them is still told why
}

BOOST_AUTO_TEST_CASE(dead_families_beyond_the_bound_go_with_the_second_snapshot_and_wait_for_no_day) {
    const family_facts living = log_in(ann);
    const std::vector<family_id> ended = log_in_and_out(200);
    time.advance(seconds(1)); // an end counts from the second after it
    data->maintain_once();
    data->snapshot_now();
    data->maintain_once();
    BOOST_TEST(known(ended) == ended.size());
    data->snapshot_now();
    data->maintain_once();
    BOOST_TEST(known(ended) <= dead_max + met_max);
    BOOST_TEST(known(ended) >= dead_max);
    BOOST_TEST(data->find_family(ended.back()).has_value());
    BOOST_TEST(!data->find_family(ended.front()).has_value());
    BOOST_TEST(data->find_family(living.id).has_value());

    time.advance(seconds(2 * 86400)); // and the others after their day
    two_snapshots_and_sweeps();
    BOOST_TEST(known(ended) == 0U);
    BOOST_TEST(data->statistics().families == 1U);
}

// Using a code is inserting its family: were one dropped, its code could be used once more.
BOOST_AUTO_TEST_CASE(no_code_that_may_still_be_good_is_forgotten_whatever_the_bounds_say) {
    options.dead_retention = seconds(0); // the day's bound, too
    restart();
    log->sync_on_enqueue = true;
    const std::vector<family_facts> used = use_codes_twice(make_client(), 200);
    for (int i = 0; i < 4; ++i) {
        time.advance(code_family_kept / 4 - seconds(1));
        two_snapshots_and_sweeps();
        BOOST_TEST(std::ranges::all_of(used, [&](const family_facts& f) { return is_used(f); }));
        BOOST_TEST(data->statistics().families_surplus == 0U); // no snapshot is taken for their sake
    }
    crash_and_start();
    BOOST_TEST(std::ranges::all_of(used, [&](const family_facts& f) { return is_used(f); }));
    time.advance(seconds(4));
    two_snapshots_and_sweeps();
    BOOST_TEST(data->statistics().families == 0U);
}

BOOST_AUTO_TEST_CASE(beyond_the_bound_what_a_code_made_goes_once_the_code_is_no_good_any_more) {
    const std::vector<family_facts> used = use_codes_twice(make_client(), 200);
    time.advance(code_family_kept);
    two_snapshots_and_sweeps();
    BOOST_TEST(data->statistics().families <= dead_max + met_max);
    BOOST_TEST(data->find_family(used.back().id).has_value()); // the latest stay for their day
}

// R5: a snapshot that lacks a family, and the log behind it, say nothing that revives it.
BOOST_AUTO_TEST_CASE(family_that_went_early_comes_back_dead_if_at_all_whenever_the_process_crashes) {
    for (int crash_after = 0; crash_after < 6; ++crash_after) {
        BOOST_TEST_INFO("crash after step " << crash_after);
        const std::vector<family_id> ended = log_in_and_out(100);
        time.advance(seconds(1));
        for (int step = 0; step < crash_after; ++step) {
            if (step % 2 == 0) {
                data->maintain_once();
            } else {
                data->snapshot_now();
            }
        }
        crash_and_start();
        log->sync_on_enqueue = true;
        for (const family_id& id : ended) {
            const auto found = data->find_family(id);
            BOOST_TEST((!found || !found->word.live()));
        }
        BOOST_TEST(data->living_families_of(ann, time.now()).size() == 0U);
    }
}

BOOST_AUTO_TEST_CASE(end_that_is_not_on_disk_yet_is_still_listed_for_answers_to_wait_for) {
    log->sync_on_enqueue = false;
    std::vector<family_id> ended;
    for (int i = 0; i < 100; ++i) {
        ended.push_back(log_in(ann).id);
    }
    log->sync();
    std::ranges::for_each(ended, [&](const family_id& id) { end(id); });
    BOOST_TEST(data->living_families_of(ann, time.now()).size() == 100U);
    log->sync();
    BOOST_TEST(data->living_families_of(ann, time.now()).size() == 0U);
}

BOOST_AUTO_TEST_CASE(families_that_a_closed_gate_ended_are_set_aside_too) {
    for (int i = 0; i < 100; ++i) {
        static_cast<void>(log_in(ann));
    }
    user next = *data->find_user(ann);
    ++next.version;
    ++next.gate.epoch;
    next.gate.changed_at = time.now();
    log->sync_on_enqueue = false;
    data->replace_user(next).value();
    BOOST_TEST(data->living_families_of(ann, time.now()).size() == 100U); // not on disk yet
    log->sync();
    BOOST_TEST(data->living_families_of(ann, time.now()).size() == 0U);
    BOOST_TEST(data->families_of(ann).size() <= dead_max + met_max);
    time.advance(seconds(1));
    two_snapshots_and_sweeps();
    BOOST_TEST(data->statistics().families <= dead_max + met_max);
}

// --- What families hang on: their client and their browser session.
BOOST_AUTO_TEST_CASE(families_whose_client_ended_them_all_are_set_aside_once_that_is_on_disk) {
    for (const bool removed : {false, true}) {
        begin_anew();
        const client_number shop = make_client();
        for (int i = 0; i < 100; ++i) {
            static_cast<void>(use_code(shop));
        }
        time.advance(code_family_kept);
        log->sync_on_enqueue = false;
        edit(shop, [&](client& c) {
            c.removed = removed;
            c.raise_epoch();
            c.epoch_raised_at = time.now();
        });
        BOOST_TEST(data->living_families_of(ann, time.now()).size() == 100U); // an answer has to wait for them still
        log->sync();
        BOOST_TEST(data->living_families_of(ann, time.now()).size() == 0U);
        BOOST_TEST(data->families_of(ann).size() <= dead_max + met_max);
        time.advance(seconds(1));
        two_snapshots_and_sweeps();
        BOOST_TEST(data->statistics().families <= dead_max + met_max);
        BOOST_TEST(data->statistics().families >= dead_max); // the latest are there for their day
        time.advance(seconds(2 * 86400));
        two_snapshots_and_sweeps();
        BOOST_TEST(data->statistics().families == 0U);
    }
}

BOOST_AUTO_TEST_CASE(families_of_a_client_that_is_off_stay_where_they_are) {
    const client_number shop = make_client();
    for (int i = 0; i < 100; ++i) {
        static_cast<void>(use_code(shop));
    }
    edit(shop, [](client& c) { c.enabled = false; });
    BOOST_TEST(data->count_alive(ann, time.now()) == 0U);
    time.advance(seconds(2 * 86400));
    two_snapshots_and_sweeps();
    edit(shop, [](client& c) { c.enabled = true; });
    BOOST_TEST(data->count_alive(ann, time.now()) == 100U);
    BOOST_TEST(data->living_families_of(ann, time.now()).size() == 100U);
}

BOOST_AUTO_TEST_CASE(families_that_hang_on_a_session_that_was_signed_out_are_set_aside_with_it) {
    const client_number shop = make_client();
    const family_facts browser = log_in(ann);
    for (int i = 0; i < 100; ++i) {
        static_cast<void>(use_code(shop, browser.id));
    }
    log->sync_on_enqueue = false;
    end(browser.id);
    BOOST_TEST(data->count_alive(ann, time.now()) == 0U);
    BOOST_TEST(data->living_families_of(ann, time.now()).size() == 101U);
    log->sync();
    BOOST_TEST(data->living_families_of(ann, time.now()).size() == 0U);
    time.advance(code_family_kept);
    two_snapshots_and_sweeps();
    BOOST_TEST(data->statistics().families <= dead_max + met_max);
}

BOOST_AUTO_TEST_CASE(families_that_hang_on_a_session_that_expired_go_with_it_unless_the_clock_goes_back) {
    const client_number shop = make_client();
    family_facts browser = facts_for(ann);
    browser.idle_ttl = browser.absolute_ttl = seconds(3600);
    data->insert_family(browser, family_word(), use()).value();
    for (int i = 0; i < 100; ++i) {
        static_cast<void>(use_code(shop, browser.id));
    }
    time.advance(seconds(3600));
    BOOST_TEST(data->living_families_of(ann, time.now()).size() == 0U);
    BOOST_TEST(data->families_of(ann).size() <= dead_max + met_max);
    time.advance(-seconds(3600));
    BOOST_TEST(data->count_alive(ann, time.now()) >= dead_max);
    time.advance(seconds(2 * 86400));
    two_snapshots_and_sweeps();
    BOOST_TEST(data->statistics().families == 0U);
}

BOOST_AUTO_TEST_CASE(families_that_hang_on_a_session_of_before_the_users_gate_closed_are_set_aside) {
    const client_number shop = make_client();
    const family_facts browser = log_in(ann);
    user next = *data->find_user(ann);
    ++next.version;
    ++next.gate.epoch;
    next.gate.changed_at = time.now();
    data->replace_user(next).value();
    for (int i = 0; i < 100; ++i) { // as a race would make them: of the user's epoch, but not of the session's
        family_facts f = facts_for(ann);
        f.client = shop;
        f.epoch = next.gate.epoch;
        f.origin.parent = browser.id;
        data->insert_family(f, family_word(), use()).value();
    }
    BOOST_TEST(data->living_families_of(ann, time.now()).size() == 0U);
    BOOST_TEST(data->families_of(ann).size() <= dead_max + met_max);
}

// An import may bring the browser session after what hangs on it.
BOOST_AUTO_TEST_CASE(a_family_whose_browser_session_is_not_here_waits_a_day_for_it) {
    const client_number shop = make_client();
    family_facts browser = facts_for(ann);
    for (int i = 0; i < 100; ++i) {
        static_cast<void>(use_code(shop, browser.id));
    }
    BOOST_TEST(data->count_alive(ann, time.now()) == 0U);
    BOOST_TEST(data->living_families_of(ann, time.now()).size() == 100U);
    time.advance(code_family_kept);
    two_snapshots_and_sweeps();
    data->import_family(browser, family_word(), 0, 0, use()).value();
    BOOST_TEST(data->count_alive(ann, time.now()) == 101U);
    for (int i = 0; i < 100; ++i) {
        static_cast<void>(use_code(shop, random_id()));
    }
    time.advance(seconds(2 * 86400));
    two_snapshots_and_sweeps();
    BOOST_TEST(data->statistics().families == 101U);
}

BOOST_AUTO_TEST_CASE(families_that_had_expired_are_listed_again_where_the_clock_goes_back) {
    for (std::size_t i = 0; i < met_max + dead_max; ++i) {
        static_cast<void>(log_in(ann));
    }
    const std::size_t all = met_max + dead_max;
    time.advance(seconds(100 * 86400));
    BOOST_TEST(data->living_families_of(ann, time.now()).size() == 0U);
    time.advance(-seconds(100 * 86400)); // `/dev/clock` may
    BOOST_TEST(data->living_families_of(ann, time.now()).size() >= dead_max);
    BOOST_TEST(data->families_of(ann).size() >= dead_max);
    BOOST_TEST(data->statistics().families == all);
}

BOOST_AUTO_TEST_CASE(sweep_sets_aside_what_no_login_walks) {
    for (int i = 0; i < 100; ++i) { // an import, say
        const family_facts f = facts_for(ann);
        data->import_family(f, family_word().with_status(family_status::logout), 1, 0, use()).value();
    }
    time.advance(seconds(2));
    data->maintain_once();
    two_snapshots_and_sweeps();
    BOOST_TEST(data->statistics().families == dead_max + 1); // the head of the list stays in it
}

BOOST_AUTO_TEST_CASE(tombstone_goes_once_what_was_set_aside_is_gone) {
    log_in_and_out(100);
    user gone = *data->find_user(ann);
    ++gone.version;
    gone.deleted = true;
    gone.email.clear();
    gone.username.clear();
    gone.gate.enabled = false;
    gone.gate.changed_at = time.now();
    data->replace_user(gone).value();
    time.advance(seconds(2 * 86400));
    two_snapshots_and_sweeps();
    BOOST_TEST(data->statistics().families == 0U);
    two_snapshots_and_sweeps();
    BOOST_TEST(data->statistics().users == 0U);
}

BOOST_AUTO_TEST_CASE(snapshot_is_taken_where_many_families_wait_for_one) {
    options.sweep_interval = milliseconds(0);
    restart();
    log->sync_on_enqueue = true;
    log_in_and_out(5000);
    time.advance(seconds(1));
    for (int i = 0; i < 5; ++i) {
        data->maintain_once();
    }
    BOOST_TEST(data->statistics().snapshots == 2U);
    BOOST_TEST(data->statistics().families <= dead_max + met_max);
    BOOST_TEST(data->statistics().families_surplus <= met_max); // what this sweep set aside: too few for a snapshot
}

BOOST_AUTO_TEST_CASE(families_are_set_aside_listed_and_swept_at_once) {
    options.dead_retention = seconds(0);
    restart();
    log->sync_on_enqueue = false;
    std::size_t made = 0;
    {
        const background_sync syncing(*log);
        std::atomic<int> working{3};
        const std::size_t rounds = 1000 * scale();
        made = 3 * rounds;
        together(4, [&](std::size_t i) {
            if (i == 0) {
                while (working > 0) {
                    time.advance(seconds(1));
                    data->snapshot_now();
                    data->maintain_once();
                }
                return;
            }
            std::mt19937_64 own(i);
            for (std::size_t n = 0; n < rounds; ++n) {
                family_facts f;
                f.user = ann;
                std::ranges::generate(f.id.bytes, [&] { return static_cast<std::uint8_t>(own()); });
                f.created_at = time.now();
                f.idle_ttl = f.absolute_ttl = seconds(1'000'000);
                data->insert_family(f, family_word(), use()).value();
                const family_word w;
                static_cast<void>(data->exchange_family(f.id, w, w.with_status(family_status::logout), use()));
                static_cast<void>(n % 16 == 0 ? data->families_of(ann) : data->living_families_of(ann, time.now()));
            }
            --working;
        });
    }
    time.advance(seconds(1));
    two_snapshots_and_sweeps();
    two_snapshots_and_sweeps();
    BOOST_TEST(data->statistics().families == 0U);
    BOOST_TEST(data->statistics().families_dropped == made);
    BOOST_TEST(data->families_of(ann).size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
