// Every pair of requests that touch one account, in every order in which their steps and the disk's can fall (up to a
// number of forced switches; PAWL_TEST_SCALE raises it). What must hold is in contested_account.hpp.
#include "tests/support/contested_account.hpp"
#include "tests/support/interleaver.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

unsigned scale() {
    const char* text = std::getenv("PAWL_TEST_SCALE"); // NOLINT(concurrency-mt-unsafe): before any thread
    return text == nullptr ? 1 : static_cast<unsigned>(std::max(1, std::atoi(text)));
}

struct setting {
    bool strict, rehash;
};

// Whether it matters who else has been at work before this step. The others only follow from one that did.
bool decides(store_step step) {
    return step != store_step::durable && step != store_step::append_event && step != store_step::confirm_family;
}

// All orders of these requests. The number of them.
std::size_t explore(const std::vector<request>& asked, setting how, unsigned switches_max) {
    choice_walk walk;
    std::size_t orders = 0;
    do {
        contested_account a(how.strict, how.rehash);
        interleaver turns(a.world.data, walk, switches_max);
        a.world.data.before = [&](store_step step) {
            if (!a.quiet && decides(step)) {
                turns.point();
            }
        };
        a.world.data.wait_instead = [&](ticket t) { turns.wait_for(t); };
        a.world.hasher.at_job = [&] { turns.point(); };
        std::vector<std::function<void()>> requests;
        for (std::size_t i = 0; i < asked.size(); ++i) {
            requests.emplace_back([&a, what = asked[i], i] { a.ask(what, i); });
        }
        turns.run(requests);
        a.check_end(asked);
        ++orders;
        if (!a.broken.empty()) {
            std::string story;
            for (std::size_t i = 0; i < asked.size(); ++i) {
                story += std::string(name_of(asked[i])) +
                         (a.replies[i].ok ? " ok" : " " + std::to_string(static_cast<int>(a.replies[i].why))) + ", ";
            }
            BOOST_ERROR(story << "order " << walk.describe() << ": " << a.broken.front());
            break;
        }
    } while (walk.next());
    return orders;
}

// That request against each of all.
void explore_with_each(request first, setting how) {
    for (const request other : all_requests) {
        BOOST_TEST(explore({first, other}, how, 1 + scale()) > 1U);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(service_interleavings)

BOOST_AUTO_TEST_CASE(any_two_requests_in_any_order_leave_one_truth) {
    std::size_t orders = 0;
    for (std::size_t i = 0; i < all_requests.size(); ++i) {
        for (std::size_t j = i; j < all_requests.size(); ++j) {
            orders += explore({all_requests[i], all_requests[j]}, {.strict = false, .rehash = false}, 1 + scale());
        }
    }
    BOOST_TEST(orders > 10'000U); // else the walk has stopped walking
}

BOOST_AUTO_TEST_CASE(a_refresh_against_any_request_leaves_one_truth_with_strict_windows) {
    explore_with_each(request::refresh, {.strict = true, .rehash = false});
}

BOOST_AUTO_TEST_CASE(a_login_that_rehashes_undoes_nothing) {
    explore_with_each(request::login, {.strict = false, .rehash = true});
}

BOOST_AUTO_TEST_CASE(three_requests_that_change_one_account_lose_nothing) {
    const setting plain{.strict = false, .rehash = false};
    const unsigned few = scale() - 1; // and a free choice wherever one waits for the disk
    BOOST_TEST(explore({request::change_password, request::change_profile, request::login},
                       {.strict = false, .rehash = true}, few) > 1U);
    BOOST_TEST(explore({request::change_profile, request::logout_all, request::disable}, plain, few) > 1U);
    BOOST_TEST(explore({request::refresh, request::refresh, request::logout}, plain, scale()) > 1U);
    BOOST_TEST(explore({request::refresh, request::replay, request::change_password}, {.strict = true, .rehash = false},
                       few) > 1U);
}

BOOST_AUTO_TEST_SUITE_END()
