// From a mail in the store to what a relay is given, and back.
#include "app/mail/mail_desk.hpp"
#include "storage/store/embedded_store.hpp"
#include "tests/storage/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace pawl::app;
using pawl::storage::test::store_fixture;

namespace {

struct desk_fixture : store_fixture {
    mail_desk desk{{*data, *data, time}};
    int woken = 0;

    desk_fixture() {
        desk.set_sender({"Pawl", "noreply@auth.example.org", "", "https://auth.example.org", "auth.example.org"});
        desk.set_links([](const mail& m, const user_ptr&) -> std::optional<std::string> {
            return m.state_tag[0] == 0 ? std::optional<std::string>("https://auth.example.org/l/x") : std::nullopt;
        });
        desk.open([this] { ++woken; });
    }
    ~desk_fixture() { desk.close(); }
    mail put(std::uint8_t number, mail_kind kind = mail_kind::reset_password) {
        mail m;
        m.id.bytes = {number};
        m.kind = kind;
        m.wanted_at = m.not_before = time.now();
        m.expires_at = m.wanted_at + seconds(1800);
        m.lang = "en";
        m.address = "ann@example.com";
        data->want_mail(m).value();
        return m;
    }
    mail_status status_of(const mail& m) const { return data->find_mail(m.id)->status; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(mail_desk_carries, desk_fixture)

BOOST_AUTO_TEST_CASE(nothing_is_sent_before_it_is_durable) {
    const mail m = put(1);
    BOOST_TEST(woken == 1);
    BOOST_TEST(desk.may_be_due(time.now_ms()));
    mail_desk::turn turn = desk.take();
    BOOST_TEST(turn.send.empty());
    BOOST_TEST(turn.next.has_value());
    log->sync();
    turn = desk.take();
    BOOST_REQUIRE(turn.send.size() == 1U);
    BOOST_TEST(turn.send[0].out.to == "ann@example.com");
    BOOST_TEST(turn.send[0].link == "https://auth.example.org/l/x");
    BOOST_TEST(desk.take().send.empty());
    desk.settled(turn.send[0].out, {relay_result::sent, "250 ok"});
    BOOST_TEST((status_of(m) == mail_status::sent));
    BOOST_TEST(desk.figures().sent.load() == 1U);
}

BOOST_AUTO_TEST_CASE(one_that_was_not_known_to_be_sent_is_sent_again_under_the_same_id) {
    put(1);
    log->sync();
    const std::string first = desk.take().send.at(0).out.message;
    desk.close();
    data->set_mail_listener(nullptr);
    mail_desk again{{*data, *data, time}};
    again.set_sender(desk.sender());
    again.set_links(
        [](const mail&, const user_ptr&) { return std::optional<std::string>("https://auth.example.org/l/x"); });
    again.open({});
    BOOST_TEST(again.take().send.at(0).out.message == first);
    again.close();
}

BOOST_AUTO_TEST_CASE(what_is_overtaken_expired_or_dropped_is_not_sent) {
    mail overtaken;
    overtaken = put(1);
    overtaken.id.bytes = {2};
    overtaken.state_tag[0] = 1;
    data->want_mail(overtaken).value();
    const mail dropped = put(3);
    mail next = dropped;
    next.status = mail_status::dropped;
    data->settle_mail(next).value();
    log->sync();
    BOOST_TEST(desk.take().send.size() == 1U);
    BOOST_TEST((status_of(overtaken) == mail_status::overtaken));
    const mail late = put(4);
    log->sync();
    time.advance(seconds(1800));
    BOOST_TEST(desk.take().send.empty());
    BOOST_TEST((status_of(late) == mail_status::expired));
    BOOST_TEST(desk.figures().expired.load() == 1U);
}

BOOST_AUTO_TEST_CASE(a_fault_of_the_relay_writes_nothing_and_is_told_of_once) {
    const mail m = put(1);
    log->sync();
    for (const bool after_a_pause : {false, true}) {
        time.advance(seconds(after_a_pause ? 1 : 0));
        const mail_desk::turn turn = desk.take();
        BOOST_REQUIRE(turn.send.size() == 1U);
        desk.settled(turn.send[0].out, {relay_result::relay_fault, "connection refused"});
        BOOST_TEST(desk.figures().relay_failing.load());
        BOOST_TEST(log->queue_size() == 0U);
    }
    BOOST_TEST((status_of(m) == mail_status::waiting));
    desk.hurry(m.id);
    const mail_desk::turn turn = desk.take();
    desk.settled(turn.send.at(0).out, {relay_result::refused, "550 5.1.1 <ann@example.com> no such user"});
    BOOST_TEST((status_of(m) == mail_status::refused));
    BOOST_TEST(!desk.figures().relay_failing.load());
}

BOOST_AUTO_TEST_CASE(no_log_line_has_an_address_that_a_relay_repeats) {
    BOOST_TEST(reply_code("550 5.1.1 <ann@example.com> no such user") == "550 5.1.1");
    BOOST_TEST(reply_code("421") == "421");
    BOOST_TEST(reply_code("ann@example.com") == "");
    BOOST_TEST(reply_code("") == "");
}

BOOST_AUTO_TEST_SUITE_END()
