// Consents in the store: changes, bounds, what goes with its user or client, restarts, and the sessions that a
// withdrawal kills.
#include "store_fixture.hpp"

#include "storage/entity/all.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

scope_set set_of(std::initializer_list<std::size_t> numbers) {
    scope_set s;
    for (const std::size_t n : numbers) {
        s.insert(n);
    }
    return s;
}

struct consents_fixture : store_fixture {
    user_id ann = sign_up("ann");
    client_number shop = make_client("shop");

    client_number make_client(const std::string& id) {
        client c;
        c.client_id = c.name = id;
        c.authorization_code = c.refresh_token = true;
        return {data->put_client(c)->number};
    }
    consent allowed(std::initializer_list<std::size_t> numbers) {
        const consent_ptr there = data->find_consent(ann, shop);
        return allowed_more(there.get(), ann, shop, set_of(numbers), time.now()).value();
    }
    put_outcome put(const consent& c) { return data->put_consent(c)->outcome; }
    void withdraw() { BOOST_TEST((put(withdrawn(*data->find_consent(ann, shop), time.now())) == put_outcome::done)); }
    family_id open(std::uint8_t number) {
        family_facts facts = facts_for(ann);
        facts.id.bytes.fill(number);
        facts.client = shop;
        data->insert_family(facts, family_word(), use()).value();
        return facts.id;
    }
    family_status status_of(const family_id& id) { return data->find_family(id)->word.status(); }
    bool lives(const family_id& id) { return alive(*data->find_family(id), time.now()); }
    std::ptrdiff_t in_snapshot() {
        return std::ranges::count_if(disk->snapshot,
                                     [](const memory_disk::stored& r) { return r.type == type_of<consent>; });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_consents, consents_fixture)

BOOST_AUTO_TEST_CASE(what_was_allowed_is_found_also_after_restarts_from_log_and_snapshot) {
    BOOST_TEST((put(allowed({0})) == put_outcome::done));
    BOOST_TEST((put(allowed({2})) == put_outcome::done));
    const client_number other = make_client("other");
    for (int round = 0; round < 3; ++round) {
        const consent_ptr there = data->find_consent(ann, shop);
        BOOST_TEST_REQUIRE(there != nullptr);
        BOOST_TEST((there->scopes == set_of({0, 2})));
        BOOST_TEST(there->version == 2U);
        BOOST_TEST(data->consents_of(ann).size() == 1U);
        BOOST_TEST(data->find_consent(ann, other) == nullptr);
        BOOST_TEST(data->consents_of({999}).empty());
        if (round == 1) {
            BOOST_TEST(data->snapshot_now());
            BOOST_TEST(in_snapshot() == 1);
        }
        restart();
    }
}

BOOST_AUTO_TEST_CASE(a_change_replaces_the_version_before_it_and_no_other) {
    const consent first = allowed({0});
    BOOST_TEST((put(first) == put_outcome::done));
    BOOST_TEST((put(first) == put_outcome::conflict));
    const consent more = allowed({2}), other = allowed({3});
    BOOST_TEST((put(more) == put_outcome::done));
    BOOST_TEST((put(other) == put_outcome::conflict)); // of the same version
    consent late = first;
    late.version = 4;
    BOOST_TEST((put(late) == put_outcome::conflict));
    late.scopes = {};
    BOOST_TEST((data->put_consent(late).error().code == errc::validation_failed)); // never withdrawn, and empty
}

BOOST_AUTO_TEST_CASE(of_two_who_allow_and_withdraw_the_same_version_one_wins) {
    BOOST_TEST((put(allowed({0})) == put_outcome::done));
    const background_sync syncing(*log);
    for (int round = 0; round < 200; ++round) {
        const consent_ptr there = data->find_consent(ann, shop);
        consent more = *there;
        ++more.version;
        more.scopes.insert(static_cast<std::size_t>(round % 200 + 1));
        std::atomic<int> won{0};
        together(2, [&](std::size_t i) {
            const consent mine = i == 0 || !stands(*there) ? more : withdrawn(*there, time.now());
            won += put(mine) == put_outcome::done ? 1 : 0;
        });
        BOOST_REQUIRE(won == 1);
    }
    BOOST_TEST(data->find_consent(ann, shop)->version == 201U);
}

BOOST_AUTO_TEST_CASE(an_answer_waits_for_the_latest_change) {
    log->sync();
    BOOST_TEST((data->rests_on() == ticket::none));
    const put_result done = *data->put_consent(allowed({0}));
    BOOST_TEST((data->rests_on() == done.wait_for));
    BOOST_TEST((data->put_consent(allowed({2}))->wait_for > done.wait_for));
    log->sync();
    BOOST_TEST((data->rests_on() == ticket::none));
}

BOOST_AUTO_TEST_CASE(a_user_has_so_many_and_none_goes_for_another) {
    consent c = allowed({0});
    for (std::size_t i = 0; i < consents_per_user_max; ++i) {
        c.client = make_client("c" + std::to_string(i));
        BOOST_REQUIRE((put(c) == put_outcome::done));
    }
    BOOST_TEST((put(allowed({0})) == put_outcome::full));
    const consent again = withdrawn(*data->find_consent(ann, c.client), time.now());
    BOOST_TEST((put(again) == put_outcome::done)); // it is there
    BOOST_TEST((put(allowed({0})) == put_outcome::full));
    restart();
    BOOST_TEST(data->consents_of(ann).size() == consents_per_user_max);
    BOOST_TEST((put(allowed({0})) == put_outcome::full));
    BOOST_TEST(log->reserved() == 0);
}

BOOST_AUTO_TEST_CASE(a_full_log_takes_no_consent_and_takes_a_withdrawal) {
    BOOST_TEST((put(allowed({0})) == put_outcome::done));
    log->ordinary_room = 0;
    BOOST_TEST((data->put_consent(allowed({2})).error().code == errc::storage_unavailable));
    withdraw();
    BOOST_TEST(log->reserved() == 0);
}

BOOST_AUTO_TEST_CASE(a_consent_goes_with_its_user_and_with_its_client) {
    const user_id ben = sign_up("ben");
    const client_number other = make_client("other");
    for (const auto& [who, which] : {std::pair{ann, shop}, {ann, other}, {ben, shop}, {ben, other}}) {
        BOOST_TEST((put(allowed_more(nullptr, who, which, set_of({0}), time.now()).value()) == put_outcome::done));
    }
    user gone = *data->find_user(ben);
    ++gone.version;
    gone.deleted = true;
    gone.gate.enabled = false;
    gone.email = gone.username = {};
    BOOST_TEST((data->replace_user(gone)->outcome == exchange_outcome::exchanged));
    client removed = *data->find_client(other);
    ++removed.version;
    removed.removed = true;
    BOOST_TEST((data->put_client(removed)->outcome == put_outcome::done));
    const auto new_one = [&](user_id who, client_number which) {
        return put(allowed_more(nullptr, who, which, set_of({0}), time.now()).value());
    };
    BOOST_TEST((new_one(ben, shop) == put_outcome::gone));
    BOOST_TEST((new_one(ann, other) == put_outcome::gone));
    const auto only_one_is_left = [&] {
        BOOST_TEST(data->find_consent(ann, shop) != nullptr);
        BOOST_TEST(data->find_consent(ann, other) == nullptr);
        BOOST_TEST(data->consents_of(ben).empty());
    };
    data->maintain_once(); // a sweep
    only_one_is_left();
    BOOST_TEST(data->snapshot_now());
    BOOST_TEST(in_snapshot() == 1);
    restart();
    only_one_is_left();
}

BOOST_AUTO_TEST_CASE(a_restart_drops_what_no_sweep_has_dropped) {
    BOOST_TEST((put(allowed({0})) == put_outcome::done));
    client removed = *data->find_client(shop);
    ++removed.version;
    removed.removed = true;
    BOOST_TEST((data->put_client(removed)->outcome == put_outcome::done));
    restart();
    BOOST_TEST(data->find_consent(ann, shop) == nullptr);
    BOOST_TEST(data->consents_of(ann).empty());
}

BOOST_AUTO_TEST_CASE(a_session_of_before_the_withdrawal_is_dead_at_once_and_ended_by_the_sweep) {
    BOOST_TEST((put(allowed({0})) == put_outcome::done));
    const family_id before = open(1);
    BOOST_TEST(lives(before));
    time.advance(seconds(5));
    withdraw(); // and a crash before the session was ended
    BOOST_TEST(!lives(before));
    restart();
    BOOST_TEST(!lives(before));
    BOOST_TEST((status_of(before) == family_status::live));
    time.advance(seconds(5));
    BOOST_TEST((put(allowed({0})) == put_outcome::done));
    const family_id after = open(2);
    BOOST_TEST(lives(after));
    data->maintain_once();
    BOOST_TEST((status_of(before) == family_status::consent));
    BOOST_TEST(lives(after));
    BOOST_TEST(log->reserved() == 0);
    restart();
    BOOST_TEST((status_of(before) == family_status::consent));
    BOOST_TEST((status_of(after) == family_status::live));
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_ask_keeps_its_sessions) {
    client trusted = *data->find_client(shop);
    ++trusted.version;
    trusted.consent = client_consent::never;
    BOOST_TEST((data->put_client(trusted)->outcome == put_outcome::done));
    BOOST_TEST((put(allowed({0})) == put_outcome::done));
    const family_id before = open(1);
    time.advance(seconds(5));
    withdraw();
    data->maintain_once();
    BOOST_TEST(lives(before));
    BOOST_TEST((status_of(before) == family_status::live));
}

// A new scope of an old number would be allowed without a question.
BOOST_AUTO_TEST_CASE(the_number_of_a_removed_scope_is_not_given_again_while_a_consent_has_it) {
    for (int i = first_defined_scope; i < scopes_max; ++i) {
        scope s;
        s.name = "s" + std::to_string(i);
        BOOST_REQUIRE((data->put_scope(s)->outcome == put_outcome::done));
    }
    BOOST_TEST((put(allowed({0, 20})) == put_outcome::done));
    scope gone = *data->find_catalogue()->find_scope("s20");
    ++gone.version;
    gone.removed = true;
    BOOST_TEST((data->put_scope(gone)->outcome == put_outcome::done));
    restart();
    scope next;
    next.name = "next";
    BOOST_TEST((data->put_scope(next)->outcome == put_outcome::full));
    withdraw();
    BOOST_TEST(data->put_scope(next)->number == 20U);
}

BOOST_AUTO_TEST_CASE(an_import_adds_what_is_not_there_and_changes_nothing) {
    consent c = allowed({0});
    c.version = 7;
    c.era = 2;
    c.withdrawn_at = time.now() - seconds(60);
    const auto import = [&](const consent& one) { return data->import_consent(one)->outcome; };
    BOOST_TEST((import(c) == import_outcome::added));
    BOOST_TEST((import(c) == import_outcome::same));
    consent other = c;
    other.scopes.insert(3);
    BOOST_TEST((import(other) == import_outcome::id_taken));
    other.user = {999};
    BOOST_TEST((import(other) == import_outcome::no_user));
    other.user = ann;
    other.client = {999};
    BOOST_TEST((import(other) == import_outcome::refused));
    other.client = shop;
    other.era = 9; // above its version
    BOOST_TEST((import(other) == import_outcome::refused));
    restart();
    BOOST_TEST((*data->find_consent(ann, shop) == c));
}

BOOST_AUTO_TEST_SUITE_END()
