#include "storage/map/rcu.hpp"

#include "store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

BOOST_FIXTURE_TEST_SUITE(store_race, store_fixture)

BOOST_AUTO_TEST_CASE(of_64_threads_that_rotate_one_family_exactly_one_wins_each_generation) {
    const family_facts f = log_in(sign_up("ann"));
    const std::uint32_t generations = 200 * static_cast<std::uint32_t>(scale());
    std::vector<std::atomic<int>> winners(generations + 64 + 1);
    const background_sync syncing(*log);
    together(64, [&](std::size_t) {
        for (;;) {
            const family_word seen = word_of(f.id);
            if (seen.generation() >= generations) {
                return;
            }
            const auto r = data->exchange_family(f.id, seen, rotated(seen), use());
            if (r->outcome == exchange_outcome::exchanged) {
                ++winners[seen.generation()];
            }
        }
    });
    for (std::uint32_t g = 0; g < generations; ++g) {
        BOOST_TEST(winners[g] == 1);
    }
    BOOST_TEST(log->reserved() == 0);
}

BOOST_AUTO_TEST_CASE(nothing_rotates_after_the_family_ended) {
    const user_id u = sign_up("ann");
    const background_sync syncing(*log);
    for (std::size_t round = 0; round < 50 * scale(); ++round) {
        const family_facts f = log_in(u);
        std::atomic<bool> ended{false};
        std::atomic<int> late{0}, ends{0};
        together(4, [&](std::size_t i) {
            for (int n = 0; n < 20; ++n) {
                const bool was_over = ended.load();
                const family_word seen = word_of(f.id);
                if (!seen.live()) {
                    static_cast<void>(data->observe_family(f.id, seen));
                    return;
                }
                if (i == 0 && n == 10) {
                    if (data->exchange_family(f.id, seen, seen.with_status(family_status::reuse), use())->outcome ==
                        exchange_outcome::exchanged) {
                        ended = true;
                        ++ends;
                    }
                } else if (data->exchange_family(f.id, seen, rotated(seen), use())->outcome ==
                               exchange_outcome::exchanged &&
                           was_over) {
                    ++late;
                }
                data->confirm_family(f.id, seen.generation());
            }
        });
        BOOST_TEST(late == 0);
        BOOST_TEST(ends <= 1);
        BOOST_TEST(word_of(f.id).live() == (ends == 0));
    }
}

BOOST_AUTO_TEST_CASE(word_and_gate_are_of_one_moment) {
    const user_id u = sign_up("ann");
    const family_facts f = log_in(u);
    const background_sync syncing(*log);
    std::atomic<bool> stop{false};
    std::atomic<int> inconsistent{0};
    const std::size_t rounds = 500 * scale();
    together(3, [&](std::size_t i) {
        if (i == 0) {
            for (std::size_t n = 0; n < rounds; ++n) {
                user next = *data->find_user(u);
                ++next.version;
                ++next.gate.epoch;
                static_cast<void>(data->replace_user(next));
                // Gate first, word after: at no moment is the word ahead, or more than one behind.
                const family_word w = word_of(f.id);
                static_cast<void>(data->exchange_family(f.id, w, rotated(w), use()));
                if (n % 16 == 0) {
                    data->maintain_once(); // frees old versions under the readers
                }
            }
            stop = true;
            return;
        }
        std::uint64_t last = 0;
        while (!stop) {
            const family_state s = *data->find_family(f.id);
            const std::uint32_t behind = s.gate.epoch - s.word.generation();
            if (s.gate.epoch + 1 != s.user_version || s.user_version < last || behind > 1) {
                ++inconsistent;
            }
            last = s.user_version;
            const user_ptr record = data->find_user_by_login("ann");
            if (record == nullptr || record->gate.epoch + 1 != record->version) {
                ++inconsistent;
            }
        }
    });
    BOOST_TEST(inconsistent == 0);
}

BOOST_AUTO_TEST_CASE(last_use_is_never_a_freed_one) {
    const family_facts f = log_in(sign_up("ann"));
    const background_sync syncing(*log);
    std::atomic<bool> stop{false};
    std::atomic<int> garbled{0};
    together(4, [&](std::size_t i) {
        if (i == 0) {
            for (std::size_t n = 0; n < 300 * scale(); ++n) {
                data->maintain_once();
            }
            stop = true;
            return;
        }
        for (std::size_t n = 0; !stop; ++n) {
            if (i == 1) {
                const auto found = data->find_family_details(f.id);
                const std::string& agent = found->last_use.agent;
                if (agent != "curl/8" && agent.rfind("a rather long user agent ", 0) != 0) {
                    ++garbled;
                }
            } else {
                const family_word seen = word_of(f.id);
                if (seen.generation() == family_word::generation_max) {
                    return;
                }
                const std::string agent = "a rather long user agent " + std::to_string(n % 3);
                static_cast<void>(data->exchange_family(f.id, seen, rotated(seen), use(agent)));
            }
        }
    });
    BOOST_TEST(garbled == 0);
    data->maintain_once();
    BOOST_TEST(data->statistics().user_agents == 1U); // one family, one last use
}

BOOST_AUTO_TEST_CASE(swept_families_are_not_freed_while_a_reader_may_hold_them) {
    options.dead_retention = seconds(0);
    restart();
    const family_facts f = log_in(sign_up("ann"));
    static_cast<void>(
        data->exchange_family(f.id, family_word(), family_word().with_status(family_status::logout), use()));
    time.advance(seconds(1));
    data->maintain_once();
    data->snapshot_now();
    data->snapshot_now();
    std::atomic<bool> reading{false};
    std::atomic<std::size_t> freed_meanwhile{0};
    std::thread reader([&] {
        const rcu_read_guard section;
        reading = true;
        for (int i = 0; i < 5000; ++i) { // time enough for a sweep that does not wait
            std::this_thread::yield();
            freed_meanwhile += data->statistics().families_dropped;
        }
    });
    while (!reading) {
        std::this_thread::yield();
    }
    data->maintain_once();
    reader.join();
    BOOST_TEST(freed_meanwhile == 0U);
    BOOST_TEST(data->statistics().families_dropped == 1U);
}

BOOST_AUTO_TEST_CASE(families_of_many_users_are_created_ended_listed_and_swept_at_once) {
    options.dead_retention = seconds(0);
    restart();
    std::vector<user_id> users;
    for (int i = 0; i < 4; ++i) {
        users.push_back(sign_up("u" + std::to_string(i)));
    }
    const background_sync syncing(*log);
    std::atomic<int> working{3};
    std::atomic<unsigned> refused_ones{0};
    const std::size_t rounds = 400 * scale();
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
            const user_id u = users[own() % users.size()];
            family_facts f;
            for (std::uint8_t& b : f.id.bytes) {
                b = static_cast<std::uint8_t>(own());
            }
            f.user = u;
            f.created_at = time.now();
            f.idle_ttl = f.absolute_ttl = seconds(1'000'000);
            refused_ones += data->insert_family(f, family_word(), use()).has_value() ? 0U : 1U;
            if (n % 8 == 0) {
                for (const family_details& d : data->families_of(u)) {
                    const family_word w = d.state.word;
                    if (w.live()) {
                        static_cast<void>(
                            data->exchange_family(d.state.facts.id, w, w.with_status(family_status::logout), use()));
                    }
                }
            }
        }
        --working;
    });
    time.advance(seconds(1)); // an end counts from the second after it
    for (int i = 0; i < 4; ++i) {
        data->snapshot_now();
        data->maintain_once();
    }
    BOOST_TEST(refused_ones == 0U);
    const store_statistics s = data->statistics();
    BOOST_TEST(s.families_by_status[static_cast<std::size_t>(family_status::logout)] == 0U);
    BOOST_TEST(s.families == s.families_by_status[static_cast<std::size_t>(family_status::live)]);
    std::size_t listed = 0;
    for (const user_id u : users) {
        listed += data->families_of(u).size();
    }
    BOOST_TEST(listed == s.families);
    BOOST_TEST(s.families_dropped + s.families == 3 * rounds);
    BOOST_TEST(log->reserved() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
