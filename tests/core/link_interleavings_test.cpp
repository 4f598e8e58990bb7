// Two resets by one link, and a reset against a change of the address, in every order in which their steps and the
// disk's can fall.
#include "tests/support/interleaver.hpp"
#include "tests/support/link_world.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr unsigned switches_max = 3;
const std::string ada = "ada@example.org", other = "new@example.org";
constexpr std::string_view passwords[] = {"a third wagon 5 goat", "the fourth 8 kettle"};

struct contest : link_world {
    explicit contest(choice_walk& walk) : turns(data, walk, switches_max) {
        id = add_verified(ada);
        const principal who = signed_in(log_in(ada).value());
        if (!run(links.forgot(ada, from_host(1))) ||
            !run(links.ask_change(who, secret(password), other, from_host(1)))) {
            throw std::logic_error("a link was not wanted");
        }
        reset_link = link_in_last(mail_kind::reset_password);
        change_link = link_in_last(mail_kind::change_email);
        data.hold_durability();
        data.before = [this](store_step step) {
            if (step != store_step::durable && step != store_step::append_event) {
                turns.point();
            }
        };
        data.wait_instead = [this](ticket t) { turns.wait_for(t); };
    }
    void note(const result<void>& answer) {
        if (answer) {
            ++done;
        } else {
            refusals.push_back(answer.error().code);
        }
    }
    void reset(std::size_t which) {
        note(run(links.reset(reset_link, secret(passwords[which]), shown_codes{}, from_host(2))));
    }
    void change() { note(run(links.change_email(change_link, from_host(3)))); }

    interleaver turns;
    user_id id;
    secret_string reset_link, change_link;
    unsigned done = 0;
    std::vector<errc> refusals;
};

std::size_t explore(const std::vector<std::function<void(contest&)>>& requests,
                    const std::function<bool(contest&)>& holds) {
    choice_walk walk;
    std::size_t orders = 0;
    do {
        contest c(walk);
        std::vector<std::function<void()>> parties;
        for (const auto& one : requests) {
            parties.emplace_back([&] { one(c); });
        }
        c.turns.run(parties);
        c.data.before = nullptr;
        c.data.make_durable();
        ++orders;
        if (!holds(c)) {
            BOOST_ERROR("order " << walk.describe() << ": done " << c.done << ", refused " << c.refusals.size());
            break;
        }
    } while (walk.next());
    return orders;
}

} // namespace

BOOST_AUTO_TEST_SUITE(link_interleavings)

BOOST_AUTO_TEST_CASE(of_two_resets_by_one_link_one_is_done) {
    const std::size_t orders =
        explore({[](contest& c) { c.reset(0); }, [](contest& c) { c.reset(1); }}, [](contest& c) {
            return c.done == 1 && c.refusals == std::vector{errc::link_used} && c.user_of(c.id)->gate.epoch == 1 &&
                   c.mails_of(mail_kind::password_changed).size() == 1;
        });
    BOOST_TEST(orders > 20U);
}

BOOST_AUTO_TEST_CASE(of_a_reset_and_a_change_of_the_address_one_is_done) {
    const std::size_t orders =
        explore({[](contest& c) { c.reset(0); }, [](contest& c) { c.change(); }}, [](contest& c) {
            const user_ptr u = c.user_of(c.id);
            const bool changed = u->email == other;
            return c.done == 1 && c.refusals == std::vector{errc::link_used} &&
                   changed == (u->gate.epoch == 0); // each rests on what the other changes
        });
    BOOST_TEST(orders > 20U);
}

BOOST_AUTO_TEST_SUITE_END()
