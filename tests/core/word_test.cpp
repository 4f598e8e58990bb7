#include "core/family/word.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <vector>

using pawl::family_status;
using pawl::family_word;

namespace {

// Words that differ in every field, live and ended.
std::vector<family_word> samples() {
    std::vector<family_word> words;
    for (const std::uint32_t generation : {0U, 1U, 7U, family_word::generation_max}) {
        for (const std::uint32_t rotated_at : {0U, 900U, family_word::rotated_at_max}) {
            for (const unsigned status : {0U, 1U, 2U}) {
                for (const unsigned hints : {0U, 0x3FU, 0x24U, 0x09U}) {
                    words.push_back(family_word(hints)
                                        .with_generation(generation)
                                        .with_rotated_at(rotated_at)
                                        .with_status(static_cast<family_status>(status)));
                }
            }
        }
    }
    return words;
}

family_word without_reason(family_word w) {
    return w.live() ? w : w.with_status(family_status::admin);
}

} // namespace

BOOST_AUTO_TEST_SUITE(word)

BOOST_AUTO_TEST_CASE(fields_lie_where_the_format_says) {
    const family_word w = family_word()
                              .with_generation(5)
                              .with_rotated_at(77)
                              .with_status(family_status::evicted)
                              .with_confirmed(true)
                              .with_replays(6)
                              .with_streak(2);
    const std::uint64_t expected = (5ULL << 38U) | (77ULL << 10U) | (4ULL << 6U) | (1ULL << 5U) | (6ULL << 2U) | 2ULL;
    BOOST_TEST(w.bits() == expected);
    BOOST_TEST(w.generation() == 5U);
    BOOST_TEST(w.rotated_at() == 77U);
    BOOST_TEST((w.status() == family_status::evicted));
    BOOST_TEST(w.confirmed());
    BOOST_TEST(w.replays() == 6U);
    BOOST_TEST(w.streak() == 2U);
    BOOST_TEST(w.facts().bits() == (expected & ~0x3FULL));
}

BOOST_AUTO_TEST_CASE(changing_one_field_leaves_the_others) {
    const family_word ones(~std::uint64_t{0});
    const family_word zero;
    BOOST_TEST(ones.with_generation(0).bits() == 0x0000003FFFFFFFFFULL);
    BOOST_TEST(ones.with_rotated_at(0).bits() == 0xFFFFFFC0000003FFULL);
    BOOST_TEST(ones.with_status(family_status::live).bits() == 0xFFFFFFFFFFFFFC3FULL);
    BOOST_TEST(ones.with_confirmed(false).bits() == 0xFFFFFFFFFFFFFFDFULL);
    BOOST_TEST(ones.with_replays(0).bits() == 0xFFFFFFFFFFFFFFE3ULL);
    BOOST_TEST(ones.with_streak(0).bits() == 0xFFFFFFFFFFFFFFFCULL);
    // A value too large for its field does not spill into the next.
    BOOST_TEST(zero.with_replays(8).bits() == 0U);
    BOOST_TEST(zero.with_generation(family_word::generation_max + 1).bits() == 0U);
}

BOOST_AUTO_TEST_CASE(ended_beats_live_whatever_the_generation) {
    const family_word live = family_word().with_generation(9);
    const family_word ended = family_word().with_generation(8).with_status(family_status::logout);
    BOOST_TEST((merge(live, ended).status() == family_status::logout));
    BOOST_TEST((merge(ended, live).status() == family_status::logout));
    BOOST_TEST(merge(ended, live).generation() == 9U);
}

BOOST_AUTO_TEST_CASE(of_two_ends_the_first_reason_stays) {
    const family_word reuse = family_word().with_generation(3).with_status(family_status::reuse);
    const family_word logout = family_word().with_generation(4).with_status(family_status::logout);
    BOOST_TEST((merge(reuse, logout).status() == family_status::reuse));
    BOOST_TEST((merge(logout, reuse).status() == family_status::logout));
}

BOOST_AUTO_TEST_CASE(hints_join_within_a_generation_and_leave_with_it) {
    const family_word a = family_word().with_generation(4).with_confirmed(true).with_replays(1).with_streak(2);
    const family_word b = family_word().with_generation(4).with_replays(5).with_streak(1);
    const family_word joined = merge(a, b);
    BOOST_TEST(joined.confirmed());
    BOOST_TEST(joined.replays() == 5U);
    BOOST_TEST(joined.streak() == 2U);
    const family_word next = family_word().with_generation(5).with_rotated_at(60);
    BOOST_TEST((merge(a, next) == next));
    BOOST_TEST((merge(next, a) == next));
}

BOOST_AUTO_TEST_CASE(merge_is_idempotent_and_commutes_but_for_the_reason) {
    for (const family_word a : samples()) {
        BOOST_REQUIRE((merge(a, a) == a));
        for (const family_word b : samples()) {
            const family_word ab = merge(a, b);
            BOOST_REQUIRE((without_reason(ab) == without_reason(merge(b, a))));
            BOOST_REQUIRE((merge(ab, a) == ab));
            BOOST_REQUIRE((merge(ab, b) == ab));
            BOOST_REQUIRE((merge(a, ab) == ab));
        }
    }
}

BOOST_AUTO_TEST_CASE(merge_gives_the_same_in_any_grouping) {
    const std::vector<family_word> words = samples();
    std::uint64_t wrong = 0; // a check for each of 3 million would be too slow
    for (const family_word a : words) {
        for (const family_word b : words) {
            const family_word ab = merge(a, b);
            for (const family_word c : words) {
                wrong += merge(ab, c) != merge(a, merge(b, c)) ? 1U : 0U;
            }
        }
    }
    BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
