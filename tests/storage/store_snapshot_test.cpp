// From a snapshot to the tables: any thread may read any part of it, and it may have things twice.
#include "store_fixture.hpp"

#include "storage/entity/record_codec.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

struct snapshot_fixture : store_fixture {
    std::vector<family_id> families;

    // Ten users with three families each, of which some have ended, and a snapshot of them.
    snapshot_fixture() {
        for (int i = 0; i < 10; ++i) {
            const user_id u = sign_up("u" + std::to_string(i));
            for (int n = 0; n < 3; ++n) {
                const family_facts f = facts_for(u);
                data->insert_family(f, family_word(), use("agent " + std::to_string(n))).value();
                families.push_back(f.id);
                if (n == i % 3) {
                    time.advance(seconds(5));
                    const family_word w = word_of(f.id);
                    data->exchange_family(f.id, w, w.with_status(family_status::logout), use()).value();
                }
            }
        }
        log->sync();
        BOOST_REQUIRE(data->snapshot_now());
        BOOST_REQUIRE(disk->log.empty());
    }

    std::map<std::string, std::string> state() {
        std::map<std::string, std::string> out;
        for (const family_id& id : families) {
            const family_details d = data->find_family_details(id).value();
            out["family " + to_hex(id)] = std::to_string(d.state.word.bits()) + " " +
                                          std::to_string(d.state.facts.user.value) + " " + d.last_use.agent + " " +
                                          std::to_string(d.state.user_version);
        }
        std::set<family_id> listed;
        for (std::uint64_t id = 1; id <= 10; ++id) {
            const user_ptr u = data->find_user(user_id{id});
            BOOST_REQUIRE(u != nullptr);
            BOOST_TEST(data->find_user_by_login(u->username) == u);
            BOOST_TEST(data->find_user_by_login(u->email) == u);
            for (const family_details& d : data->families_of(user_id{id})) {
                BOOST_TEST(listed.insert(d.state.facts.id).second);
                BOOST_TEST(d.state.facts.user.value == id);
            }
        }
        BOOST_TEST(listed.size() == families.size());
        const store_statistics s = data->statistics();
        out["counts"] = std::to_string(s.families) + " " + std::to_string(s.users) + " " +
                        std::to_string(s.login_names) + " " + std::to_string(s.user_agents) + " " +
                        std::to_string(s.next_user_id) + " " + std::to_string(s.recovered_families);
        for (std::size_t status = 0; status < s.families_by_status.size(); ++status) {
            out["of status " + std::to_string(status)] = std::to_string(s.families_by_status[status]);
        }
        return out;
    }

    memory_disk::stored created(const family_id& id, family_word word, const use_view& use) const {
        const family_details d = data->find_family_details(id).value();
        memory_disk::stored r;
        r.type = static_cast<std::uint16_t>(record_type::family_created);
        r.version = record_version;
        record_buffer buffer;
        const std::span<const std::uint8_t> body = buffer.encode(family_created_record{d.state.facts, word, 0, use});
        r.body.assign(body.begin(), body.end());
        return r;
    }
    void start_again() {
        data.reset();
        start();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_snapshot, snapshot_fixture)

BOOST_FIXTURE_TEST_CASE(what_a_family_was_granted_and_came_from_outlives_log_and_snapshot, store_fixture) {
    const user_id ann = sign_up("ann");
    family_facts plain = facts_for(ann), granted = facts_for(ann), bound = facts_for(ann);
    granted.grant.scopes.insert(200);
    granted.grant.apis[0] = 7;
    bound.grant = granted.grant;
    bound.origin.parent.bytes.fill(1);
    bound.origin.auth_time = time.now();
    bound.origin.acr = 1;
    const auto all_are_there = [&] {
        return data->find_family(plain.id).value().facts == plain &&
               data->find_family(granted.id).value().facts == granted &&
               data->find_family(bound.id).value().facts == bound;
    };
    for (const family_facts* const f : {&plain, &granted, &bound}) {
        data->insert_family(*f, family_word(), use()).value();
    }
    BOOST_TEST(all_are_there());
    log->sync();
    crash_and_start();
    BOOST_TEST(all_are_there());
    BOOST_REQUIRE(data->snapshot_now());
    crash_and_start();
    BOOST_TEST(all_are_there());
}

BOOST_AUTO_TEST_CASE(threads_that_share_a_snapshot_at_any_place_load_the_same_state) {
    start_again();
    const auto whole = state();
    const std::size_t records = disk->snapshot.size();
    for (std::size_t first = 0; first <= records; ++first) {
        disk->splits = {first, std::min(records, first + 1 + first % 7)};
        start_again();
        BOOST_TEST_CONTEXT("split at " << first) {
            BOOST_TEST((state() == whole));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_family_that_is_there_twice_is_one_and_the_later_word_counts_wherever_the_second_stands) {
    const family_id id = *std::ranges::find_if(families, [this](const family_id& f) { return word_of(f).live(); });
    const family_word later = rotated(rotated(word_of(id)));
    const memory_disk::stored second = created(id, later, {2, time.now(), {}, "later"});
    const std::vector<memory_disk::stored> once = disk->snapshot;
    const std::size_t alive = data->statistics().families_by_status[0];
    for (std::size_t at = 0; at <= once.size(); ++at) {
        disk->snapshot = once;
        disk->snapshot.insert(disk->snapshot.begin() + static_cast<std::ptrdiff_t>(at), second);
        disk->splits = at % 2 == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{at};
        start_again();
        BOOST_TEST_CONTEXT("second at " << at) {
            BOOST_TEST((word_of(id).facts() == later.facts()));
            BOOST_TEST(data->find_family_details(id)->last_use.agent == "later");
            BOOST_TEST(data->statistics().families == families.size());
            BOOST_TEST(data->statistics().families_by_status[0] == alive);
            const auto counts = state();
            BOOST_TEST(counts.at("counts").starts_with("30 10 20 "));
        }
    }
}

BOOST_AUTO_TEST_CASE(an_end_is_kept_whichever_of_two_says_so) {
    const family_id id = *std::ranges::find_if(families, [this](const family_id& f) { return word_of(f).live(); });
    const family_word ended = word_of(id).with_status(family_status::logout);
    const memory_disk::stored second = created(id, ended, {0, time.now(), {}, ""});
    disk->snapshot.insert(disk->snapshot.begin(), second);
    const std::size_t alive = data->statistics().families_by_status[0];
    start_again();
    BOOST_TEST(!word_of(id).live());
    BOOST_TEST(data->statistics().families_by_status[0] == alive - 1);
    std::ranges::rotate(disk->snapshot, disk->snapshot.begin() + 1); // the end is read last
    start_again();
    BOOST_TEST(!word_of(id).live());
    BOOST_TEST(data->statistics().families_by_status[0] == alive - 1);
}

BOOST_AUTO_TEST_CASE(a_word_in_a_snapshot_finds_its_family_behind_it) {
    const family_id id = *std::ranges::find_if(families, [this](const family_id& f) { return word_of(f).live(); });
    const family_word later = rotated(word_of(id));
    memory_disk::stored word;
    word.type = static_cast<std::uint16_t>(record_type::family_word);
    word.version = record_version;
    record_buffer buffer;
    const auto body = buffer.encode(family_word_record{id, later, 0, {1, time.now(), {}, "a word"}});
    word.body.assign(body.begin(), body.end());
    disk->snapshot.insert(disk->snapshot.begin(), word);
    start_again();
    BOOST_TEST((word_of(id).facts() == later.facts()));
    BOOST_TEST(data->statistics().words_without_family == 0U);
}

BOOST_AUTO_TEST_CASE(a_record_that_makes_no_sense_is_refused_whichever_thread_reads_it) {
    const std::vector<memory_disk::stored> good = disk->snapshot;
    for (std::size_t bad = 0; bad < good.size(); bad += 3) {
        disk->snapshot = good;
        disk->snapshot[bad].body.pop_back();
        disk->splits = {5, 20};
        data.reset();
        BOOST_CHECK_THROW(start(), refused);
    }
}

BOOST_AUTO_TEST_CASE(a_name_with_two_owners_is_refused_whichever_threads_come_upon_it) {
    disk->snapshot.clear();
    constexpr std::uint64_t users = 3500; // more than a thread takes at once
    for (std::uint64_t id = 1; id <= users; ++id) {
        user u = person("n" + std::to_string(id == users ? 7 : id));
        u.id = user_id{id};
        u.version = 1;
        memory_disk::stored r;
        r.type = static_cast<std::uint16_t>(record_type::user);
        r.version = record_version;
        r.body = encode_user(u);
        disk->snapshot.push_back(std::move(r));
    }
    disk->counts = {users, 0, users + 1};
    for (const std::vector<std::size_t>& splits : {std::vector<std::size_t>{}, {1000, 2000}}) {
        disk->splits = splits;
        data.reset();
        BOOST_CHECK_EXCEPTION(start(), refused, [](const refused& why) {
            return std::string_view(why.what()).find("users 7 and 3500 have the same login name") !=
                   std::string_view::npos;
        });
    }
    disk->snapshot.pop_back();
    start();
    BOOST_TEST(data->statistics().login_names == 2 * (users - 1));
    BOOST_TEST(data->find_user_by_login("n3499@example.com")->id.value == users - 1);
}

BOOST_AUTO_TEST_SUITE_END()
