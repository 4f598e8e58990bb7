// What is told of a session's life is what the store did.
#include "storage/history/timeline.hpp"
#include "tests/storage/history_fixture.hpp"

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

std::string kinds(const timeline& t) {
    std::string out;
    for (const timeline_moment& m : t.moments) {
        out += (out.empty() ? "" : " ") + std::string(name_of(m.kind));
    }
    return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(history_timeline, history_fixture)

BOOST_AUTO_TEST_CASE(a_life_is_told_in_order_with_times_and_places_beside_the_running_store) {
    const user_id ann = add_user("ann"), ben = add_user("ben");
    time.advance(seconds(5));
    const timestamp login = now();
    const family_id id = add_family(ann, 1), other = add_family(ben, 2);
    time.advance(seconds(60));
    rotate(id, "192.0.2.7", "phone");
    rotate(other);
    time.advance(seconds(60));
    security_event event;
    event.kind = event_kind::reuse_detected;
    event.user = ann;
    event.family = id;
    event.generation_presented = 0;
    event.generation_current = 1;
    event.presented = use_from("203.0.113.9", "thief", now());
    event.last = use_from("192.0.2.7", "phone", login + seconds(60));
    end(id, family_status::reuse);
    wait(data->append_event(event));

    directory_view v = view();
    BOOST_TEST(v.is_in_use()); // and it is read all the same
    const timeline t = read_timeline(v, id, now());
    BOOST_TEST(t.known);
    BOOST_TEST(!t.alive);
    BOOST_TEST(kinds(t) == "created rotated ended reuse_found");
    BOOST_TEST(t.user_name == "ann");
    BOOST_TEST((to_seconds(t.moments[0].at) == login));
    BOOST_TEST(t.moments[0].agent == "login");
    BOOST_TEST((to_seconds(t.moments[1].at) == login + seconds(60)));
    BOOST_TEST(to_text(t.moments[1].address) == "192.0.2.7");
    BOOST_TEST(t.moments[1].agent == "phone");
    BOOST_TEST(t.moments[1].generation == 1U);
    BOOST_TEST((to_seconds(t.moments[2].at) == login + seconds(120)));
    BOOST_TEST(t.moments[3].evidence->presented.agent == "thief");
    BOOST_TEST(t.moments[3].evidence->last.agent == "phone");
    BOOST_TEST(why(t).sentence.find("203.0.113.9 (thief)") != std::string::npos);
    BOOST_TEST(kinds(read_timeline(v, other, now())) == "created rotated");
}

BOOST_AUTO_TEST_CASE(gates_of_its_user_are_part_of_its_life_and_those_before_it_are_not) {
    const user_id ann = add_user("ann");
    close(ann, gate_reason::logout_all);
    time.advance(seconds(10));
    const family_id id = add_family(ann, 1);
    time.advance(seconds(10));
    change(ann, [](user& u) { u.first_name = "Ann"; });
    close(ann, gate_reason::disabled);
    time.advance(seconds(10));
    change(ann, [](user& u) { u.gate.enabled = true; });
    directory_view v = view();
    const timeline t = read_timeline(v, id, now());
    BOOST_TEST(kinds(t) == "created gate_closed gate_opened");
    BOOST_TEST((t.moments[1].reason == gate_reason::disabled));
    BOOST_TEST(name_of(why(t).cause) == name_of(end_cause::disabled));
}

BOOST_AUTO_TEST_CASE(a_session_is_dead_where_its_client_or_its_browser_session_is_and_the_sentence_says_so) {
    const user_id ann = add_user("ann");
    client shop;
    shop.client_id = "shop";
    shop.number.value = data->put_client(shop)->number;
    const family_id browser = add_family(ann, 1);
    const auto add = [&](std::uint8_t number, const family_id& parent) {
        family_facts f = data->find_family(browser)->facts;
        f.id.bytes.fill(number);
        f.client = shop.number;
        f.origin.parent = parent;
        wait(data->insert_family(f, family_word(), use_from("192.0.2.1", "login", now()))->wait_for);
        return f.id;
    };
    const family_id bound = add(2, browser), unbound = add(3, {}), lost = add(4, family_id{{9}});
    const auto tell = [&](const family_id& id) {
        directory_view v = view();
        timeline t = read_timeline(v, id, now());
        BOOST_TEST(t.alive == alive(*data->find_family(id), now())); // as the server says
        return t;
    };
    BOOST_TEST(tell(bound).alive);
    BOOST_TEST(tell(unbound).alive);
    BOOST_TEST(why(tell(lost)).sentence == "The browser session that this hung on is no longer there.");

    time.advance(seconds(10));
    end(browser, family_status::signed_out);
    timeline t = tell(bound);
    BOOST_TEST(!t.alive);
    BOOST_TEST(name_of(why(t).cause) == name_of(end_cause::signed_out));
    BOOST_TEST((t.parent_ended_at == now()));
    BOOST_TEST(tell(unbound).alive);

    const auto edit = [&](auto&& change) {
        client next = *data->find_client(shop.number);
        ++next.version;
        change(next);
        wait(data->put_client(next)->wait_for);
    };
    edit([](client& c) { c.enabled = false; });
    t = tell(unbound);
    BOOST_TEST(!t.alive);
    BOOST_TEST(why(t).sentence == "The client shop is disabled: while it is, its sessions are dead.");
    edit([&](client& c) {
        c.enabled = true;
        c.raise_epoch();
        c.epoch_raised_at = now();
    });
    BOOST_TEST(why(tell(unbound)).sentence.starts_with("All sessions of the client shop were ended at "));
    edit([&](client& c) { c.removed = true; });
    data->snapshot_now();
    data->snapshot_now(); // with the log before the first of them gone
    t = tell(unbound);
    BOOST_TEST(why(t).sentence.starts_with("The client shop was removed at "));
    BOOST_TEST(name_of(why(t).cause) == name_of(end_cause::client));
    BOOST_TEST(name_of(why(tell(bound)).cause) == name_of(end_cause::client)); // both: the client first
}

BOOST_AUTO_TEST_CASE(a_session_whose_login_the_log_no_longer_has_is_told_from_a_snapshot_on) {
    options.directory.log_retention_bytes = 0;
    const user_id ann = add_user("ann");
    const family_id id = add_family(ann, 1);
    rotate(id);
    reopen();
    for (int i = 0; i < 3; ++i) {
        rotate(id);
        BOOST_TEST(data->snapshot_now());
    }
    time.advance(seconds(100));
    rotate(id, "192.0.2.9", "later");
    close(ann, gate_reason::deleted);
    stop();
    directory_view v = view();
    BOOST_TEST(v.first_kept().at.segno > 1U);
    const timeline t = read_timeline(v, id, now());
    BOOST_TEST(t.known);
    BOOST_TEST(t.moments.front().lsn == 0U); // it is known when, not by whom
    BOOST_TEST(t.moments.front().agent.empty());
    BOOST_TEST(name_of(t.moments[1].kind) == "known_by");
    BOOST_TEST(t.moments[t.moments.size() - 2].agent == "later");
    BOOST_TEST(name_of(why(t).cause) == name_of(end_cause::deleted));
}

BOOST_AUTO_TEST_CASE(of_what_never_was_nothing_is_known) {
    add_user("ann");
    directory_view v = view();
    family_id id;
    id.bytes.fill(9);
    const timeline t = read_timeline(v, id, now());
    BOOST_TEST(!t.known);
    BOOST_TEST(t.moments.empty());
}

BOOST_AUTO_TEST_SUITE_END()
