// Clients, APIs, scopes and revoked tokens in the store: changes, names, numbers, what an answer rests on, restarts.
#include "store_fixture.hpp"

#include "storage/entity/all.hpp"
#include "storage/exit_code.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

client shop(const std::string& id = "shop") {
    client c;
    c.client_id = id;
    c.name = "The shop";
    c.client_credentials = true;
    c.scopes = {"orders:read"};
    c.apis = {"https://api.shop.example"};
    c.secrets = {{.serial = 1, .proof = {7}}};
    c.last_serial = 1;
    return c;
}
api orders(const std::string& identifier = "https://api.shop.example") {
    api a;
    a.identifier = identifier;
    return a;
}
scope reading(const std::string& name = "orders:read") {
    scope s;
    s.name = name;
    s.text_en = "Read your orders";
    s.api = "https://api.shop.example";
    return s;
}
revoked_token revoked(std::uint8_t id, timestamp expires_at, std::uint32_t of = 16) {
    return {token_id{{id}}, client_number{of}, expires_at};
}
client changed(const client_ptr& from) {
    client c = *from;
    ++c.version;
    return c;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_registry, store_fixture)

BOOST_AUTO_TEST_CASE(what_was_put_is_found_by_number_and_by_name_also_after_restarts_from_log_and_snapshot) {
    const put_result made = *data->put_client(shop());
    BOOST_TEST((made.outcome == put_outcome::done));
    BOOST_TEST(made.number == first_registered_client.value);
    const put_result api_made = *data->put_api(orders());
    BOOST_TEST(api_made.number == 1U);
    const put_result scope_made = *data->put_scope(reading());
    BOOST_TEST(scope_made.number == first_defined_scope);
    const revoked_token token = revoked(9, time.now() + seconds(600));
    BOOST_TEST((data->put_revoked(token)->outcome == put_outcome::done));
    client expected = shop();
    expected.number.value = made.number;
    for (int round = 0; round < 3; ++round) {
        BOOST_TEST_REQUIRE(data->find_client("shop") != nullptr);
        BOOST_TEST((*data->find_client("shop") == expected));
        BOOST_TEST((data->find_client(client_number{made.number}) == data->find_client("shop")));
        BOOST_TEST(data->find_client("Shop") == nullptr);
        BOOST_TEST(data->count_clients() == 1U);
        const catalogue_ptr all = data->find_catalogue();
        BOOST_TEST_REQUIRE(all->find_api("https://api.shop.example") != nullptr);
        BOOST_TEST(all->find_api("https://api.shop.example")->number.value == 1);
        BOOST_TEST_REQUIRE(all->find_scope("orders:read") != nullptr);
        BOOST_TEST(all->find_scope("orders:read")->text_en == "Read your orders");
        BOOST_TEST(data->is_revoked(token.id));
        BOOST_TEST(!data->is_revoked(token_id{{8}}));
        if (round == 1) {
            BOOST_TEST(data->snapshot_now());
        }
        restart();
    }
}

BOOST_AUTO_TEST_CASE(a_change_replaces_the_version_before_it_and_no_other) {
    const put_result made = *data->put_client(shop());
    client next = changed(data->find_client("shop"));
    next.name = "Another";
    BOOST_TEST((data->put_client(next)->outcome == put_outcome::done));
    BOOST_TEST((data->put_client(next)->outcome == put_outcome::conflict)); // its version is here
    next.number.value = made.number + 1;
    BOOST_TEST((data->put_client(next)->outcome == put_outcome::gone));
    client renamed = changed(data->find_client("shop"));
    renamed.client_id = "shop2";
    BOOST_TEST((data->put_client(renamed).error().code == errc::validation_failed)); // a client_id never changes
    restart();
    BOOST_TEST(data->find_client("shop")->name == "Another");
    BOOST_TEST(data->find_client("shop")->version == 2U);
}

BOOST_AUTO_TEST_CASE(a_name_is_one_records_until_that_is_removed_and_no_number_is_given_twice) {
    const put_result made = *data->put_client(shop());
    const put_result again = *data->put_client(shop());
    BOOST_TEST((again.outcome == put_outcome::taken));
    BOOST_TEST((again.wait_for == made.wait_for)); // which is not durable yet
    client gone = changed(data->find_client("shop"));
    gone.removed = true;
    BOOST_TEST((data->put_client(gone)->outcome == put_outcome::done));
    BOOST_TEST(data->find_client("shop") == nullptr);
    BOOST_TEST(data->find_client(client_number{made.number}) == nullptr);
    BOOST_TEST((data->put_client(gone)->outcome == put_outcome::gone));
    restart();
    BOOST_TEST(data->snapshot_now());
    restart();
    BOOST_TEST(data->count_clients() == 0U);
    const put_result second = *data->put_client(shop());
    BOOST_TEST((second.outcome == put_outcome::done));
    BOOST_TEST(second.number == made.number + 1);
    restart();
    BOOST_TEST(data->find_client("shop")->number.value == second.number);
}

BOOST_AUTO_TEST_CASE(of_a_client_that_is_removed_no_secret_stays) {
    static_cast<void>(*data->put_client(shop()));
    client gone = changed(data->find_client("shop"));
    gone.removed = true;
    static_cast<void>(*data->put_client(gone));
    const auto queued = log->queued_records();
    client kept;
    const memory_disk::stored& last = queued.back().second;
    BOOST_TEST((decode({last.type, last.version, last.body, 1, {}}, kept) == decoding::ok));
    BOOST_TEST((kept == tombstone_of(gone)));
    BOOST_TEST(kept.secrets.empty());
    BOOST_TEST(kept.scopes.empty());
}

BOOST_AUTO_TEST_CASE(an_answer_rests_on_the_latest_change_until_that_is_durable) {
    BOOST_TEST((data->rests_on() == ticket::none));
    const put_result first = *data->put_client(shop());
    BOOST_TEST((data->rests_on() == first.wait_for));
    const put_result second = *data->put_api(orders());
    BOOST_TEST((data->rests_on() == second.wait_for));
    log->sync();
    BOOST_TEST((data->rests_on() == ticket::none));
    BOOST_TEST((data->put_client(shop())->wait_for == ticket::none)); // a refusal that rests on nothing any more
}

// A change is published before its record has a number: who saw it must not be told that nothing is to be waited for.
BOOST_AUTO_TEST_CASE(who_sees_a_change_is_told_to_wait_for_its_record_and_not_for_the_one_before) {
    log->sync();
    std::atomic<bool> seen{false};
    std::thread reader;
    ticket told{};
    log->before_next_enqueue = [&] {
        reader = std::thread([&] {
            seen = data->find_client("shop") != nullptr;
            told = data->rests_on();
        });
        while (!seen) {
            std::this_thread::yield();
        }
    };
    const put_result made = *data->put_client(shop());
    reader.join();
    BOOST_TEST((told == made.wait_for));
}

BOOST_AUTO_TEST_CASE(what_ends_something_uses_the_reserved_tail_and_nothing_else_does) {
    static_cast<void>(*data->put_client(shop()));
    static_cast<void>(*data->put_api(orders()));
    log->ordinary_room = 0;
    const auto is_refused = [](const result<put_result>& r) {
        return r.has_error() && r.error().code == errc::storage_unavailable;
    };
    BOOST_TEST(is_refused(data->put_client(shop("other"))));
    client next = changed(data->find_client("shop"));
    next.name = "Another";
    BOOST_TEST(is_refused(data->put_client(next)));
    BOOST_TEST(data->find_client("shop")->version == 1U); // a refused change changes nothing
    next.enabled = false;
    BOOST_TEST((data->put_client(next)->outcome == put_outcome::done));
    next = changed(data->find_client("shop"));
    next.raise_epoch();
    BOOST_TEST((data->put_client(next)->outcome == put_outcome::done));
    BOOST_TEST((data->put_revoked(revoked(1, time.now() + seconds(60)))->outcome == put_outcome::done));
    api gone = *data->find_catalogue()->find_api("https://api.shop.example");
    ++gone.version;
    gone.removed = true;
    BOOST_TEST((data->put_api(gone)->outcome == put_outcome::done));
    next = changed(data->find_client("shop"));
    next.removed = true;
    BOOST_TEST((data->put_client(next)->outcome == put_outcome::done));
    log->ending_room = 0;
    BOOST_TEST(is_refused(data->put_revoked(revoked(2, time.now() + seconds(60)))));
    BOOST_TEST(!data->is_revoked(token_id{{2}}));
    BOOST_TEST(log->reserved() == 0);
}

BOOST_AUTO_TEST_CASE(what_no_program_writes_is_refused_before_it_is_written) {
    const auto refused = [&](const client& c) {
        const auto done = data->put_client(c);
        return done.has_error() && done.error().code == errc::validation_failed;
    };
    BOOST_TEST(refused(client{})); // no client_id
    BOOST_TEST(refused(shop(std::string(client_id_size_max + 1, 'a'))));
    client c = shop();
    c.secrets.resize(client_secrets_max + 1);
    BOOST_TEST(refused(c));
    c = shop();
    c.last_serial = 0; // below that of a secret
    BOOST_TEST(refused(c));
    c = shop();
    c.redirect_uris.assign(client_uris_max + 1, "https://a");
    BOOST_TEST(refused(c));
    c = shop();
    c.redirect_uris.assign(client_uris_max, std::string(client_uri_size_max, 'a'));
    c.post_logout_redirect_uris = c.redirect_uris; // each within its bound, but no record holds both
    BOOST_TEST(refused(c));
    c = shop();
    c.removed = true; // a new one
    BOOST_TEST(refused(c));
    BOOST_TEST(data->put_revoked(revoked(1, time.now(), 0)).has_error()); // the first party's have a family
    BOOST_TEST(log->queue_size() == 0U);
    BOOST_TEST(log->reserved() == 0);
}

BOOST_AUTO_TEST_CASE(a_revoked_token_is_forgotten_once_it_would_have_expired_and_is_in_no_snapshot_then) {
    static_cast<void>(*data->put_revoked(revoked(1, time.now() + seconds(60))));
    static_cast<void>(*data->put_revoked(revoked(2, time.now() + seconds(600))));
    BOOST_TEST((data->put_revoked(revoked(1, time.now() + seconds(60)))->outcome == put_outcome::done)); // once more
    log->sync();
    time.advance(seconds(59));
    data->maintain_once();
    BOOST_TEST(data->is_revoked(token_id{{1}}));
    time.advance(seconds(1));
    BOOST_TEST(data->snapshot_now());
    const auto count = std::ranges::count_if(
        disk->snapshot, [](const memory_disk::stored& r) { return r.type == type_of<revoked_token>; });
    BOOST_TEST(count == 1);
    BOOST_TEST(data->is_revoked(token_id{{1}}));
    data->maintain_once();
    BOOST_TEST(!data->is_revoked(token_id{{1}}));
    BOOST_TEST(data->is_revoked(token_id{{2}}));
    BOOST_TEST(data->statistics().revoked_tokens == 1U);
}

BOOST_AUTO_TEST_CASE(a_client_has_so_many_revoked_tokens_and_no_more_until_some_expire) {
    const timestamp soon = time.now() + seconds(60);
    revoked_token token = revoked(0, soon);
    for (std::size_t i = 0; i < revoked_tokens_max; ++i) {
        token.id.bytes = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8U), 1};
        BOOST_REQUIRE((data->put_revoked(token)->outcome == put_outcome::done));
    }
    BOOST_TEST((data->put_revoked(revoked(200, soon))->outcome == put_outcome::full));
    BOOST_TEST((data->put_revoked(token)->outcome == put_outcome::done));                  // it is revoked
    BOOST_TEST((data->put_revoked(revoked(200, soon, 17))->outcome == put_outcome::done)); // another client's
    restart();
    BOOST_TEST((data->put_revoked(revoked(201, soon))->outcome == put_outcome::full));
    time.advance(seconds(60));
    data->maintain_once();
    BOOST_TEST((data->put_revoked(revoked(201, time.now() + seconds(60)))->outcome == put_outcome::done));
}

BOOST_AUTO_TEST_CASE(all_numbers_of_scopes_used_up_those_of_removed_ones_are_given_again_where_no_family_has_them) {
    const user_id ann = sign_up("ann");
    family_facts granted = facts_for(ann);
    granted.grant.scopes.insert(19);
    data->insert_family(granted, family_word(), use()).value();
    for (int i = first_defined_scope; i < scopes_max; ++i) {
        BOOST_REQUIRE((data->put_scope(reading("s" + std::to_string(i)))->outcome == put_outcome::done));
    }
    BOOST_TEST((data->put_scope(reading("one-more"))->outcome == put_outcome::full));
    const auto remove = [&](const char* name) {
        scope gone = *data->find_catalogue()->find_scope(name);
        ++gone.version;
        gone.removed = true;
        BOOST_TEST((data->put_scope(gone)->outcome == put_outcome::done));
        return gone;
    };
    remove("s19");
    const scope gone = remove("s20");
    BOOST_TEST((data->put_scope(reading("one-more"))->outcome == put_outcome::full)); // a login may be under way
    restart();
    BOOST_TEST(data->put_scope(reading("one-more"))->number == gone.number.value);
    BOOST_TEST(data->find_catalogue()->find_scope("one-more")->version == gone.version + 1); // newer than the tombstone
    BOOST_TEST((data->put_scope(reading("yet-another"))->outcome == put_outcome::full));
    restart();
    BOOST_TEST(data->snapshot_now());
    restart();
    BOOST_TEST(data->find_catalogue()->find_scope("one-more")->number.value == gone.number.value);
    BOOST_TEST(data->find_catalogue()->find_scope("s20") == nullptr);
}

BOOST_AUTO_TEST_CASE(clients_are_listed_in_the_order_of_their_numbers) {
    for (const char* const id : {"d", "a", "c", "b"}) {
        static_cast<void>(*data->put_client(shop(id)));
    }
    client gone = changed(data->find_client("a"));
    gone.removed = true;
    static_cast<void>(*data->put_client(gone));
    std::string seen;
    for (auto some = data->clients_after({}, 2); !some.empty(); some = data->clients_after(some.back()->number, 2)) {
        for (const client_ptr& c : some) {
            seen += c->client_id;
        }
    }
    BOOST_TEST(seen == "dcb");
}

BOOST_AUTO_TEST_CASE(what_another_store_had_is_added_with_its_number_and_nothing_is_changed_for_it) {
    static_cast<void>(*data->put_client(shop()));
    client other = shop("other");
    other.number.value = 40;
    other.version = 7;
    BOOST_TEST((data->import_client(other)->outcome == import_outcome::added));
    BOOST_TEST((data->import_client(other)->outcome == import_outcome::same));
    client same_number = other;
    same_number.name = "Another";
    BOOST_TEST((data->import_client(same_number)->outcome == import_outcome::id_taken));
    client same_name = shop();
    same_name.number.value = 41;
    BOOST_TEST((data->import_client(same_name)->outcome == import_outcome::name_taken));
    client none = shop("none");
    none.number.value = 15; // the server's own
    BOOST_TEST((data->import_client(none)->outcome == import_outcome::refused));
    client gone = other;
    gone.number.value = 50;
    gone.removed = true;
    gone = tombstone_of(gone);
    BOOST_TEST((data->import_client(gone)->outcome == import_outcome::added)); // a tombstone has no name to hold
    BOOST_TEST(data->put_client(shop("next"))->number == 51U);
    restart();
    BOOST_TEST(data->find_client("other")->number.value == 40U);
    BOOST_TEST(data->find_client("other")->version == 7U);
    BOOST_TEST((data->import_client(gone)->outcome == import_outcome::same));
}

BOOST_AUTO_TEST_CASE(a_store_with_two_clients_of_one_name_is_refused) {
    static_cast<void>(*data->put_client(shop()));
    client twin = *data->find_client("shop");
    ++twin.number.value;
    log->sync();
    const std::vector<std::uint8_t> body = encode_body(twin);
    disk->log.push_back({type_of<client>, 1, body, disk->next_lsn++, time.now_ms()});
    BOOST_CHECK_EXCEPTION(restart(), refused, [](const refused& why) {
        return std::string(why.what()).find("clients 16 and 17 have the same name") != std::string::npos &&
               why.kind() == exit_code::corrupt;
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(store_registry_race, store_fixture)

BOOST_AUTO_TEST_CASE(of_many_threads_that_put_one_version_exactly_one_wins) {
    static_cast<void>(*data->put_client(shop()));
    const std::uint64_t versions = 200 * scale();
    std::vector<std::atomic<int>> winners(versions + 2);
    const background_sync syncing(*log);
    together(16, [&](std::size_t i) {
        for (;;) {
            client next = changed(data->find_client("shop"));
            if (next.version > versions) {
                return;
            }
            next.name = std::to_string(i);
            if (data->put_client(next)->outcome == put_outcome::done) {
                ++winners[next.version];
            }
            static_cast<void>(data->rests_on());
        }
    });
    for (std::uint64_t v = 2; v <= versions; ++v) {
        BOOST_TEST(winners[v] == 1);
    }
    BOOST_TEST(log->reserved() == 0);
}

BOOST_AUTO_TEST_CASE(of_many_threads_that_want_one_name_one_has_it_at_a_time) {
    std::atomic<int> holders{0}, most{0}, refused{0};
    {
        const background_sync syncing(*log);
        together(8, [&](std::size_t) {
            for (std::size_t round = 0; round < 50 * scale(); ++round) {
                const put_result made = *data->put_client(shop());
                if (made.outcome != put_outcome::done) {
                    static_cast<void>(data->is_revoked(token_id{{1}}));
                    continue;
                }
                most = std::max(most.load(), ++holders);
                client gone = changed(data->find_client(client_number{made.number}));
                gone.removed = true;
                --holders;
                refused += data->put_client(gone)->outcome == put_outcome::done ? 0 : 1;
            }
        });
    }
    BOOST_TEST(most == 1);
    BOOST_TEST(refused == 0);
    restart();
    BOOST_TEST(data->count_clients() == 0U);
}

// A reader takes what it finds, the maintenance frees what was replaced, and the revoked come and go.
BOOST_AUTO_TEST_CASE(lookups_go_on_while_everything_changes) {
    static_cast<void>(*data->put_client(shop()));
    static_cast<void>(*data->put_api(orders()));
    const background_sync syncing(*log);
    std::atomic<bool> done{false};
    std::atomic<int> faults{0};
    together(4, [&](std::size_t i) {
        for (std::uint32_t round = 0; i == 0 && round < 300 * scale(); ++round) {
            client next = changed(data->find_client("shop"));
            next.scopes.push_back("s" + std::to_string(round % 200));
            next.scopes.erase(next.scopes.begin());
            static_cast<void>(*data->put_client(next));
            revoked_token token = revoked(1, time.now() + seconds(1));
            token.id.bytes[1] = static_cast<std::uint8_t>(round);
            static_cast<void>(*data->put_revoked(token));
            time.advance(seconds(round % 3));
            data->maintain_once();
            done = round + 1 == 300 * scale();
        }
        while (!done) {
            const client_ptr found = data->find_client("shop");
            const bool whole = found != nullptr && found->scopes.size() == 1 &&
                               data->find_catalogue()->find_api("https://api.shop.example") != nullptr;
            faults += whole ? 0 : 1;
            static_cast<void>(data->is_revoked(token_id{{1, static_cast<std::uint8_t>(faults + 7)}}));
        }
    });
    BOOST_TEST(faults == 0);
}

BOOST_AUTO_TEST_SUITE_END()
