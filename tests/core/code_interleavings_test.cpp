// Two exchanges of one code, and an exchange against what ends what it rests on, in every order in which their steps
// and the disk's can fall: one living chain or none, and nothing is told of a dead one.
#include "tests/support/code_world.hpp"
#include "tests/support/interleaver.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr unsigned switches_max = 3;

// One run: the world, and what the exchanges were answered.
struct contest : code_world {
    explicit contest(choice_walk& walk) : turns(data, walk, switches_max) {
        authorization_code c = code();
        c.consent_version = allow(c.scopes)->era;
        grant = c.grant;
        text = text_of(c);
        data.hold_durability();
        data.before = [this](store_step step) {
            const bool decides =
                step != store_step::durable && step != store_step::append_event && step != store_step::confirm_family;
            if (decides && !quiet) {
                turns.point();
            }
        };
        data.wait_instead = [this](ticket t) { turns.wait_for(t); };
        signer.before = [this] { turns.point(); };
    }
    void exchange_as(std::size_t who) {
        const auto answer = run(codes.exchange(asking(), shown(text), from_host(static_cast<std::uint8_t>(who + 1))));
        if (answer) {
            ++told;
            // Only what a crash would leave may be told.
            quiet = true;
            told_durably = told_durably && data.after_crash()->find_family(grant).has_value();
            quiet = false;
        } else {
            refusals.push_back(answer.error().code);
        }
    }
    // Where something may happen that the store has no step for.
    void meanwhile(const std::function<void()>& change) {
        turns.point();
        quiet = true;
        change();
        quiet = false;
    }

    interleaver turns;
    family_id grant;
    secret_string text;
    bool quiet = false, told_durably = true;
    unsigned told = 0;
    std::vector<errc> refusals;
};

// All orders of `requests`; `holds` is asked at the end of each. How many there were.
std::size_t explore(const std::function<void(contest&)>& prepare,
                    const std::vector<std::function<void(contest&)>>& requests,
                    const std::function<bool(contest&)>& holds) {
    choice_walk walk;
    std::size_t orders = 0;
    do {
        contest c(walk);
        prepare(c);
        std::vector<std::function<void()>> parties;
        for (const auto& one : requests) {
            parties.emplace_back([&] { one(c); });
        }
        c.turns.run(parties);
        c.quiet = true;
        c.data.make_durable();
        ++orders;
        if (!holds(c) || !c.told_durably) {
            BOOST_ERROR("order " << walk.describe() << ": told " << c.told << ", refused " << c.refusals.size()
                                 << ", alive " << c.is_alive(c.grant));
            break;
        }
    } while (walk.next());
    return orders;
}

void nothing(contest& /*c*/) {}

} // namespace

BOOST_AUTO_TEST_SUITE(code_interleavings)

BOOST_AUTO_TEST_CASE(of_two_exchanges_at_most_one_is_told_and_the_session_is_ended) {
    const auto ends = [](contest& c) {
        return c.told <= 1 && c.told + c.refusals.size() == 2 && !c.is_alive(c.grant) &&
               c.word_of(c.grant).status() == family_status::code_reuse && c.data.events().size() == 1 &&
               c.refusals.back() == errc::code_reused;
    };
    const std::size_t orders =
        explore(nothing, {[](contest& c) { c.exchange_as(0); }, [](contest& c) { c.exchange_as(1); }}, ends);
    BOOST_TEST(orders > 100U);
}

BOOST_AUTO_TEST_CASE(of_two_exchanges_one_is_told_where_the_client_keeps_its_session) {
    const auto prepare = [](contest& c) {
        c.quiet = true;
        c.edit_shop([](client& one) { one.code_reuse = code_reuse_rule::deny; });
        c.quiet = false;
    };
    const auto one_lives = [](contest& c) { return c.told == 1 && c.refusals.size() == 1 && c.is_alive(c.grant); };
    const std::size_t orders =
        explore(prepare, {[](contest& c) { c.exchange_as(0); }, [](contest& c) { c.exchange_as(1); }}, one_lives);
    BOOST_TEST(orders > 100U);
}

BOOST_AUTO_TEST_CASE(an_exchange_against_an_end_leaves_nothing_alive) {
    const std::vector<std::pair<const char*, std::function<void(contest&)>>> ends{
        {"logout everywhere", [](contest& c) { c.edit_alice([](user& u) { u.gate.raise_epoch(); }); }},
        {"disabled", [](contest& c) { c.edit_alice([](user& u) { u.gate.enabled = false; }); }},
        {"client disabled", [](contest& c) { c.edit_shop([](client& one) { one.enabled = false; }); }},
        {"client logged out", [](contest& c) { c.edit_shop([](client& one) { one.raise_epoch(); }); }},
        {"signed out", [](contest& c) { c.end(c.browser, family_status::signed_out); }},
    };
    for (const auto& [name, end] : ends) {
        BOOST_TEST_CONTEXT(name) {
            const auto dead = [](contest& c) { return !c.is_there(c.grant) || !c.is_alive(c.grant); };
            const std::size_t orders = explore(
                nothing, {[](contest& c) { c.exchange_as(0); }, [&](contest& c) { c.meanwhile([&] { end(c); }); }},
                dead);
            BOOST_TEST(orders > 5U);
        }
    }
}

// The service of consents ends the families that are there once the withdrawal stands; the exchange, the one that comes
// after.
BOOST_AUTO_TEST_CASE(an_exchange_against_a_withdrawn_consent_leaves_nothing_alive) {
    const auto withdraw = [](contest& c) {
        c.meanwhile([&] { c.withdraw(); });
        c.meanwhile([&] {
            if (c.is_there(c.grant) && c.word_of(c.grant).live()) {
                c.end(c.grant, family_status::consent);
            }
        });
    };
    const auto dead = [](contest& c) { return !c.is_there(c.grant) || !c.is_alive(c.grant); };
    const std::size_t orders = explore(nothing, {[](contest& c) { c.exchange_as(0); }, withdraw}, dead);
    BOOST_TEST(orders > 5U);
}

BOOST_AUTO_TEST_SUITE_END()
