// Which mail is tried when: what the relay says of one mail, and what it says of itself.
#include "core/mail/queue.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace pawl;

namespace {

using enum relay_result;

struct queue_fixture {
    timestamp_ms now{milliseconds(1'800'000'000'000)};
    mail_queue queue{1000};

    mail_id put(std::uint8_t number, seconds life = seconds(86'400), seconds in = seconds(0)) {
        mail m;
        m.id.bytes = {number};
        m.not_before = to_seconds(now) + in;
        m.expires_at = to_seconds(now) + life;
        queue.add(m);
        return m.id;
    }
    void pass(milliseconds t) { now += t; }
    std::vector<int> sent() {
        std::vector<int> out;
        for (const mail_id& id : queue.look(now).send) {
            out.push_back(id.bytes[0]);
        }
        return out;
    }
    milliseconds until_next() { return queue.look(now).next.value() - now; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(mail_queue_decides, queue_fixture)

BOOST_AUTO_TEST_CASE(pauses_of_a_mail_double_from_half_a_minute_to_an_hour) {
    const std::vector<int> expected{30, 60, 120, 240, 480, 960, 1920, 3600, 3600};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        BOOST_TEST(mail_backoff(static_cast<unsigned>(i + 1)).count() == expected[i]);
    }
    BOOST_TEST(mail_backoff(255).count() == 3600);
}

BOOST_AUTO_TEST_CASE(four_are_under_way_at_once_and_the_next_one_follows_the_first_that_is_settled) {
    for (std::uint8_t i = 1; i <= 6; ++i) {
        put(i);
    }
    BOOST_TEST(sent() == (std::vector<int>{1, 2, 3, 4}), boost::test_tools::per_element());
    BOOST_TEST(sent().empty());
    BOOST_TEST((queue.settle(mail_id{{3}}, relay_result::sent, now)->status == mail_status::sent));
    BOOST_TEST(sent() == (std::vector<int>{5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_mail_that_is_put_off_waits_and_holds_up_no_other) {
    put(1);
    put(2);
    BOOST_TEST(sent().size() == 2U);
    const auto after = queue.settle(mail_id{{1}}, later, now);
    BOOST_TEST((after->status == mail_status::waiting));
    BOOST_TEST(after->attempts == 1);
    BOOST_TEST(after->write);
    BOOST_TEST((after->not_before == to_seconds(now) + seconds(30)));
    BOOST_TEST(!queue.relay_failing());
    put(3);
    BOOST_TEST(sent() == (std::vector<int>{3}), boost::test_tools::per_element());
    pass(milliseconds(29'999));
    BOOST_TEST(sent().empty());
    pass(milliseconds(1));
    BOOST_TEST(sent() == (std::vector<int>{1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(attempts_are_written_at_most_once_a_minute) {
    put(1);
    std::vector<bool> written;
    for (int attempt = 0; attempt < 4; ++attempt) {
        BOOST_TEST(sent().size() == 1U);
        written.push_back(queue.settle(mail_id{{1}}, later, now)->write);
        pass(mail_backoff(static_cast<unsigned>(attempt) + 1));
    }
    BOOST_TEST(written == (std::vector<bool>{true, false, true, true}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_refused_one_is_given_up_at_once) {
    put(1);
    BOOST_TEST(sent().size() == 1U);
    const auto after = queue.settle(mail_id{{1}}, refused, now);
    BOOST_TEST((after->status == mail_status::refused));
    BOOST_TEST(after->attempts == 1);
    BOOST_TEST(after->write);
    BOOST_TEST(queue.size() == 0U);
    BOOST_TEST(!queue.look(now).next.has_value());
}

BOOST_AUTO_TEST_CASE(a_fault_of_the_relay_pauses_all_and_counts_no_attempt) {
    put(1);
    put(2);
    BOOST_TEST(sent().size() == 2U);
    const auto after = queue.settle(mail_id{{1}}, relay_fault, now);
    BOOST_TEST(after->attempts == 0);
    BOOST_TEST(!after->write);
    BOOST_TEST(queue.relay_failing());
    queue.settle(mail_id{{2}}, relay_fault, now); // of the same moment: no longer a pause for it
    BOOST_TEST(sent().empty());
    BOOST_TEST(until_next().count() == 1000);
    for (const int pause : {2, 4, 8, 16, 32, 64, 128, 256, 300, 300}) {
        pass(until_next());
        BOOST_TEST(sent().size() == 1U, "one alone is tried");
        queue.settle(mail_id{{1}}, relay_fault, now);
        BOOST_TEST(until_next().count() == pause * 1000);
    }
    pass(until_next());
    BOOST_TEST(sent() == (std::vector<int>{1}), boost::test_tools::per_element());
    queue.settle(mail_id{{1}}, relay_result::sent, now);
    BOOST_TEST(!queue.relay_failing());
    BOOST_TEST(sent() == (std::vector<int>{2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_answer_about_one_mail_says_that_the_relay_is_back) {
    for (const relay_result answer : {later, refused}) {
        put(1);
        BOOST_TEST(sent().size() == 1U);
        queue.settle(mail_id{{1}}, relay_fault, now);
        pass(until_next());
        BOOST_TEST(sent().size() == 1U);
        queue.settle(mail_id{{1}}, answer, now);
        BOOST_TEST(!queue.relay_failing());
        queue.remove(mail_id{{1}});
    }
}

BOOST_AUTO_TEST_CASE(so_many_a_minute_and_no_more) {
    queue = mail_queue(3);
    for (std::uint8_t i = 1; i <= 5; ++i) {
        put(i);
    }
    BOOST_TEST(sent().size() == 3U);
    for (std::uint8_t i = 1; i <= 3; ++i) {
        queue.settle(mail_id{{i}}, relay_result::sent, now);
    }
    BOOST_TEST(sent().empty());
    BOOST_TEST(until_next().count() == 60'000);
    pass(milliseconds(60'000));
    BOOST_TEST(sent() == (std::vector<int>{4, 5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_that_is_too_old_is_not_sent_even_while_the_relay_is_away) {
    put(1, seconds(60));
    put(2, seconds(600));
    BOOST_TEST(sent().size() == 2U);
    queue.settle(mail_id{{1}}, relay_fault, now);
    queue.settle(mail_id{{2}}, relay_fault, now);
    pass(milliseconds(60'000));
    const mail_queue::turn turn = queue.look(now);
    BOOST_REQUIRE(turn.expired.size() == 1U);
    BOOST_TEST(turn.expired[0].bytes[0] == 1);
    BOOST_TEST(queue.size() == 1U);
}

BOOST_AUTO_TEST_CASE(one_that_an_operator_hurries_is_tried_whatever_pauses_the_queue) {
    put(1);
    put(2, seconds(86'400), seconds(3600));
    BOOST_TEST(sent().size() == 1U);
    queue.settle(mail_id{{1}}, relay_fault, now);
    BOOST_TEST(queue.hurry(mail_id{{2}}));
    BOOST_TEST(sent() == (std::vector<int>{2}), boost::test_tools::per_element());
    BOOST_TEST(queue.hurry(mail_id{{2}}));
    BOOST_TEST(sent().empty(), "it is under way");
    BOOST_TEST(!queue.hurry(mail_id{{9}}));
}

BOOST_AUTO_TEST_CASE(one_that_was_removed_while_under_way_is_settled_by_no_one) {
    put(1);
    BOOST_TEST(sent().size() == 1U);
    queue.remove(mail_id{{1}});
    BOOST_TEST(queue.under_way() == 0U);
    BOOST_TEST(!queue.settle(mail_id{{1}}, relay_result::sent, now).has_value());
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_makes_no_pause_longer) {
    put(1);
    BOOST_TEST(sent().size() == 1U);
    queue.settle(mail_id{{1}}, relay_fault, now);
    pass(milliseconds(-3'600'000));
    static_cast<void>(queue.look(now));
    pass(milliseconds(1000));
    // It is due by its own time, which lies an hour ahead; an operator does not wait for that.
    BOOST_TEST(queue.hurry(mail_id{{1}}));
    BOOST_TEST(sent().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
