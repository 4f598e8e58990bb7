// Mails in the store: in one group with the change that caused them, helped along with it, kept in snapshots, forgotten
// in the end; and power cuts, after which a mail waits exactly if its change happened.
#include "storage/entity/all.hpp"
#include "storage/store/embedded_store.hpp"
#include "tests/storage/log_fixture.hpp"
#include "tests/storage/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

mail mail_of(std::uint64_t number, mail_kind kind = mail_kind::password_changed) {
    mail m;
    for (std::size_t i = 0; i < 8; ++i) {
        m.id.bytes[i] = static_cast<std::uint8_t>(number >> (8 * (7 - i)));
    }
    m.id.bytes[15] = 1;
    m.kind = kind;
    m.wanted_at = m.not_before = timestamp(seconds(1'800'000'000));
    m.expires_at = m.wanted_at + notice_life;
    m.lang = "de";
    m.address = "ann@example.com";
    m.body = encode({"about", "agent", "192.0.2.0/24"});
    return m;
}

struct mails_fixture : store_fixture {
    // The change of `of`, with mails of these numbers.
    result<store::replace_user_result> change(user_id of, std::vector<mail> mails) {
        user next = *data->find_user(of);
        ++next.version;
        next.surname += "x";
        return data->replace_user(next, mails);
    }
    mail_ptr find(std::uint64_t number) const { return data->find_mail(mail_of(number).id); }
    std::vector<std::uint16_t> queued() const {
        std::vector<std::uint16_t> out;
        for (const auto& [urgency, record] : log->queued_records()) {
            out.push_back(record.type);
        }
        return out;
    }
    result<ticket> settle(std::uint64_t number, mail_status status) {
        mail next = *find(number);
        next.status = status;
        next.not_before = time.now();
        return data->settle_mail(next);
    }
    std::size_t waiting() const { return data->count_mails()[static_cast<std::size_t>(mail_status::waiting)]; }
};

constexpr std::uint16_t user_type = number_of(record_type::user), mail_type = number_of(record_type::mail);

struct kept_listener : mail_listener {
    void mail_wanted(const mail_ptr& m, ticket rests_on) noexcept override { told.emplace_back(m, rests_on); }
    std::vector<std::pair<mail_ptr, ticket>> told;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_mails, mails_fixture)

BOOST_AUTO_TEST_CASE(a_change_and_its_mails_are_one_group) {
    const user_id ann = sign_up("ann");
    log->sync();
    const auto changed = change(ann, {mail_of(1), mail_of(2)}).value();
    BOOST_TEST(queued() == (std::vector{user_type, mail_type, mail_type}), boost::test_tools::per_element());
    BOOST_TEST((find(1)->user == ann));
    BOOST_TEST(waiting() == 2U);
    BOOST_TEST(!data->is_durable(changed.wait_for));
    BOOST_TEST(log->reserved() == 0);
    log->sync();
    BOOST_TEST(data->is_durable(changed.wait_for));
    crash_and_start();
    BOOST_TEST(waiting() == 2U);
    BOOST_TEST((*find(1) == [&] {
        mail m = mail_of(1);
        m.user = ann;
        return m;
    }()));
}

BOOST_AUTO_TEST_CASE(a_new_user_has_its_number_in_its_mails) {
    const std::vector<mail> mails{mail_of(1, mail_kind::invite)};
    const auto made = data->insert_user(person("ann"), mails).value();
    BOOST_TEST((find(1)->user == made.id));
    BOOST_TEST(queued().back() == mail_type);
}

BOOST_AUTO_TEST_CASE(a_change_that_does_not_happen_sends_nothing) {
    const user_id ann = sign_up("ann");
    const user_id bob = sign_up("bob");
    log->sync();
    user stale = *data->find_user(ann);
    const std::vector<mail> mails{mail_of(1)};
    BOOST_TEST((data->replace_user(stale, mails).value().outcome == exchange_outcome::conflict));
    user taken = *data->find_user(bob);
    ++taken.version;
    taken.username = "ann";
    BOOST_TEST(data->replace_user(taken, mails).value().username_taken);
    log->ordinary_room = 1; // for the record, not for its mail
    BOOST_TEST((change(ann, mails).error().code == errc::storage_unavailable));
    BOOST_TEST(waiting() == 0U);
    BOOST_TEST(queued().empty());
    BOOST_TEST(log->reserved() == 0);
    log->ordinary_room = 2;
    BOOST_TEST(change(ann, mails).has_value());
}

BOOST_AUTO_TEST_CASE(mails_that_are_not_as_they_must_be_are_refused_with_the_change) {
    const user_id ann = sign_up("ann");
    mail final_one = mail_of(1);
    final_one.status = mail_status::sent;
    mail with_a_line = mail_of(1);
    with_a_line.address += "\r\nBcc: b@example.com";
    for (const std::vector<mail>& mails :
         {std::vector{final_one}, std::vector{with_a_line}, std::vector{mail_of(1), mail_of(1)},
          std::vector{mail_of(1), mail_of(2), mail_of(3), mail_of(4), mail_of(5)}}) {
        BOOST_TEST((change(ann, mails).error().code == errc::validation_failed));
    }
    BOOST_TEST(data->find_user(ann)->version == 1U);
    BOOST_TEST(change(ann, {mail_of(1)}).has_value());
    BOOST_TEST((change(ann, {mail_of(1)}).error().code == errc::validation_failed), "its id is taken");
    BOOST_TEST((data->want_mail(mail_of(1)).error().code == errc::validation_failed));
}

BOOST_AUTO_TEST_CASE(who_helps_a_user_along_enqueues_its_mails_too) {
    const user_id ann = sign_up("ann");
    log->sync();
    // Seen by another request between its publication and its record.
    std::vector<std::uint16_t> helped;
    log->before_next_enqueue = [&] {
        BOOST_REQUIRE(data->observe_user(ann, 2).has_value());
        helped = queued();
    };
    change(ann, {mail_of(1), mail_of(2)}).value();
    BOOST_TEST(helped == (std::vector{user_type, mail_type, mail_type}), boost::test_tools::per_element());
    log->sync();
    crash_and_start();
    BOOST_TEST(waiting() == 2U);
    // Once durable there is nothing to help.
    BOOST_TEST((data->observe_user(ann, 2).value() == ticket::none));
}

// The helper's group may be below a snapshot's point while the table of mails does not have them yet.
BOOST_AUTO_TEST_CASE(a_snapshot_that_meets_a_version_has_its_mails) {
    const user_id ann = sign_up("ann");
    log->sync();
    log->before_next_reserve = nullptr;
    change(ann, {mail_of(1)}).value();
    log->sync();
    BOOST_REQUIRE(data->snapshot_now());
    const auto in_snapshot = [&] {
        return std::ranges::count_if(disk->snapshot, [](const auto& r) { return r.type == mail_type; });
    };
    BOOST_TEST(in_snapshot() == 2); // from the table, and beside the user's version
    data->maintain_once();
    BOOST_REQUIRE(data->snapshot_now());
    BOOST_TEST(in_snapshot() == 1); // the version is durable and let go of it
    crash_and_start();
    BOOST_TEST(waiting() == 1U);
}

BOOST_AUTO_TEST_CASE(what_became_of_a_mail_is_kept_and_stays) {
    data->want_mail(mail_of(1)).value();
    mail again = mail_of(1);
    again.attempts = 3;
    BOOST_TEST((data->settle_mail(again).value() != ticket::none));
    BOOST_TEST((data->settle_mail(again).value() == ticket::none), "it is no news");
    BOOST_TEST((settle(1, mail_status::sent).value() != ticket::none));
    BOOST_TEST((settle(1, mail_status::dropped).value() == ticket::none), "it is final");
    BOOST_TEST(waiting() == 0U);
    log->sync();
    crash_and_start();
    BOOST_TEST((find(1)->status == mail_status::sent));
    BOOST_TEST(find(1)->attempts == 3);
    BOOST_TEST((data->settle_mail(mail_of(9)).error().code == errc::mail_not_found));
}

BOOST_AUTO_TEST_CASE(a_mail_of_every_kind_outlives_a_crash) {
    std::uint64_t wanted = 0;
    for (auto kind = first_mail_kind; kind <= last_mail_kind;
         kind = static_cast<mail_kind>(static_cast<int>(kind) + 1)) {
        if (kind != mail_kind::test) { // which is never stored
            data->want_mail(mail_of(++wanted, kind)).value();
        }
    }
    log->sync();
    crash_and_start();
    BOOST_TEST(waiting() == wanted);
}

BOOST_AUTO_TEST_CASE(records_of_a_mail_in_any_order_come_to_the_same) {
    const mail first = mail_of(1);
    mail tried = first;
    tried.attempts = 2;
    mail final_one = tried;
    final_one.status = mail_status::refused;
    std::vector<mail> order{first, tried, final_one};
    std::ranges::sort(order, {}, [](const mail& m) { return std::pair(m.attempts, m.status); });
    do {
        disk = std::make_shared<memory_disk>();
        disk->used = true;
        for (const mail& m : order) {
            disk->log.push_back({mail_type, 1, encode_body(m), disk->next_lsn++, timestamp_ms(milliseconds(1))});
        }
        start();
        BOOST_TEST((*find(1) == final_one));
    } while (std::next_permutation(order.begin(), order.end(), [](const mail& a, const mail& b) {
        return std::pair(a.attempts, a.status) < std::pair(b.attempts, b.status);
    }));
}

BOOST_AUTO_TEST_CASE(final_ones_are_forgotten_after_a_day_and_two_snapshots_and_waiting_ones_are_not) {
    options.sweep_interval = milliseconds(0);
    start();
    data->want_mail(mail_of(1)).value();
    data->want_mail(mail_of(2)).value();
    settle(1, mail_status::sent).value();
    time.advance(seconds(86'400 - 1));
    for (int i = 0; i < 4; ++i) {
        data->maintain_once();
        BOOST_REQUIRE(data->snapshot_now());
    }
    BOOST_TEST((find(1) != nullptr));
    time.advance(seconds(1));
    data->maintain_once();
    BOOST_REQUIRE(data->snapshot_now());
    data->maintain_once();
    BOOST_TEST((find(1) != nullptr), "one snapshot is not enough");
    BOOST_REQUIRE(data->snapshot_now());
    data->maintain_once();
    BOOST_TEST((find(1) == nullptr));
    BOOST_TEST((find(2) != nullptr));
    BOOST_REQUIRE(data->snapshot_now()); // the one before has it still, as final as it was
    crash_and_start();
    BOOST_TEST((find(1) == nullptr));
    BOOST_TEST(waiting() == 1U);
}

BOOST_AUTO_TEST_CASE(a_listener_is_told_of_what_waits_and_of_what_comes) {
    const user_id ann = sign_up("ann");
    data->want_mail(mail_of(1)).value();
    data->want_mail(mail_of(2)).value();
    settle(2, mail_status::dropped).value();
    kept_listener listener;
    data->set_mail_listener(&listener);
    BOOST_REQUIRE(listener.told.size() == 1U);
    BOOST_TEST((listener.told[0].first->id == mail_of(1).id));
    const auto changed = change(ann, {mail_of(3)}).value();
    BOOST_REQUIRE(listener.told.size() == 2U);
    BOOST_TEST((listener.told[1].second == changed.wait_for));
    BOOST_TEST(!data->is_durable(listener.told[1].second));
    data->set_mail_listener(nullptr);
    data->want_mail(mail_of(4)).value();
    BOOST_TEST(listener.told.size() == 2U);
}

BOOST_AUTO_TEST_CASE(they_are_listed_in_the_order_of_their_ids) {
    for (const std::uint64_t n : {3U, 1U, 2U}) {
        data->want_mail(mail_of(n)).value();
    }
    const auto page = data->mails_after(std::nullopt, 2);
    BOOST_REQUIRE(page.size() == 2U);
    BOOST_TEST((page[0]->id == mail_of(1).id));
    BOOST_TEST((data->mails_after(page[1]->id, 9).at(0)->id == mail_of(3).id));
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

struct mailing_store {
    manual_clock time;
    std::shared_ptr<pawl::test::simulated_disk> disk = std::make_shared<pawl::test::simulated_disk>();
    std::unique_ptr<embedded_store> data;
    std::uint64_t next = 1;

    void open() {
        embedded_store_options o = store_fixture::without_thread();
        o.directory = pawl::test::options_on(disk->mount());
        o.directory.segment_size = o.directory.first_segment_size = std::uint64_t{64} * 1024;
        data = embedded_store::open(std::move(o), time);
    }
    // A change that says in its user's surname which mails go with it.
    bool change(std::mt19937_64& random) {
        user u = *data->find_user(user_id{1});
        ++u.version;
        u.surname = std::to_string(next) + " ";
        u.first_name = std::string(random() % 3000, 'f'); // so that frames and segments end everywhere
        std::vector<mail> mails;
        for (std::uint64_t n = random() % (mails_of_a_change_max + 1); n > 0; --n) {
            mails.push_back(mail_of(next));
            u.surname += std::to_string(next++) + " ";
        }
        ++next;
        return data->replace_user(u, mails).has_value();
    }
    // Of the changes with these surnames, in their order: up to the one that the record has all happened, and their
    // mails wait; of the others none does.
    bool is_whole(const std::vector<std::string>& surnames) const {
        const auto last = std::ranges::find(surnames, data->find_user(user_id{1})->surname);
        std::size_t named = 0;
        for (auto at = surnames.begin(); at != surnames.end(); ++at) {
            std::istringstream numbers(*at);
            std::uint64_t n = 0;
            for (numbers >> n; numbers >> n;) { // the first is the change's own
                named += at <= last ? std::size_t{1} : std::size_t{0};
                if ((data->find_mail(mail_of(n).id) != nullptr) != (at <= last)) {
                    return false;
                }
            }
        }
        return last != surnames.end() && data->mails_after(std::nullopt, 100'000).size() == named;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(mail_crash)

BOOST_AUTO_TEST_CASE(after_a_power_cut_a_mail_waits_exactly_if_its_change_happened) {
    for (std::uint64_t seed = 0; seed < 40 * pawl::test::test_scale(); ++seed) {
        std::mt19937_64 random(seed);
        mailing_store store;
        store.open();
        const auto made = store.data->insert_user(store_fixture::person("ann")).value();
        while (!store.data->is_durable(made.wait_for)) {
            std::this_thread::yield();
        }
        std::vector<std::string> surnames{"Sur"};
        for (int life = 0; life < 4; ++life) {
            for (std::uint64_t n = random() % 30; n > 0; --n) {
                if (store.change(random)) {
                    surnames.push_back(store.data->find_user(user_id{1})->surname);
                }
                if (random() % 12 == 0) {
                    static_cast<void>(store.data->snapshot_now());
                }
            }
            store.disk->cut_power(random);
            store.data.reset();
            store.open();
            BOOST_REQUIRE_MESSAGE(store.is_whole(surnames), "seed " << seed << ", life " << life);
            // What did not happen is not heard of again.
            surnames.erase(std::ranges::find(surnames, store.data->find_user(user_id{1})->surname) + 1, surnames.end());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
