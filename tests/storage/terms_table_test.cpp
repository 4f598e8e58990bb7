#include "storage/store/terms_table.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using namespace pawl;
using namespace pawl::storage;

namespace {

family_terms some_terms(std::uint32_t n) {
    family_terms t;
    t.client.value = n;
    t.idle_ttl = seconds(100);
    t.absolute_ttl = seconds(200);
    return t;
}

} // namespace

BOOST_AUTO_TEST_SUITE(terms_table_)

BOOST_AUTO_TEST_CASE(equal_terms_are_kept_once_and_found_by_their_number) {
    const auto table = std::make_unique<terms_table>();
    const std::uint32_t a = table->keep(some_terms(1)), b = table->keep(some_terms(2));
    BOOST_TEST(a != b);
    BOOST_TEST(table->keep(some_terms(1)) == a);
    BOOST_TEST(table->size() == 2U);
    BOOST_TEST((table->at(a) == some_terms(1) && table->at(b) == some_terms(2)));
}

BOOST_AUTO_TEST_CASE(terms_that_differ_in_anything_are_others) {
    const auto table = std::make_unique<terms_table>();
    std::vector<family_terms> all(8, some_terms(1));
    all[1].client.value = 2;
    all[2].idle_ttl = seconds(1);
    all[3].absolute_ttl = seconds(1);
    all[4].grant.scopes.insert(63);
    all[5].grant.apis[3] = 1;
    all[6].grant.claims = 1;
    all[7].grant.client_epoch = 1;
    for (const family_terms& t : all) {
        BOOST_TEST((table->at(table->keep(t)) == t));
    }
    BOOST_TEST(table->size() == all.size());
}

BOOST_AUTO_TEST_CASE(a_full_table_goes_on_with_what_it_has) {
    const auto table = std::make_unique<terms_table>();
    for (std::uint32_t n = 0; n < terms_table::terms_max; ++n) {
        BOOST_REQUIRE(table->keep(some_terms(n)) == n);
    }
    BOOST_TEST(table->keep(some_terms(terms_table::terms_max)) == terms_table::unshared);
    BOOST_TEST(table->keep(some_terms(77)) == 77U);
    BOOST_TEST(table->size() == terms_table::terms_max);
}

BOOST_AUTO_TEST_CASE(threads_that_keep_the_same_terms_agree_on_the_number) {
    const auto table = std::make_unique<terms_table>();
    constexpr std::uint32_t kinds = 1000;
    std::vector<std::atomic<std::uint32_t>> numbers(kinds);
    for (auto& n : numbers) {
        n = terms_table::unshared;
    }
    std::atomic<int> wrong{0};
    const auto work = [&] {
        for (std::uint32_t k = 0; k < kinds; ++k) {
            const std::uint32_t mine = table->keep(some_terms(k));
            std::uint32_t first = terms_table::unshared;
            if (!numbers[k].compare_exchange_strong(first, mine) && first != mine) {
                ++wrong;
            }
            if (!(table->at(mine) == some_terms(k))) {
                ++wrong;
            }
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back(work);
    }
    for (std::thread& t : threads) {
        t.join();
    }
    BOOST_TEST(wrong == 0);
    BOOST_TEST(table->size() == kinds);
}

BOOST_AUTO_TEST_SUITE_END()
