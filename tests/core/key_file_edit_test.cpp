// Keys added to and taken from a key file's text: every key but the one retired is in the text that comes out.
#include "core/capsule/capsule.hpp"
#include "core/hkdf_sha256.hpp"
#include "core/jwt/key_ring.hpp"
#include "core/token/refresh_token.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace pawl;

namespace {

constexpr timestamp start{seconds(1'790'000'000)};

struct key_file {
    explicit key_file(jws_algorithm a = jws_algorithm::eddsa) : algorithm(a) { text = make_key_file(a, random, start); }
    key_ring_ptr ring() const {
        const parsed_key_file parsed = parse_key_file(text, {algorithm, nullptr});
        BOOST_TEST_REQUIRE((parsed.ring != nullptr), parsed.error);
        return parsed.ring;
    }
    key_edit_problem take(const key_file_edit& edit) {
        BOOST_TEST(edit.text.empty() == (edit.problem != key_edit_problem::none));
        BOOST_TEST(edit.about.empty() == (edit.problem != key_edit_problem::none));
        if (edit.problem == key_edit_problem::none) {
            text = edit.text;
            about = edit.about;
        }
        return edit.problem;
    }
    key_edit_problem rotate_signing(timestamp at = start) {
        return take(rotate_signing_key(text, algorithm, random, at, key_start::at_once));
    }
    key_edit_problem publish_signing(timestamp at) {
        return take(rotate_signing_key(text, algorithm, random, at, key_start::published));
    }
    key_edit_problem retire_signing(std::string_view kid, timestamp at = start) {
        return take(retire_signing_key(text, kid, at));
    }
    key_edit_problem rotate_capsule(timestamp at = start) { return take(rotate_capsule_key(text, random, at)); }
    key_edit_problem retire_capsule(std::uint8_t id) { return take(retire_capsule_key(text, id)); }
    key_edit_problem rotate_refresh(timestamp at = start) { return take(rotate_refresh_key(text, random, at)); }

    test::seeded_random random{7};
    jws_algorithm algorithm;
    std::string text, about;
};

std::vector<std::string> kids(const key_ring& ring) {
    std::vector<std::string> out;
    for (const auto& key : ring.verifying_keys) {
        out.push_back(key->kid());
    }
    return out;
}

// Which of the ring's keys signs at `at`, by its place in the file.
std::size_t signer(const key_ring& ring, timestamp at) {
    const auto found = std::ranges::find(ring.verifying_keys, ring.signer_at(at));
    return static_cast<std::size_t>(found - ring.verifying_keys.begin());
}

bool is_version(const std::string& text, int version) {
    return text.starts_with("{\n  \"version\": " + std::to_string(version) + ",");
}

std::vector<int> ids(const key_ring& ring) {
    std::vector<int> out;
    for (const refresh_key& key : ring.refresh_keys) {
        out.push_back(key.id);
    }
    return out;
}

std::vector<int> capsule_ids(const key_ring& ring) {
    std::vector<int> out;
    for (const capsule_key_facts& key : ring.capsule_keys) {
        out.push_back(key.id);
        BOOST_TEST(ring.capsules->has(key.id));
    }
    BOOST_TEST(ring.capsules->sealing_id() == out.back());
    return out;
}

bool opens(const key_ring& ring, const secret_string& text) {
    return ring.capsules->open(capsule_kind::client_secret, text.reveal(), {}).has_value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(key_file_edits)

BOOST_AUTO_TEST_CASE(a_new_signing_key_signs_and_the_one_before_verifies) {
    for (const jws_algorithm algorithm : {jws_algorithm::es256, jws_algorithm::eddsa, jws_algorithm::rs256}) {
        key_file file(algorithm);
        const key_ring_ptr before = file.ring();
        const auto signature = before->signing_key->sign("m");
        BOOST_TEST((file.rotate_signing(start + seconds(9)) == key_edit_problem::none));
        const key_ring_ptr after = file.ring();
        BOOST_TEST(file.about == "signing " + after->signing_key->kid());
        BOOST_TEST(after->signing_key->kid() != before->signing_key->kid());
        BOOST_TEST((after->signing_key->algorithm() == algorithm));
        BOOST_TEST((kids(*after) == std::vector{before->signing_key->kid(), after->signing_key->kid()}));
        BOOST_TEST(after->find_verifying(before->signing_key->kid())->verify("m", signature));
        BOOST_TEST((after->signing_created_at == std::vector{start, start + seconds(9)}));
        BOOST_TEST((after->log_key == before->log_key));
        BOOST_TEST((after->refresh_keys[0].key == before->refresh_keys[0].key));
    }
}

BOOST_AUTO_TEST_CASE(a_new_refresh_key_mints_and_the_others_check) {
    key_file file;
    const key_ring_ptr before = file.ring();
    refresh_token_place place;
    place.family.bytes[0] = 7;
    place.generation = 3;
    const secret_string token = mint_refresh_token(*before, place);
    BOOST_TEST((file.rotate_refresh(start + seconds(5)) == key_edit_problem::none));
    BOOST_TEST(file.about == "refresh 2");
    const key_ring_ptr after = file.ring();
    BOOST_TEST((ids(*after) == std::vector{1, 2}));
    BOOST_TEST((after->refresh_keys[1].created_at == start + seconds(5)));
    BOOST_TEST((after->refresh_keys[1].key != after->refresh_keys[0].key));
    BOOST_TEST((check_refresh_token(*after, token.reveal()) == place));
    const secret_string fresh = mint_refresh_token(*after, place);
    BOOST_TEST((fresh.reveal() != token.reveal()));
    BOOST_TEST((check_refresh_token(*after, fresh.reveal()) == place));
    BOOST_TEST(!check_refresh_token(*before, fresh.reveal()).has_value());
    BOOST_TEST(after->signing_key->kid() == before->signing_key->kid());
    BOOST_TEST((after->log_key == before->log_key));
}

BOOST_AUTO_TEST_CASE(what_signs_or_mints_is_never_retired) {
    key_file file;
    for (int round = 0; round < 3; ++round) {
        const key_ring_ptr ring = file.ring();
        const std::string before = file.text;
        BOOST_TEST((file.retire_signing(ring->signing_key->kid()) == key_edit_problem::active));
        BOOST_TEST(
            (file.take(retire_refresh_key(file.text, ring->refresh_keys.back().id)) == key_edit_problem::active));
        BOOST_TEST(file.text == before);
        BOOST_TEST((file.rotate_signing() == key_edit_problem::none));
        BOOST_TEST((file.rotate_refresh() == key_edit_problem::none));
    }
}

BOOST_AUTO_TEST_CASE(every_other_key_can_go_and_nothing_else_goes_with_it) {
    for (std::size_t victim = 0; victim < 3; ++victim) {
        key_file file;
        for (int i = 0; i < 3; ++i) {
            file.rotate_signing();
            file.rotate_refresh();
        }
        const key_ring_ptr before = file.ring();
        std::vector<std::string> kids_left = kids(*before);
        std::vector<int> ids_left = ids(*before);
        BOOST_TEST((file.retire_signing(kids_left[victim]) == key_edit_problem::none));
        BOOST_TEST(file.about == "signing " + kids_left[victim]);
        BOOST_TEST((file.take(retire_refresh_key(file.text, static_cast<std::uint8_t>(ids_left[victim]))) ==
                    key_edit_problem::none));
        kids_left.erase(kids_left.begin() + static_cast<std::ptrdiff_t>(victim));
        ids_left.erase(ids_left.begin() + static_cast<std::ptrdiff_t>(victim));
        const key_ring_ptr after = file.ring();
        BOOST_TEST((kids(*after) == kids_left));
        BOOST_TEST((ids(*after) == ids_left));
        BOOST_TEST(after->signing_key->kid() == before->signing_key->kid());
        BOOST_TEST((after->log_key == before->log_key));
    }
}

BOOST_AUTO_TEST_CASE(unknown_keys_and_broken_texts_are_refused) {
    key_file file;
    file.rotate_signing();
    file.rotate_refresh();
    BOOST_TEST((file.retire_signing("") == key_edit_problem::not_found));
    BOOST_TEST((file.retire_signing("no key") == key_edit_problem::not_found));
    BOOST_TEST((file.take(retire_refresh_key(file.text, 200)) == key_edit_problem::not_found));
    for (const std::string& broken : {std::string(), std::string("{}"), file.text.substr(1)}) {
        for (const key_start when : {key_start::published, key_start::at_once}) {
            BOOST_TEST((rotate_signing_key(broken, file.algorithm, file.random, start, when).problem ==
                        key_edit_problem::malformed));
        }
        BOOST_TEST(!stamp_next_keys(broken, start).has_value());
        BOOST_TEST((rotate_refresh_key(broken, file.random, start).problem == key_edit_problem::malformed));
        BOOST_TEST((retire_signing_key(broken, "x", start).problem == key_edit_problem::malformed));
        BOOST_TEST((retire_refresh_key(broken, 1).problem == key_edit_problem::malformed));
        BOOST_TEST((rotate_capsule_key(broken, file.random, start).problem == key_edit_problem::malformed));
        BOOST_TEST((retire_capsule_key(broken, 1).problem == key_edit_problem::malformed));
    }
    BOOST_TEST((rotate_signing_key(file.text, jws_algorithm::hs256, file.random, start, key_start::published).problem ==
                key_edit_problem::malformed));
}

BOOST_AUTO_TEST_CASE(there_are_bounds_and_room_again_after_retiring) {
    key_file file;
    while (file.ring()->verifying_keys.size() < signing_keys_max) {
        BOOST_TEST_REQUIRE((file.rotate_signing() == key_edit_problem::none));
    }
    while (file.ring()->refresh_keys.size() < refresh_keys_max) {
        BOOST_TEST_REQUIRE((file.rotate_refresh() == key_edit_problem::none));
    }
    BOOST_TEST(file.text.size() < key_file_size_max);
    BOOST_TEST((file.rotate_signing() == key_edit_problem::too_many));
    BOOST_TEST((file.rotate_refresh() == key_edit_problem::too_many));
    BOOST_TEST((file.retire_signing(file.ring()->verifying_keys[0]->kid()) == key_edit_problem::none));
    BOOST_TEST((file.take(retire_refresh_key(file.text, file.ring()->refresh_keys[0].id)) == key_edit_problem::none));
    BOOST_TEST((file.rotate_signing() == key_edit_problem::none));
    BOOST_TEST((file.rotate_refresh() == key_edit_problem::none));
}

BOOST_AUTO_TEST_CASE(a_published_key_is_in_the_set_at_once_and_signs_when_every_copy_of_the_set_has_it) {
    for (const jws_algorithm algorithm : {jws_algorithm::es256, jws_algorithm::eddsa, jws_algorithm::rs256}) {
        key_file file(algorithm);
        const timestamp at = start + seconds(9);
        BOOST_TEST((file.publish_signing(at) == key_edit_problem::none));
        const key_ring_ptr ring = file.ring();
        BOOST_TEST(file.about == "signing " + ring->verifying_keys[1]->kid());
        BOOST_TEST(ring->jwks().find(ring->verifying_keys[1]->kid()) != std::string::npos);
        BOOST_TEST((ring->signing_from == std::vector{start, at + publish_lead}));
        BOOST_TEST((publish_lead >= 2 * jwks_max_age));
        const struct {
            seconds after;
            std::size_t signs;
        } rows[] = {{seconds(-1'000'000), 0},
                    {seconds(0), 0},
                    {publish_lead - seconds(1), 0},
                    {publish_lead, 1},
                    {seconds(86'400), 1}};
        for (const auto& row : rows) {
            BOOST_TEST(signer(*ring, at + row.after) == row.signs, row.after.count());
        }
    }
}

BOOST_AUTO_TEST_CASE(the_newest_that_is_due_signs_and_the_oldest_where_none_is) {
    key_file file;
    file.publish_signing(start + seconds(100));
    file.publish_signing(start + seconds(200));
    file.publish_signing(start + seconds(200)); // of the same second: the later one
    const key_ring_ptr ring = file.ring();
    const auto signs = [&](int after) { return signer(*ring, start + seconds(after)); };
    BOOST_TEST(signs(-100) == 0U); // also before the oldest was made: a clock that was set back
    BOOST_TEST(signs(699) == 0U);
    BOOST_TEST(signs(700) == 1U);
    BOOST_TEST(signs(799) == 1U);
    BOOST_TEST(signs(800) == 3U);
}

BOOST_AUTO_TEST_CASE(a_key_file_grows_to_version_2_when_a_key_is_published_and_not_before) {
    key_file file;
    file.rotate_refresh();
    file.rotate_signing(start + seconds(1));
    BOOST_TEST((file.retire_signing(file.ring()->verifying_keys[0]->kid()) == key_edit_problem::none));
    BOOST_TEST(is_version(file.text, 1));
    BOOST_TEST(file.text.find("\"from\"") == std::string::npos);
    BOOST_TEST((file.ring()->signing_from == std::vector{start + seconds(1)})); // it signed as soon as it was made
    file.publish_signing(start + seconds(2));
    BOOST_TEST(is_version(file.text, 2));
    file.rotate_refresh();
    file.rotate_signing(start + seconds(3));
    BOOST_TEST(is_version(file.text, 2));
    BOOST_TEST(signer(*file.ring(), start + seconds(3)) == 2U);
}

BOOST_AUTO_TEST_CASE(a_key_that_signs_at_once_is_the_only_one_from_then_on) {
    key_file file;
    file.publish_signing(start);
    file.rotate_signing(start + seconds(5));
    const key_ring_ptr ring = file.ring();
    for (const seconds after : {seconds(0), seconds(5), publish_lead, seconds(1'000'000)}) {
        BOOST_TEST(signer(*ring, start + after) == 2U);
    }
    BOOST_TEST(ring->verifying_keys.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_key_that_another_has_followed_never_signs_again) {
    key_file file;
    file.publish_signing(start);
    const timestamp due = start + publish_lead;
    file.publish_signing(due);
    const key_ring_ptr ring = file.ring();
    BOOST_TEST(signer(*ring, start) == 1U); // a clock that is set back leads no further than to the key of then
    BOOST_TEST(signer(*ring, due) == 1U);
    BOOST_TEST(signer(*ring, due + publish_lead) == 2U);
}

BOOST_AUTO_TEST_CASE(the_key_of_now_is_not_retired_and_one_that_is_to_sign_is) {
    key_file file;
    file.publish_signing(start);
    const std::vector<std::string> all = kids(*file.ring());
    BOOST_TEST((file.retire_signing(all[0], start) == key_edit_problem::active));
    BOOST_TEST((file.retire_signing(all[1], start + publish_lead) == key_edit_problem::active));
    const std::string both = file.text;
    BOOST_TEST((file.retire_signing(all[1], start) == key_edit_problem::none)); // taken back before it signed
    BOOST_TEST(signer(*file.ring(), start + publish_lead) == 0U);
    file.text = both;
    BOOST_TEST((file.retire_signing(all[0], start + publish_lead) == key_edit_problem::none));
    BOOST_TEST((kids(*file.ring()) == std::vector{all[1]}));
    BOOST_TEST(signer(*file.ring(), start) == 0U);
    BOOST_TEST((file.retire_signing(all[1], start) == key_edit_problem::active)); // the last one always signs
}

BOOST_AUTO_TEST_CASE(the_time_of_a_clock_that_was_ahead_is_stamped_anew) {
    constexpr seconds year{365 * 86'400};
    key_file file;
    file.publish_signing(start + year);
    const std::string ahead = file.text;
    BOOST_TEST(!stamp_next_keys(ahead, start + year).has_value());
    const std::optional<std::string> stamped = stamp_next_keys(ahead, start + seconds(7));
    BOOST_TEST_REQUIRE(stamped.has_value());
    BOOST_TEST(is_version(*stamped, 2));
    file.text = *stamped;
    BOOST_TEST((file.ring()->signing_from == std::vector{start, start + seconds(7) + publish_lead}));
    BOOST_TEST(!stamp_next_keys(*stamped, start + seconds(7)).has_value());
    file.text = ahead; // the next rotation does the same
    file.publish_signing(start + seconds(7));
    const timestamp due = start + seconds(7) + publish_lead;
    BOOST_TEST((file.ring()->signing_from == std::vector{start, due, due}));
    BOOST_TEST(signer(*file.ring(), due) == 2U);
    key_file plain; // of version 1: its key signs whatever the clock says
    BOOST_TEST(!stamp_next_keys(plain.text, start - year).has_value());
}

BOOST_AUTO_TEST_CASE(ids_of_refresh_keys_go_round_and_come_back_last) {
    key_file file;
    std::vector<int> seen;
    for (int i = 0; i < 600; ++i) {
        BOOST_TEST_REQUIRE((file.rotate_refresh() == key_edit_problem::none));
        const key_ring_ptr ring = file.ring();
        const std::vector<int> now = ids(*ring);
        BOOST_TEST((std::set<int>(now.begin(), now.end()).size() == now.size()));
        seen.push_back(now.back());
        BOOST_TEST_REQUIRE(
            (file.take(retire_refresh_key(file.text, ring->refresh_keys[0].id)) == key_edit_problem::none));
    }
    BOOST_TEST((std::set<int>(seen.begin(), seen.begin() + 256).size() == 256U));
}

BOOST_AUTO_TEST_CASE(a_file_of_version_1_has_a_capsule_key_that_its_log_key_makes) {
    for (const jws_algorithm algorithm : {jws_algorithm::eddsa, jws_algorithm::hs256}) {
        test::seeded_random random(7);
        const std::string text = make_key_file(algorithm, random, start);
        const secret_string secret("correct horse battery staple, and more of it");
        const key_ring_ptr ring = parse_key_file(text, {algorithm, &secret}).ring;
        BOOST_TEST_REQUIRE((ring != nullptr));
        BOOST_TEST(is_version(text, 1));
        BOOST_TEST(text.find("capsule") == std::string::npos);
        BOOST_TEST((capsule_ids(*ring) == std::vector{0}));
        std::vector<capsule_key> keys;
        keys.push_back({0, derive_key(ring->log_key, "pawl capsule")});
        const capsule_ring same(std::move(keys));
        BOOST_TEST(opens(*ring, same.seal(capsule_kind::client_secret, {}, {}, random)));
    }
}

BOOST_AUTO_TEST_CASE(a_new_capsule_key_seals_and_the_others_open) {
    key_file file;
    const key_ring_ptr before = file.ring();
    const secret_string first = before->capsules->seal(capsule_kind::client_secret, {}, {}, file.random);
    BOOST_TEST((file.rotate_capsule(start + seconds(5)) == key_edit_problem::none));
    BOOST_TEST(file.about == "capsule 1");
    BOOST_TEST(is_version(file.text, 2));
    const key_ring_ptr after = file.ring();
    BOOST_TEST((capsule_ids(*after) == std::vector{0, 1}));
    BOOST_TEST((after->capsule_keys[1].created_at == start + seconds(5)));
    const secret_string second = after->capsules->seal(capsule_kind::client_secret, {}, {}, file.random);
    BOOST_TEST(opens(*after, first));
    BOOST_TEST(opens(*after, second));
    BOOST_TEST(!opens(*before, second));
    BOOST_TEST((file.rotate_capsule() == key_edit_problem::none));
    BOOST_TEST((file.retire_capsule(1) == key_edit_problem::none));
    BOOST_TEST(file.about == "capsule 1");
    const key_ring_ptr last = file.ring();
    BOOST_TEST((capsule_ids(*last) == std::vector{0, 2}));
    BOOST_TEST(opens(*last, first)); // the log key is still there
    BOOST_TEST(!opens(*last, second));
    BOOST_TEST((last->signing_key->kid() == before->signing_key->kid()));
    BOOST_TEST((last->log_key == before->log_key));
    BOOST_TEST((last->refresh_keys[0].key == before->refresh_keys[0].key));
    BOOST_TEST((last->signing_from == before->signing_from));
}

BOOST_AUTO_TEST_CASE(every_other_edit_keeps_the_capsule_keys) {
    key_file file;
    file.rotate_capsule(start + seconds(1));
    file.rotate_capsule(start + seconds(2));
    const secret_string sealed = file.ring()->capsules->seal(capsule_kind::client_secret, {}, {}, file.random);
    file.publish_signing(start + seconds(3));
    file.rotate_signing(start + seconds(4));
    file.rotate_refresh();
    BOOST_TEST((file.retire_signing(kids(*file.ring())[0]) == key_edit_problem::none));
    BOOST_TEST((file.take(retire_refresh_key(file.text, 1)) == key_edit_problem::none));
    const auto other = ensure_signing_key(file.text, jws_algorithm::es256, file.random, start + seconds(5));
    BOOST_TEST_REQUIRE(other.has_value());
    const key_ring_ptr ring = parse_key_file(*other, {jws_algorithm::es256, nullptr}).ring;
    BOOST_TEST_REQUIRE((ring != nullptr));
    BOOST_TEST((capsule_ids(*ring) == std::vector{0, 1, 2}));
    BOOST_TEST(opens(*ring, sealed));
}

BOOST_AUTO_TEST_CASE(the_capsule_key_that_seals_and_the_derived_one_are_never_retired) {
    key_file file;
    BOOST_TEST((file.retire_capsule(0) == key_edit_problem::active));
    BOOST_TEST((file.retire_capsule(1) == key_edit_problem::not_found));
    file.rotate_capsule();
    BOOST_TEST((file.retire_capsule(0) == key_edit_problem::active));
    BOOST_TEST((file.retire_capsule(1) == key_edit_problem::active));
    BOOST_TEST((file.retire_capsule(2) == key_edit_problem::not_found));
    while (file.ring()->capsule_keys.size() < capsule_keys_max + 1) {
        BOOST_TEST_REQUIRE((file.rotate_capsule() == key_edit_problem::none));
    }
    BOOST_TEST((file.rotate_capsule() == key_edit_problem::too_many));
    BOOST_TEST((file.retire_capsule(1) == key_edit_problem::none));
    BOOST_TEST((file.rotate_capsule() == key_edit_problem::none));
}

BOOST_AUTO_TEST_CASE(ids_of_capsule_keys_go_round_without_that_of_the_derived_one) {
    key_file file;
    file.rotate_capsule();
    std::set<int> seen;
    for (int i = 0; i < 300; ++i) {
        BOOST_TEST_REQUIRE((file.rotate_capsule() == key_edit_problem::none));
        const std::vector<int> now = capsule_ids(*file.ring());
        seen.insert(now.back());
        BOOST_TEST_REQUIRE((file.retire_capsule(static_cast<std::uint8_t>(now[1])) == key_edit_problem::none));
    }
    BOOST_TEST(seen.size() == 255U);
    BOOST_TEST(!seen.contains(0));
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_ahead_when_the_file_was_made_leaves_its_key_signing) {
    key_file file;
    const timestamp earlier = start - seconds(1'000'000);
    BOOST_TEST((file.rotate_capsule(earlier) == key_edit_problem::none));
    BOOST_TEST(is_version(file.text, 2));
    BOOST_TEST(signer(*file.ring(), earlier) == 0U);
    BOOST_TEST((file.ring()->signing_from == std::vector{earlier + publish_lead}));
}

BOOST_AUTO_TEST_SUITE_END()
