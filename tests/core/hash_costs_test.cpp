// What an unknown name costs: as the hashes of the users, in proportion, and always the same.
#include "core/password/hash_costs.hpp"

#include "core/password/password.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <map>
#include <string>

using namespace pawl;

namespace {

constexpr hash_costs::key secret{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr unsigned names = 4000;

// A hash with this number of PBKDF2 rounds, or an Argon2 or bcrypt one.
std::string pbkdf2(unsigned rounds) {
    return "pbkdf2:sha256:" + std::to_string(rounds) + "$salt$" + std::string(64, '0');
}
const std::string argon2 = dummy_hash({});
const std::string bcrypt_12 = "$2b$12$" + std::string(53, 'e');

std::string name(unsigned i) {
    return "user" + std::to_string(i) + "@example.org";
}

std::map<std::string, std::string> given(const hash_costs& costs) {
    std::map<std::string, std::string> out;
    for (unsigned i = 0; i < names; ++i) {
        out[name(i)] = costs.usual_for(name(i), secret);
    }
    return out;
}

std::map<std::string, unsigned> shares(const std::map<std::string, std::string>& of_names) {
    std::map<std::string, unsigned> out;
    for (const auto& [_, dummy] : of_names) {
        ++out[dummy];
    }
    return out;
}

void add(hash_costs& costs, const std::string& stored, unsigned users) {
    for (unsigned i = 0; i < users; ++i) {
        costs.add(stored);
    }
}

// Within five standard deviations of what chance gives.
bool is_about(unsigned counted, double share) {
    return std::abs(counted - share * names) < 5 * std::sqrt(names * share * (1 - share));
}

} // namespace

BOOST_AUTO_TEST_SUITE(hash_costs_of_names)

BOOST_AUTO_TEST_CASE(without_users_no_cost_is_usual) {
    hash_costs costs;
    BOOST_TEST(costs.usual_for("nobody", secret).empty());
    BOOST_TEST((costs.add("") == hash_costs::none));
    BOOST_TEST((costs.add("*") == hash_costs::none));
    BOOST_TEST(costs.usual_for("nobody", secret).empty());
    costs.remove(hash_costs::none);
    costs.remove(costs.add(argon2));
    BOOST_TEST(costs.usual_for("nobody", secret).empty());
}

BOOST_AUTO_TEST_CASE(where_all_users_cost_the_same_so_does_every_name) {
    hash_costs costs;
    add(costs, bcrypt_12, 3);
    BOOST_TEST(shares(given(costs)).size() == 1U);
    BOOST_TEST(costs.usual_for("nobody", secret) == dummy_like(bcrypt_12));
}

BOOST_AUTO_TEST_CASE(costs_are_given_in_proportion_to_the_users_who_have_them) {
    hash_costs costs;
    add(costs, argon2, 600);
    add(costs, bcrypt_12, 300);
    add(costs, pbkdf2(1000), 100);
    auto counted = shares(given(costs));
    BOOST_TEST(is_about(counted[dummy_like(argon2)], 0.6));
    BOOST_TEST(is_about(counted[dummy_like(bcrypt_12)], 0.3));
    BOOST_TEST(is_about(counted[dummy_like(pbkdf2(1000))], 0.1));
}

BOOST_AUTO_TEST_CASE(a_name_costs_the_same_however_the_users_came_and_another_key_gives_another) {
    hash_costs costs, another;
    add(costs, argon2, 50);
    add(costs, bcrypt_12, 50);
    add(another, pbkdf2(7), 1);
    another.remove(another.add(pbkdf2(8)));
    add(another, bcrypt_12, 50);
    add(another, argon2, 50);
    another.remove(0);
    BOOST_TEST((given(costs) == given(another)));
    hash_costs::key other_secret = secret;
    other_secret[0] ^= 1U;
    unsigned differ = 0;
    for (unsigned i = 0; i < names; ++i) {
        differ += costs.usual_for(name(i), secret) != costs.usual_for(name(i), other_secret) ? 1U : 0U;
    }
    BOOST_TEST(is_about(differ, 0.5));
}

// As users sign in and are rehashed, unknown names move with them: the same share, the same way, none back.
BOOST_AUTO_TEST_CASE(names_move_as_the_users_do) {
    hash_costs costs;
    add(costs, argon2, 500);
    std::vector<hash_costs::index> old;
    for (unsigned i = 0; i < 500; ++i) {
        old.push_back(costs.add(bcrypt_12));
    }
    const auto before = given(costs);
    for (unsigned i = 0; i < 200; ++i) {
        costs.remove(old[i]);
        costs.add(argon2);
    }
    const auto after = given(costs);
    unsigned moved = 0, moved_back = 0;
    for (const auto& [n, dummy] : before) {
        moved += dummy == dummy_like(bcrypt_12) && after.at(n) == argon2 ? 1U : 0U;
        moved_back += dummy == argon2 && after.at(n) != argon2 ? 1U : 0U;
    }
    BOOST_TEST(is_about(moved, 0.2));
    BOOST_TEST(moved_back == 0U);
}

BOOST_AUTO_TEST_CASE(beyond_the_bound_a_cost_is_counted_with_the_nearest) {
    hash_costs costs;
    std::vector<hash_costs::index> places;
    for (unsigned i = 0; i < hash_costs::classes_max; ++i) {
        places.push_back(costs.add(pbkdf2(100'000 + 1000 * i)));
    }
    const hash_costs::index folded = costs.add(pbkdf2(110'400));
    BOOST_TEST(folded == places[10]);
    BOOST_TEST(costs.count_of(dummy_like(pbkdf2(110'000))) == 2U);
    BOOST_TEST(costs.count_of(dummy_like(pbkdf2(110'400))) == 0U);
    costs.remove(folded);
    costs.remove(places[63]); // a place that is free again is taken
    BOOST_TEST(costs.add(pbkdf2(110'400)) == places[63]);
    BOOST_TEST(costs.count_of(dummy_like(pbkdf2(110'400))) == 1U);
}

BOOST_AUTO_TEST_CASE(one_hash_after_another_of_the_same_head_is_told_apart_by_its_cost) {
    hash_costs costs;
    const std::string bcrypt_5 = "$2b$05$" + std::string(53, 'e');
    const std::string django = "bcrypt$";
    for (const std::string& stored : {bcrypt_12, bcrypt_5, bcrypt_12, bcrypt_5, django + bcrypt_12, django + bcrypt_5,
                                      argon2, dummy_hash({19456, 3}), argon2}) {
        costs.add(stored);
    }
    BOOST_TEST(costs.count_of(dummy_like(bcrypt_12)) == 3U);
    BOOST_TEST(costs.count_of(dummy_like(bcrypt_5)) == 3U);
    BOOST_TEST(costs.count_of(argon2) == 2U);
    BOOST_TEST(costs.count_of(dummy_hash({19456, 3})) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
