// Several algorithms in one ring: which key signs with each, how they come, and how they rotate together.
#include "core/jwt/key_rotation.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace pawl;

namespace {

constexpr timestamp start{seconds(1'790'000'000)};
using enum jws_algorithm;

struct files {
    test::seeded_random random{7};
    std::string text = make_key_file(es256, random, start);

    key_ring_ptr ring(jws_algorithm algorithm = es256) const {
        const parsed_key_file parsed = parse_key_file(text, {algorithm, nullptr});
        BOOST_TEST_REQUIRE((parsed.ring != nullptr), parsed.error);
        return parsed.ring;
    }
    std::string kid(jws_algorithm algorithm, timestamp at) const {
        const auto key = ring()->signer_of(algorithm, at);
        return key == nullptr ? "none" : key->kid();
    }
    key_edit_problem add(jws_algorithm algorithm, timestamp at = start) {
        key_file_edit edit = add_signing_algorithm(text, algorithm, random, at);
        text = edit.text.empty() ? text : edit.text;
        about = edit.about;
        return edit.problem;
    }
    key_edit_problem rotate(std::vector<jws_algorithm> algorithms, timestamp at, key_start when) {
        const key_file_edit edit = rotate_signing_keys(text, algorithms, random, at, when, kids);
        text = edit.problem == key_edit_problem::none ? edit.text : text;
        return edit.problem;
    }

    std::string about;
    std::vector<std::string> kids;
};

std::shared_ptr<const jws_key> fresh_key(jws_algorithm algorithm, std::uint64_t seed) {
    test::seeded_random random(seed);
    return parse_key_file(make_key_file(algorithm, random, start), {algorithm, nullptr}).ring->signing_key;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(key_rotations, files)

BOOST_AUTO_TEST_CASE(a_ring_has_a_signer_of_its_own_algorithm_and_of_no_other_before_it_is_added) {
    BOOST_TEST(kid(es256, start) == ring()->signing_key->kid());
    BOOST_TEST(kid(rs256, start) == "none");
    BOOST_TEST(kid(eddsa, start) == "none");
    BOOST_TEST((algorithms_in_use(*ring()) == std::vector{es256}));
}

BOOST_AUTO_TEST_CASE(a_further_algorithm_signs_at_once_and_changes_no_other_key) {
    const key_ring_ptr before = ring();
    BOOST_TEST((add(eddsa, start + seconds(9)) == key_edit_problem::none));
    const key_ring_ptr after = ring();
    BOOST_TEST(text.starts_with("{\n  \"version\": 2,"));
    BOOST_TEST(about == "signing " + kid(eddsa, start + seconds(9)));
    BOOST_TEST(kid(eddsa, start - seconds(1'000'000)) == kid(eddsa, start + seconds(9))); // a clock that was set back
    BOOST_TEST(after->signing_key->kid() == before->signing_key->kid());
    BOOST_TEST(after->next_signers.empty()); // access tokens are none of its
    BOOST_TEST(after->jwks().find(kid(eddsa, start)) != std::string::npos);
    BOOST_TEST((after->log_key == before->log_key));
    BOOST_TEST((after->refresh_keys[0].key == before->refresh_keys[0].key));
    BOOST_TEST((algorithms_in_use(*after) == std::vector{es256, eddsa}));
    const std::string there = text;
    BOOST_TEST((add(eddsa) == key_edit_problem::none)); // it is there
    BOOST_TEST(about.empty());
    BOOST_TEST((add(es256) == key_edit_problem::none));
    BOOST_TEST(text == there);
}

BOOST_AUTO_TEST_CASE(no_algorithm_is_added_to_what_is_no_key_file_or_full_and_hs256_is_none) {
    BOOST_TEST((add(hs256) == key_edit_problem::malformed));
    while (ring()->verifying_keys.size() < signing_keys_max) {
        BOOST_TEST_REQUIRE((rotate({es256}, start, key_start::at_once) == key_edit_problem::none));
    }
    BOOST_TEST((add(eddsa) == key_edit_problem::too_many));
    text = "{}";
    BOOST_TEST((add(eddsa) == key_edit_problem::malformed));
}

BOOST_AUTO_TEST_CASE(a_published_key_of_one_algorithm_leaves_the_others_signing) {
    add(eddsa);
    add(rs256);
    const std::string ed = kid(eddsa, start), rsa = kid(rs256, start), es = kid(es256, start);
    const timestamp at = start + seconds(5);
    BOOST_TEST((rotate({es256}, at, key_start::published) == key_edit_problem::none));
    for (const seconds after : {seconds(0), publish_lead - seconds(1), publish_lead, seconds(1'000'000)}) {
        BOOST_TEST(kid(eddsa, at + after) == ed);
        BOOST_TEST(kid(rs256, at + after) == rsa);
        BOOST_TEST(kid(es256, at + after) == (after < publish_lead ? es : kids[0]));
    }
    BOOST_TEST((rotate({rs256}, at, key_start::published) == key_edit_problem::none)); // and the other way round
    BOOST_TEST(kid(es256, at) == es);
    BOOST_TEST(kid(eddsa, at) == ed);
    BOOST_TEST(kid(rs256, at) == rsa);
    BOOST_TEST(kid(rs256, at + publish_lead) == kids[0]);
}

BOOST_AUTO_TEST_CASE(all_algorithms_rotate_together) {
    for (const key_start when : {key_start::published, key_start::at_once}) {
        files two;
        two.add(eddsa);
        const key_ring_ptr before = two.ring();
        const std::string es = two.kid(es256, start), ed = two.kid(eddsa, start);
        const timestamp at = start + seconds(5);
        BOOST_TEST((two.rotate(algorithms_in_use(*before), at, when) == key_edit_problem::none));
        BOOST_TEST_REQUIRE(two.kids.size() == 2U);
        const timestamp due = when == key_start::at_once ? at : at + publish_lead;
        BOOST_TEST(two.kid(es256, due) == two.kids[0]);
        BOOST_TEST(two.kid(eddsa, due) == two.kids[1]);
        if (when == key_start::published) {
            BOOST_TEST(two.kid(es256, due - seconds(1)) == es);
            BOOST_TEST(two.kid(eddsa, due - seconds(1)) == ed);
        }
        const key_ring_ptr after = two.ring();
        for (const std::string& one : {es, ed, two.kids[0], two.kids[1]}) {
            BOOST_TEST(after->find_verifying(one) != nullptr);
            BOOST_TEST(after->jwks().find(one) != std::string::npos);
        }
        BOOST_TEST(after->find_verifying(ed)->verify("m", before->signer_of(eddsa, start)->sign("m")));
    }
}

BOOST_AUTO_TEST_CASE(all_rotate_or_none) {
    add(eddsa);
    while (ring()->verifying_keys.size() < signing_keys_max - 1) {
        BOOST_TEST_REQUIRE((rotate({es256}, start, key_start::at_once) == key_edit_problem::none));
    }
    const std::string before = text;
    BOOST_TEST((rotate({es256, eddsa}, start, key_start::at_once) == key_edit_problem::too_many)); // room for one
    BOOST_TEST(kids.empty());
    BOOST_TEST(text == before);
    BOOST_TEST((rotate({eddsa}, start, key_start::at_once) == key_edit_problem::none));
}

BOOST_AUTO_TEST_CASE(the_key_that_signs_with_each_algorithm_is_not_retired) {
    add(eddsa);
    const std::string ed = kid(eddsa, start);
    BOOST_TEST((retire_signing_key(text, ed, start).problem == key_edit_problem::active));
    rotate({eddsa}, start, key_start::at_once);
    BOOST_TEST((retire_signing_key(text, ed, start).problem == key_edit_problem::none));
    BOOST_TEST((retire_signing_key(text, kids[0], start).problem == key_edit_problem::active));
}

BOOST_AUTO_TEST_CASE(the_key_of_id_tokens_becomes_that_of_access_tokens_where_the_algorithm_changes) {
    add(eddsa);
    const std::string es = kid(es256, start), ed = kid(eddsa, start);
    BOOST_TEST((ensure_signing_key(text, eddsa, random, start) == std::nullopt));
    const key_ring_ptr changed = ring(eddsa);
    BOOST_TEST(changed->signer_at(start)->kid() == ed);
    BOOST_TEST(changed->signer_of(es256, start)->kid() == es); // clients that want it have it still
}

BOOST_AUTO_TEST_CASE(a_ring_in_memory_gets_a_signer_and_is_another_one_then) {
    test::seeded_random other(8);
    const key_ring_ptr before = ring();
    const auto key = parse_key_file(make_key_file(eddsa, other, start), {eddsa, nullptr}).ring->signing_key;
    const key_ring_ptr after = with_signer(*before, key, start + seconds(3));
    BOOST_TEST((after->signer_of(eddsa, start) == key));
    BOOST_TEST((after->signer_at(start) == before->signing_key));
    BOOST_TEST(after->find_verifying(key->kid()) == key.get());
    BOOST_TEST(after->generation != before->generation);
    BOOST_TEST(after->generation != with_signer(*before, key, start)->generation);
    BOOST_TEST((after->signing_created_at == std::vector{start, start + seconds(3)}));
    BOOST_TEST((after->signing_from == std::vector{start, start + seconds(3)}));
    BOOST_TEST((before->signer_of(eddsa, start) == nullptr)); // rings never change
}

BOOST_AUTO_TEST_CASE(a_ring_in_memory_rotates_as_a_file_does) {
    add(eddsa);
    for (const key_start when : {key_start::published, key_start::at_once}) {
        for (const jws_algorithm algorithm : {es256, eddsa}) {
            const timestamp at = start + seconds(5);
            const key_ring_ptr before = ring();
            const auto key = fresh_key(algorithm, 99);
            const key_ring_ptr after = with_next_signer(*before, key, at, when);
            BOOST_TEST(after->generation != before->generation);
            BOOST_TEST(after->jwks().find(key->kid()) != std::string::npos);
            const timestamp due = when == key_start::at_once ? at : at + publish_lead;
            const std::string old = before->signer_of(algorithm, at)->kid();
            BOOST_TEST(after->signer_of(algorithm, due - seconds(1))->kid() ==
                       (when == key_start::at_once ? key->kid() : old));
            BOOST_TEST(after->signer_of(algorithm, due)->kid() == key->kid());
            BOOST_TEST((after->find_verifying(old) != nullptr));
            const jws_algorithm untouched = algorithm == es256 ? eddsa : es256;
            BOOST_TEST(after->signer_of(untouched, due)->kid() == before->signer_of(untouched, due)->kid());
            BOOST_TEST((after->signing_from.back() == due));
            BOOST_TEST(after->signing_created_at.size() == after->verifying_keys.size());
            BOOST_TEST((algorithms_in_use(*after) == std::vector{es256, eddsa}));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_ring_in_memory_that_rotates_twice_signs_with_the_newest_that_is_due) {
    key_ring_ptr now = ring();
    std::vector<std::string> kids_made;
    for (int round = 0; round < 3; ++round) {
        const auto key = fresh_key(es256, 100 + static_cast<std::uint64_t>(round));
        kids_made.push_back(key->kid());
        now = with_next_signer(*now, key, start + seconds(round), key_start::published);
    }
    BOOST_TEST(now->signer_at(start + publish_lead)->kid() == kids_made[0]);
    BOOST_TEST(now->signer_at(start + publish_lead + seconds(2))->kid() == kids_made[2]);
}

BOOST_AUTO_TEST_SUITE_END()
