// Words of second factors in the store: changed once each, kept over restarts from log and snapshot, merged in every
// order, gone with their factor.
#include "store_fixture.hpp"

#include "storage/entity/all.hpp"
#include "storage/entity/plain.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <string>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

user_factor factor(std::uint32_t number, factor_kind kind) {
    user_factor f;
    f.number = number;
    f.kind = kind;
    f.salt.fill(static_cast<std::uint8_t>(number));
    if (kind == factor_kind::totp) {
        f.digits = 6;
        f.period = 30;
        f.algorithm = 1;
    } else {
        f.count = 10;
    }
    return f;
}

struct factors_fixture : store_fixture {
    user_id ann = sign_up("ann");
    factors_fixture() { give({factor(1, factor_kind::totp), factor(2, factor_kind::recovery)}); }

    void give(std::vector<user_factor> all) {
        user u = *data->find_user(ann);
        ++u.version;
        u.factors = std::move(all);
        u.next_factor = 2;
        BOOST_TEST((data->replace_user(u)->outcome == exchange_outcome::exchanged));
    }
    factor_state state(std::uint32_t number, std::uint64_t word) const {
        return {ann, number, number == 1 ? factor_kind::totp : factor_kind::recovery, word, time.now(), {}};
    }
    exchange_outcome exchange(std::uint32_t number, std::uint64_t from, std::uint64_t to) {
        return data->exchange_factor(state(number, to), from)->outcome;
    }
    std::uint64_t word(std::uint32_t number) const { return data->find_factor(ann, number).word; }
    std::ptrdiff_t in_snapshot() {
        return std::ranges::count_if(disk->snapshot,
                                     [](const memory_disk::stored& r) { return r.type == type_of<factor_state>; });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_factors, factors_fixture)

BOOST_AUTO_TEST_CASE(a_word_is_exchanged_by_who_knows_it) {
    BOOST_TEST(word(1) == 0U);
    BOOST_TEST((exchange(1, 0, 5) == exchange_outcome::exchanged));
    BOOST_TEST((exchange(1, 0, 6) == exchange_outcome::conflict));
    BOOST_TEST((exchange(1, 5, 6) == exchange_outcome::exchanged));
    BOOST_TEST((exchange(3, 0, 6) == exchange_outcome::gone)); // no such factor
    factor_state other_kind = state(1, 9);
    other_kind.kind = factor_kind::recovery;
    BOOST_TEST((data->exchange_factor(other_kind, 6)->outcome == exchange_outcome::gone));
    BOOST_TEST(word(1) == 6U);
}

BOOST_AUTO_TEST_CASE(it_is_there_after_restarts_from_log_and_snapshot) {
    BOOST_TEST((exchange(1, 0, 5) == exchange_outcome::exchanged));
    BOOST_TEST((exchange(1, 5, 7) == exchange_outcome::exchanged));
    BOOST_TEST((exchange(2, 0, 3) == exchange_outcome::exchanged));
    for (int round = 0; round < 3; ++round) {
        BOOST_TEST(word(1) == 7U);
        BOOST_TEST(word(2) == 3U);
        BOOST_TEST((data->find_factor(ann, 1).used_at != timestamp{}));
        if (round == 1) {
            BOOST_TEST(data->snapshot_now());
            BOOST_TEST(in_snapshot() == 2);
        }
        restart();
    }
}

BOOST_AUTO_TEST_CASE(of_many_who_show_one_code_one_wins) {
    const background_sync syncing(*log);
    for (std::uint64_t round = 0; round < 200; ++round) {
        std::atomic<int> won{0};
        together(3, [&](std::size_t) { won += exchange(1, round, round + 1) == exchange_outcome::exchanged ? 1 : 0; });
        BOOST_REQUIRE(won == 1);
    }
}

BOOST_AUTO_TEST_CASE(an_answer_waits_for_the_record_of_the_word) {
    const result<exchange_result> done = data->exchange_factor(state(1, 5), 0);
    BOOST_TEST(!data->is_durable(done->wait_for));
    BOOST_TEST((data->observe_factor(ann, 1) == done->wait_for));
    BOOST_TEST((data->observe_factor(ann, 2) == ticket::none));
    log->sync();
    BOOST_TEST((data->observe_factor(ann, 1) == ticket::none));
}

BOOST_AUTO_TEST_CASE(without_room_nothing_changes) {
    log->sync();
    log->ordinary_room = 0;
    BOOST_TEST((data->exchange_factor(state(1, 5), 0).error().code == errc::storage_unavailable));
    BOOST_TEST(word(1) == 0U);
}

BOOST_AUTO_TEST_CASE(the_word_of_a_factor_that_was_removed_goes) {
    BOOST_TEST((exchange(1, 0, 5) == exchange_outcome::exchanged));
    BOOST_TEST((exchange(2, 0, 3) == exchange_outcome::exchanged));
    give({factor(2, factor_kind::recovery)});
    BOOST_TEST((exchange(1, 5, 6) == exchange_outcome::gone));
    restart();
    BOOST_TEST(word(1) == 0U);
    BOOST_TEST(word(2) == 3U);
}

BOOST_AUTO_TEST_CASE(records_of_one_factor_merge_to_the_same_in_every_order) {
    const std::array<factor_state, 3> all{state(2, recovery_word{10, 0b0011}.bits()),
                                          state(2, recovery_word{30, 0b0101}.bits()),
                                          state(2, recovery_word{20, 0b1000}.bits())};
    std::array<std::size_t, 3> order{0, 1, 2};
    do {
        plain_records<factor_state> table;
        for (const std::size_t i : order) {
            table.take(all[i]);
        }
        BOOST_TEST(table.find({ann, 2})->word == (recovery_word{30, 0b1111}.bits()));
        BOOST_TEST(!table.take(all[0]));
    } while (std::ranges::next_permutation(order).found);
}

BOOST_AUTO_TEST_CASE(an_import_merges_into_what_is_here) {
    BOOST_TEST((exchange(2, 0, recovery_word{5, 0b01}.bits()) == exchange_outcome::exchanged));
    BOOST_TEST((data->import_factor(state(2, recovery_word{9, 0b10}.bits()))->outcome == import_outcome::added));
    BOOST_TEST(word(2) == (recovery_word{9, 0b11}.bits()));
    BOOST_TEST((data->import_factor(state(2, recovery_word{9, 0b10}.bits()))->outcome == import_outcome::same));
    BOOST_TEST((data->import_factor(state(3, 1))->outcome == import_outcome::no_user));
}

BOOST_AUTO_TEST_CASE(a_user_with_factors_is_of_version_3_and_comes_back_whole) {
    const user u = *data->find_user(ann);
    BOOST_TEST(version_of(u) == 3);
    user without = u;
    without.factors.clear();
    without.next_factor = 0;
    BOOST_TEST(version_of(without) == 1);
    const auto body = encode_body(u);
    user again;
    BOOST_TEST((decode(record_view{type_of<user>, 3, body, 1, {}}, again) == decoding::ok));
    BOOST_TEST((again == u));
    user wrong = u;
    wrong.factors[0].number = 2; // twice the same
    const auto unsound = encode_body(wrong);
    BOOST_TEST((decode(record_view{type_of<user>, 3, unsound, 1, {}}, again) == decoding::malformed));
    restart();
    BOOST_TEST((*data->find_user(ann) == u));
}

BOOST_AUTO_TEST_SUITE_END()
