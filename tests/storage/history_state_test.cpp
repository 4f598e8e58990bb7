// What a reader builds from the files is what the store holds.
#include "storage/history/log_reader.hpp"
#include "storage/history/state_builder.hpp"
#include "tests/storage/history_fixture.hpp"

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

void check_same(const past_state& state, const embedded_store& data) {
    for (const auto& [id, u] : state.users) {
        const user_ptr there = data.find_user(user_id{id});
        BOOST_TEST((there == nullptr) == u.deleted);
        if (there) {
            BOOST_TEST(there->version == u.version);
            BOOST_TEST(there->email == u.email);
            BOOST_TEST(there->gate.epoch == u.gate.epoch);
        }
    }
    for (const auto& [id, f] : state.families) {
        const auto there = data.find_family_details(id);
        BOOST_TEST_REQUIRE(there.has_value());
        BOOST_TEST((there->state.word.facts() == f.word.facts()));
        BOOST_TEST((there->last_use.at == f.used_at));
        BOOST_TEST(there->last_use.agent == (f.agent == nullptr ? "" : *f.agent));
    }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(history_state, history_fixture)

BOOST_AUTO_TEST_CASE(the_state_of_files_is_that_of_the_store_running_and_stopped_with_and_without_snapshots) {
    const user_id ann = add_user("ann"), ben = add_user("ben"), cas = add_user("cas");
    std::uint8_t number = 0;
    for (int round = 0; round < 3; ++round) {
        for (const user_id u : {ann, ben}) {
            for (int i = 0; i < 10; ++i) {
                const family_id id = add_family(u, ++number);
                time.advance(seconds(3));
                rotate(id, "192.0.2.4", "agent" + std::to_string(i));
                if (i % 3 == 0) {
                    end(id, family_status::logout);
                }
            }
        }
        close(ann, gate_reason::password_change);
        if (round == 1) {
            close(cas, gate_reason::deleted);
        }
        directory_view live = view();
        const past_state running = build_state(live);
        BOOST_TEST(running.users.size() == 3U);
        BOOST_TEST(running.families.size() == number);
        check_same(running, *data);
        reopen();
        directory_view stopped = view();
        check_same(build_state(stopped), *data);
        BOOST_TEST(data->snapshot_now());
    }
}

BOOST_AUTO_TEST_CASE(the_state_at_a_record_and_at_a_time_is_what_it_was_then) {
    const user_id ann = add_user("ann");
    const family_id id = add_family(ann, 1);
    struct point {
        std::uint64_t lsn;
        timestamp_ms time;
        std::uint32_t generation;
    };
    std::vector<point> points;
    for (std::uint32_t g = 1; g <= 6; ++g) {
        time.advance(seconds(10));
        rotate(id);
        directory_view v = view();
        points.push_back({build_state(v).last_lsn, timestamp_ms(now()), g});
        if (g == 3) {
            BOOST_TEST(data->snapshot_now());
        }
    }
    stop();
    directory_view v = view();
    for (const point& p : points) {
        for (const state_limit& limit :
             {state_limit{.lsn = p.lsn, .time = {}}, state_limit{.lsn = {}, .time = p.time}}) {
            BOOST_TEST(build_state(v, limit).families.at(id).word.generation() == p.generation);
        }
    }
    BOOST_TEST(build_state(v, {.lsn = 1, .time = {}}).families.empty());
    BOOST_TEST(read_snapshot_state(v, v.current().snapshots.front().lsn).families.at(id).word.generation() == 3U);
}

BOOST_AUTO_TEST_CASE(a_time_that_is_no_longer_kept_is_refused) {
    options.directory.log_retention_bytes = 0;
    reopen();
    const user_id ann = add_user("ann");
    for (int i = 0; i < 3; ++i) {
        change(ann, [](user& u) { u.surname += "x"; });
        BOOST_TEST(data->snapshot_now());
    }
    stop();
    directory_view v = view();
    BOOST_CHECK_EXCEPTION(build_state(v, {.lsn = 1, .time = {}}), refused,
                          [](const refused& r) { return r.kind() == exit_code::usage; });
}

BOOST_AUTO_TEST_CASE(a_reader_goes_on_where_it_ended_across_segments) {
    const user_id ann = add_user("ann");
    directory_view v = view();
    log_reader log(v, v.first_kept());
    std::uint64_t records = 0;
    const auto read = [&] {
        while (const auto frame = log.next()) {
            records += frame->fields.n_records;
        }
        BOOST_TEST((log.end().kind == exit_code::none));
        return records;
    };
    BOOST_TEST(read() == 1U);
    for (std::uint64_t i = 2; i < 6; ++i) {
        change(ann, [](user& u) { u.surname += "x"; });
        BOOST_TEST(read() == i);
        BOOST_TEST(data->snapshot_now()); // goes on in the next segment
    }
    BOOST_TEST(log.expected().segno == 4U);
}

BOOST_AUTO_TEST_CASE(nothing_in_the_directory_can_be_changed_through_a_view) {
    add_user("ann");
    directory_view v = view();
    std::error_code ec;
    BOOST_TEST(v.files().open("x", open_mode::create, ec) == nullptr);
    BOOST_TEST((ec == std::errc::read_only_file_system));
    BOOST_TEST(v.files().open(segment_name(1), open_mode::write, ec) == nullptr);
    BOOST_TEST((v.files().remove(segment_name(1)) == std::errc::read_only_file_system));
    BOOST_TEST((v.files().rename("a", "b") == std::errc::read_only_file_system));
    long pid = 0;
    BOOST_TEST((v.files().lock("LOCK", pid) == std::errc::read_only_file_system));
    BOOST_TEST(v.is_in_use());
    stop();
    BOOST_TEST(!v.is_in_use());
}

BOOST_AUTO_TEST_SUITE_END()
