#include "store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include "core/password/password.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

BOOST_FIXTURE_TEST_SUITE(store_user, store_fixture)

namespace {
user changed(const user_ptr& from) {
    user u = *from;
    ++u.version;
    return u;
}
} // namespace

BOOST_AUTO_TEST_CASE(user_is_found_by_id_email_and_username_also_after_a_restart) {
    const user_id id = sign_up("Ann");
    for (int round = 0; round < 2; ++round) {
        BOOST_TEST_REQUIRE(data->find_user(id) != nullptr);
        BOOST_TEST(data->find_user(id)->email == "Ann@example.com");
        BOOST_TEST(data->find_user_by_login("ann@example.com") == data->find_user(id));
        BOOST_TEST(data->find_user_by_login("ann") == data->find_user(id));
        BOOST_TEST(data->find_user_by_login("Ann") == nullptr); // callers fold
        restart();
    }
    user expected = person("Ann");
    expected.id = id;
    BOOST_TEST(same(*data->find_user(id), expected));
}

BOOST_AUTO_TEST_CASE(what_is_usual_to_cost_follows_every_change_of_users_and_a_restart) {
    constexpr hash_costs::key secret{7};
    const std::string bcrypt = "$2b$04$" + std::string(53, 'e'),
                      pbkdf2 = "pbkdf2:sha256:1000$salt$" + std::string(64, '0');
    const std::string as_bcrypt = dummy_like(bcrypt), as_pbkdf2 = dummy_like(pbkdf2);
    const auto with = [&](user_id id, const std::string& stored, bool enabled = true) {
        user u = changed(data->find_user(id));
        u.password_hash = stored;
        u.gate.enabled = enabled;
        BOOST_TEST((data->replace_user(u)->outcome == exchange_outcome::exchanged));
    };
    // Whether every name costs `one`, also after a restart.
    const auto all_cost = [&](const std::string& one) {
        for (int round = 0; round < 2; ++round) {
            for (int i = 0; i < 20; ++i) {
                BOOST_TEST(data->usual_hash("nobody" + std::to_string(i), secret) == one);
            }
            restart();
        }
    };
    all_cost("");
    const user_id a = sign_up("a"), b = sign_up("b");
    with(a, "");
    with(b, "");
    all_cost("");
    with(a, bcrypt);
    all_cost(as_bcrypt);
    with(b, pbkdf2, false);
    all_cost(as_bcrypt);
    with(a, bcrypt, false);
    with(b, pbkdf2);
    all_cost(as_pbkdf2);
    with(a, bcrypt);
    std::set<std::string> seen;
    for (int i = 0; i < 40; ++i) {
        seen.insert(data->usual_hash("nobody" + std::to_string(i), secret));
    }
    BOOST_TEST((seen == std::set{as_bcrypt, as_pbkdf2}));
    user gone = changed(data->find_user(b));
    gone.deleted = true;
    gone.gate.enabled = false;
    gone.email.clear();
    gone.username.clear();
    gone.password_hash.clear();
    BOOST_TEST((data->replace_user(gone)->outcome == exchange_outcome::exchanged));
    all_cost(as_bcrypt);
    user imported = *data->find_user(a);
    imported.id = user_id{1000};
    imported.email = imported.username = "c@example.com";
    imported.password_hash = pbkdf2;
    BOOST_TEST((data->import_user(imported)->outcome == import_outcome::added));
    with(a, "");
    all_cost(as_pbkdf2);
}

BOOST_AUTO_TEST_CASE(ids_are_given_once_even_across_restarts_and_deletions) {
    const user_id a = sign_up("a"), b = sign_up("b");
    BOOST_TEST((b.value > a.value));
    user gone = changed(data->find_user(b));
    gone.deleted = true;
    gone.email.clear();
    gone.username.clear();
    BOOST_TEST((data->replace_user(gone)->outcome == exchange_outcome::exchanged));
    restart();
    const user_id c = sign_up("c");
    BOOST_TEST((c.value > b.value));
}

BOOST_AUTO_TEST_CASE(users_are_read_in_the_order_of_their_ids_page_by_page) {
    constexpr std::size_t count = 300;
    std::vector<user_id> expected;
    for (std::size_t i = 0; i < count; ++i) {
        expected.push_back(sign_up("u" + std::to_string(i)));
    }
    for (std::size_t i = count; i-- > 0;) { // every third goes, some of them next to each other
        if (i % 3 == 0 || i / 50 == 2) {
            user gone = changed(data->find_user(expected[i]));
            gone.deleted = true;
            gone.email.clear();
            gone.username.clear();
            BOOST_TEST((data->replace_user(gone)->outcome == exchange_outcome::exchanged));
            expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    log->sync();
    // After a restart the records came in another order: the families' users first.
    for (int round = 0; round < 3; ++round) {
        for (const std::size_t limit : {1U, 7U, 1000U}) {
            std::vector<user_id> seen;
            user_id after;
            for (auto page = data->users_after(after, limit); !page.empty(); page = data->users_after(after, limit)) {
                BOOST_TEST(page.size() <= limit);
                for (const user_ptr& u : page) {
                    seen.push_back(u->id);
                }
                after = seen.back();
            }
            BOOST_TEST((seen == expected));
        }
        if (round == 1) {
            std::ranges::reverse(disk->log);
        }
        restart();
    }
    BOOST_TEST(data->users_after(user_id{~std::uint64_t{0}}, 10).empty());
    BOOST_TEST(data->users_after(expected.back(), 10).empty());
    BOOST_TEST(data->users_after({}, 0).empty());
}

BOOST_AUTO_TEST_CASE(taken_names_are_refused_and_the_refusal_rests_on_their_owners_record) {
    const auto first = data->insert_user(person("ann"));
    user other = person("bob");
    other.email = "ANN@example.com";
    const auto by_email = data->insert_user(other);
    BOOST_TEST_REQUIRE(by_email.has_value());
    BOOST_TEST(by_email->email_taken);
    BOOST_TEST(!by_email->username_taken);
    BOOST_TEST((by_email->wait_for > first->wait_for)); // not durable yet: helped
    log->sync();
    other = person("bob");
    other.username = "aNN";
    const auto by_name = data->insert_user(other);
    BOOST_TEST(by_name->username_taken);
    BOOST_TEST(!by_name->email_taken);
    BOOST_TEST((by_name->wait_for == ticket::none));
    BOOST_TEST(data->statistics().users == 1U);
    BOOST_TEST(log->reserved() == 0);
}

// One namespace: a username may not be somebody else's email.
BOOST_AUTO_TEST_CASE(username_that_is_another_users_email_is_taken) {
    static_cast<void>(sign_up("ann"));
    user other = person("bob");
    other.username = "ann@EXAMPLE.com";
    BOOST_TEST(data->insert_user(other)->username_taken);
}

BOOST_AUTO_TEST_CASE(username_may_be_the_own_email) {
    user u = person("ann");
    u.username = u.email;
    BOOST_TEST((data->insert_user(u)->id.value != 0));
    BOOST_TEST(data->statistics().login_names == 1U);
    restart();
    BOOST_TEST(data->find_user_by_login("ann@example.com") != nullptr);
}

BOOST_AUTO_TEST_CASE(replacing_an_older_version_is_a_conflict) {
    const user_id id = sign_up("ann");
    user one = changed(data->find_user(id));
    one.first_name = "One";
    user two = one;
    two.first_name = "Two";
    BOOST_TEST((data->replace_user(one)->outcome == exchange_outcome::exchanged));
    BOOST_TEST((data->replace_user(two)->outcome == exchange_outcome::conflict));
    BOOST_TEST(data->find_user(id)->first_name == "One");
    two.id = user_id{99};
    BOOST_TEST((data->replace_user(two)->outcome == exchange_outcome::gone));
    BOOST_TEST(log->reserved() == 0);
}

BOOST_AUTO_TEST_CASE(name_is_free_again_only_when_the_record_that_frees_it_is_durable) {
    const user_id id = sign_up("ann");
    log->sync();
    user renamed = changed(data->find_user(id));
    renamed.username = "anna";
    const ticket t = data->replace_user(renamed)->wait_for;
    BOOST_TEST(data->find_user_by_login("ann") == nullptr);
    BOOST_TEST(data->find_user_by_login("anna") != nullptr);
    user other = person("bob");
    other.username = "ann";
    BOOST_TEST(data->insert_user(other)->username_taken);
    log->sync();
    BOOST_TEST(data->is_durable(t));
    const auto free_now = data->insert_user(other);
    BOOST_TEST(!free_now->username_taken);
    BOOST_TEST(data->find_user_by_login("ann")->id.value == free_now->id.value);
    crash_and_start(); // bob's record is lost, ann's renaming is not
    BOOST_TEST(data->find_user_by_login("ann") == nullptr);
    BOOST_TEST(data->find_user_by_login("anna")->id.value == id.value);
}

BOOST_AUTO_TEST_CASE(name_that_is_given_up_rests_for_others_and_not_for_its_owner) {
    options.names_rest = seconds(600);
    crash_and_start();
    const user_id id = sign_up("ann");
    const auto rename = [&](const std::string& to) {
        user renamed = changed(data->find_user(id));
        renamed.username = to;
        return data->replace_user(renamed);
    };
    BOOST_TEST((rename("anna")->outcome == exchange_outcome::exchanged));
    log->sync();
    user other = person("bob");
    other.username = "ann";
    time.advance(seconds(599));
    data->maintain_once();
    BOOST_TEST(data->insert_user(other)->username_taken);
    BOOST_TEST((rename("ann")->outcome == exchange_outcome::exchanged)); // its owner may come back
    BOOST_TEST((rename("anna")->outcome == exchange_outcome::exchanged));
    log->sync();
    time.advance(seconds(599));
    BOOST_TEST(data->insert_user(other)->username_taken);
    time.advance(seconds(1));
    BOOST_TEST(!data->insert_user(other)->username_taken);
}

BOOST_AUTO_TEST_CASE(an_address_that_was_given_up_stays_its_owners_until_then_over_restarts_too) {
    const user_id id = sign_up("ann");
    const std::string before = "ann@example.com";
    const timestamp until = time.now() + former_address_life;
    user moved = changed(data->find_user(id));
    moved.email = "new@example.com";
    moved.former_addresses = {{before, until}};
    BOOST_TEST((data->replace_user(moved)->outcome == exchange_outcome::exchanged));
    log->sync();
    user other = person("bob");
    other.email = before;
    for (int round = 0; round < 3; ++round) {
        data->maintain_once();
        BOOST_TEST(data->insert_user(other)->email_taken);
        BOOST_TEST(data->find_user_by_login(before) == nullptr); // no name to sign in with
        round == 0 ? restart() : crash_and_start();
    }
    user back = changed(data->find_user(id)); // its owner may come back
    back.email = before;
    back.former_addresses.clear();
    BOOST_TEST((data->replace_user(back)->outcome == exchange_outcome::exchanged));
    BOOST_TEST(data->find_user_by_login(before)->id.value == id.value);
    moved.version = back.version + 1;
    BOOST_TEST((data->replace_user(moved)->outcome == exchange_outcome::exchanged));
    log->sync();
    time.advance(until - time.now());
    BOOST_TEST(!data->insert_user(other)->email_taken);
    log->sync();
    crash_and_start(); // the record still names it, but it is another's by now
    BOOST_TEST(data->find_user_by_login(before)->username == "bob");
}

BOOST_AUTO_TEST_CASE(a_removed_user_keeps_no_address) {
    const user_id id = sign_up("ann");
    user moved = changed(data->find_user(id));
    moved.email = "new@example.com";
    moved.former_addresses = {{"ann@example.com", time.now() + former_address_life}};
    BOOST_TEST((data->replace_user(moved)->outcome == exchange_outcome::exchanged));
    user gone = changed(data->find_user(id));
    gone.email.clear();
    gone.username.clear();
    gone.former_addresses.clear();
    gone.deleted = true;
    gone.gate.enabled = false;
    BOOST_TEST((data->replace_user(gone)->outcome == exchange_outcome::exchanged));
    log->sync();
    user other = person("bob");
    other.email = "ann@example.com";
    BOOST_TEST(!data->insert_user(other)->email_taken);
}

BOOST_AUTO_TEST_CASE(names_of_a_removed_user_rest_too_and_a_restart_forgets_it) {
    options.names_rest = seconds(600);
    crash_and_start();
    const user_id id = sign_up("ann");
    user gone = changed(data->find_user(id));
    gone.email.clear();
    gone.username.clear();
    gone.deleted = true;
    gone.gate.enabled = false;
    BOOST_TEST((data->replace_user(gone)->outcome == exchange_outcome::exchanged));
    log->sync();
    BOOST_TEST(data->insert_user(person("ann"))->email_taken);
    crash_and_start();
    BOOST_TEST(!data->insert_user(person("ann"))->email_taken);
}

BOOST_AUTO_TEST_CASE(one_account_can_not_lay_hands_on_more_than_eight_resting_names) {
    options.names_rest = seconds(600);
    crash_and_start();
    const user_id id = sign_up("ann");
    const auto rename = [&](const std::string& to) {
        user renamed = changed(data->find_user(id));
        renamed.username = to;
        return data->replace_user(renamed);
    };
    for (int i = 0; i < 8; ++i) {
        BOOST_TEST(rename("ann" + std::to_string(i)).has_value());
        time.advance(seconds(1));
    }
    log->sync();
    const auto refused = rename("ann8");
    BOOST_TEST((refused.error().code == errc::too_many_attempts));
    BOOST_TEST(refused.error().retry_after.count() == 592);
    BOOST_TEST(log->reserved() == 0);
    time.advance(seconds(592));
    BOOST_TEST(rename("ann8").has_value());
}

BOOST_AUTO_TEST_CASE(owner_may_take_a_name_back_before_it_is_free) {
    const user_id id = sign_up("ann");
    user away = changed(data->find_user(id));
    away.username = "anna";
    BOOST_TEST((data->replace_user(away)->outcome == exchange_outcome::exchanged));
    user back = changed(data->find_user(id));
    back.username = "ANN";
    BOOST_TEST((data->replace_user(back)->outcome == exchange_outcome::exchanged));
    BOOST_TEST(data->find_user_by_login("ann") != nullptr);
    log->sync();
    data->maintain_once();
    BOOST_TEST(data->find_user_by_login("ann") != nullptr);
    user other = person("bob");
    other.username = "ann";
    BOOST_TEST(data->insert_user(other)->username_taken);
    other.username = "anna";
    BOOST_TEST(!data->insert_user(other)->username_taken);
}

BOOST_AUTO_TEST_CASE(deleted_user_is_not_found_and_frees_both_names_once_durable) {
    const user_id id = sign_up("ann");
    const family_facts f = log_in(id);
    user gone = changed(data->find_user(id));
    gone.deleted = true;
    gone.email.clear();
    gone.username.clear();
    gone.password_hash.clear();
    gone.gate.enabled = false;
    gone.gate.reason = gate_reason::deleted;
    BOOST_TEST((data->replace_user(gone)->outcome == exchange_outcome::exchanged));
    BOOST_TEST(data->find_user(id) == nullptr);
    BOOST_TEST(data->find_user_by_login("ann") == nullptr);
    BOOST_TEST(!data->find_family(f.id)->gate.enabled);
    BOOST_TEST(data->insert_user(person("ann"))->email_taken);
    BOOST_TEST((data->replace_user(changed(std::make_shared<user>(gone)))->outcome == exchange_outcome::gone));
    BOOST_TEST((data->insert_family(facts_for(id), family_word(), use()).error().code == errc::user_not_found));
    log->sync();
    BOOST_TEST(!data->insert_user(person("ann"))->email_taken);
    restart();
    BOOST_TEST(data->find_user(id) == nullptr);
    BOOST_TEST(!data->find_family(f.id)->gate.enabled);
    BOOST_TEST(data->find_user_by_login("ann") != nullptr);
}

BOOST_AUTO_TEST_CASE(closing_the_gate_shows_at_once_with_every_family_and_may_use_the_reserved_tail) {
    const user_id id = sign_up("ann");
    const family_facts a = log_in(id), b = log_in(id);
    log->ordinary_room = 0;
    user closed = changed(data->find_user(id));
    closed.first_name = "Not";
    BOOST_TEST(data->replace_user(closed).has_error()); // an ordinary change
    closed.gate.epoch = 1;
    closed.gate.survivor = b.id;
    closed.gate.reason = gate_reason::password_change;
    BOOST_TEST((data->replace_user(closed)->outcome == exchange_outcome::exchanged));
    BOOST_TEST(!data->find_family(a.id)->gate.admits(a.id, a.epoch));
    BOOST_TEST(data->find_family(b.id)->gate.admits(b.id, b.epoch));
    BOOST_TEST(data->find_family(b.id)->user_version == 2U);
}

BOOST_AUTO_TEST_CASE(observing_a_version_waits_until_it_or_a_later_one_is_durable) {
    const user_id id = sign_up("ann");
    BOOST_TEST((*data->observe_user(id, 1) != ticket::none));
    log->sync();
    BOOST_TEST((*data->observe_user(id, 1) == ticket::none));
    BOOST_TEST((data->replace_user(changed(data->find_user(id)))->outcome == exchange_outcome::exchanged));
    BOOST_TEST((*data->observe_user(id, 1) == ticket::none));
    BOOST_TEST((*data->observe_user(id, 2) != ticket::none));
    log->sync();
    BOOST_TEST((*data->observe_user(id, 2) == ticket::none));
    BOOST_TEST((*data->observe_user(user_id{99}, 2) == ticket::none));
}

BOOST_AUTO_TEST_CASE(that_nobody_has_a_name_rests_on_the_record_that_gave_it_up) {
    const user_id id = sign_up("ann");
    log->sync();
    BOOST_TEST((*data->observe_absence("nobody") == ticket::none));
    BOOST_TEST((*data->observe_absence("ann") == ticket::none)); // somebody has it
    user renamed = changed(data->find_user(id));
    renamed.username = "anna";
    BOOST_TEST((data->replace_user(renamed)->outcome == exchange_outcome::exchanged));
    const ticket rests = *data->observe_absence("ann");
    BOOST_TEST((rests != ticket::none));
    log->sync();
    BOOST_TEST(data->is_durable(rests));
    BOOST_TEST((*data->observe_absence("ann") == ticket::none));
}

BOOST_AUTO_TEST_CASE(of_sign_ups_that_race_for_one_email_exactly_one_wins) {
    const background_sync syncing(*log);
    for (std::size_t round = 0; round < 50 * scale(); ++round) {
        std::atomic<int> won{0}, lost{0};
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&, t] {
                user u = person("u" + std::to_string(round));
                u.username = "n" + std::to_string(round) + "-" + std::to_string(t);
                const auto r = data->insert_user(u);
                ++(r.value().email_taken ? lost : won);
            });
        }
        for (std::thread& t : threads) {
            t.join();
        }
        BOOST_TEST(won == 1);
        BOOST_TEST(lost == 3);
    }
}

BOOST_AUTO_TEST_CASE(of_changes_that_race_on_one_version_exactly_one_wins) {
    const background_sync syncing(*log);
    const user_id id = sign_up("ann");
    constexpr std::uint64_t rounds = 200;
    std::atomic<std::uint64_t> won{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (std::uint64_t i = 0; i < rounds; ++i) {
                if (data->replace_user(changed(data->find_user(id)))->outcome == exchange_outcome::exchanged) {
                    ++won;
                }
            }
        });
    }
    for (std::thread& t : threads) {
        t.join();
    }
    BOOST_TEST(data->find_user(id)->version == 1 + won);
    data->maintain_once();
    BOOST_TEST(data->statistics().retired_pending == 0U);
}

BOOST_AUTO_TEST_CASE(log_with_one_login_name_of_two_users_is_refused_as_corrupt) {
    static_cast<void>(sign_up("ann"));
    log->sync();
    user other = person("ann");
    other.id = user_id{2};
    disk->log.push_back({static_cast<std::uint16_t>(record_type::user), record_version, encode_user(other), 2, {}});
    data.reset();
    BOOST_CHECK_EXCEPTION(start(), refused, [](const refused& e) { return e.kind() == exit_code::corrupt; });
}

BOOST_AUTO_TEST_CASE(authentic_nonsense_is_refused_and_a_later_format_is_told_apart) {
    struct row {
        std::uint16_t type, version;
        std::vector<std::uint8_t> body;
        exit_code expected;
    };
    const auto user_type = static_cast<std::uint16_t>(record_type::user);
    const row rows[] = {
        {user_type, record_version, {1, 2, 3}, exit_code::corrupt},
        {user_type, 2, {1, 2, 3}, exit_code::corrupt}, // of a user with attributes
        {user_type, 3, {1, 2, 3}, exit_code::corrupt}, // of one with factors
        {user_type, 4, {1, 2, 3}, exit_code::newer_format},
        {static_cast<std::uint16_t>(9 | critical_record_bit), 1, {}, exit_code::newer_format},
        {9, 1, {}, exit_code::none}, // an unknown one that may be skipped
    };
    for (const row& r : rows) {
        disk = std::make_shared<memory_disk>();
        disk->used = true;
        disk->log.push_back({r.type, r.version, r.body, 1, {}});
        data.reset();
        exit_code got = exit_code::none;
        try {
            start();
        } catch (const refused& e) {
            got = e.kind();
        }
        BOOST_TEST((got == r.expected));
    }
}

BOOST_AUTO_TEST_SUITE_END()
