// Second factors, the pure part: codes against their standard, decisions over their whole tables, words merged in every
// order, capsules at their edges.
#include "core/factor/decide_factor.hpp"
#include "core/factor/decide_login.hpp"
#include "core/factor/factor_capsules.hpp"
#include "core/factor/totp.hpp"
#include "core/factor/word.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

std::vector<std::uint8_t> repeated_digits(std::size_t size) {
    std::vector<std::uint8_t> out;
    for (std::size_t i = 1; i <= size; ++i) {
        out.push_back(static_cast<std::uint8_t>('0' + i % 10));
    }
    return out;
}

user_factor some_totp() {
    user_factor f;
    f.number = 3;
    f.kind = factor_kind::totp;
    f.digits = 6;
    f.period = 30;
    f.algorithm = 1;
    f.salt.fill(7);
    return f;
}
user_factor some_recovery(std::uint8_t count = recovery_codes_made) {
    user_factor f;
    f.number = 4;
    f.kind = factor_kind::recovery;
    f.count = count;
    f.salt.fill(9);
    return f;
}
constexpr std::uint64_t step = 1000;
constexpr timestamp in_step{seconds(30 * 1000 + 7)};

capsule_ring ring_of(std::uint8_t id = 0) {
    return capsule_ring({capsule_key{id, secret_bytes(capsule_key_size, id)}});
}

} // namespace

BOOST_AUTO_TEST_SUITE(totp)

// RFC 6238, appendix B.
BOOST_AUTO_TEST_CASE(codes_are_those_of_the_standard) {
    struct row {
        std::uint64_t time;
        const char *sha1, *sha256, *sha512;
    };
    for (const row& r :
         {row{59, "94287082", "46119246", "90693936"}, row{1111111109, "07081804", "68084774", "25091201"},
          row{1111111111, "14050471", "67062674", "99943326"}, row{1234567890, "89005924", "91819424", "93441116"},
          row{2000000000, "69279037", "90698825", "38618901"}, row{20000000000, "65353130", "77737706", "47863826"}}) {
        BOOST_TEST(totp_code(repeated_digits(20), r.time / 30, totp_algorithm::sha1, 8) == r.sha1);
        BOOST_TEST(totp_code(repeated_digits(32), r.time / 30, totp_algorithm::sha256, 8) == r.sha256);
        BOOST_TEST(totp_code(repeated_digits(64), r.time / 30, totp_algorithm::sha512, 8) == r.sha512);
        BOOST_TEST(totp_code(repeated_digits(20), r.time / 30, totp_algorithm::sha1, 6) ==
                   std::string(r.sha1).substr(2));
    }
}

BOOST_AUTO_TEST_CASE(a_secret_is_of_its_key_user_factor_and_salt_alone) {
    const capsule_ring ring = ring_of();
    const user_factor f = some_totp();
    const auto secret = totp_secret(ring, user_id{1}, f);
    BOOST_TEST_REQUIRE(secret.has_value());
    BOOST_TEST(secret->size() == totp_secret_size);
    BOOST_TEST((*secret == *totp_secret(ring, user_id{1}, f)));
    BOOST_TEST((*secret != *totp_secret(ring, user_id{2}, f)));
    user_factor other = f;
    other.number = 5;
    BOOST_TEST((*secret != *totp_secret(ring, user_id{1}, other)));
    other = f;
    other.salt[0] ^= 1U;
    BOOST_TEST((*secret != *totp_secret(ring, user_id{1}, other)));
    other = f;
    other.key_id = 8;
    BOOST_TEST(!totp_secret(ring, user_id{1}, other).has_value());
    BOOST_TEST((matches_of(ring, user_id{1}, other, secret_string("000000"), in_step).matches == 0));
}

BOOST_AUTO_TEST_CASE(a_code_matches_its_step_and_the_steps_beside_it) {
    const capsule_ring ring = ring_of();
    const user_factor f = some_totp();
    const secret_bytes secret = totp_secret(ring, user_id{1}, f).value();
    for (int away = -2; away <= 2; ++away) {
        const std::string code = totp_code(secret, step + static_cast<std::uint64_t>(away), totp_algorithm::sha1, 6);
        const std::uint32_t expected = away < -1 || away > 1 ? 0 : 1U << (away + 1);
        BOOST_TEST(matches_of(ring, user_id{1}, f, normal_totp(code), in_step).matches == expected);
    }
}

BOOST_AUTO_TEST_CASE(what_is_typed_may_have_blanks_and_dashes) {
    BOOST_TEST(normal_totp("123 456").reveal() == "123456");
    BOOST_TEST(normal_totp("12a456").empty());
    BOOST_TEST(normal_totp("").empty());
    BOOST_TEST(normal_totp(std::string(33, '1')).empty());
    BOOST_TEST(normal_recovery_code("ABCDE-fghjk").reveal() == "abcdefghjk");
    BOOST_TEST(normal_recovery_code("abcde-fghj0").empty()); // there is no 0
}

BOOST_AUTO_TEST_CASE(recovery_codes_are_ten_of_fifty_bits) {
    const capsule_ring ring = ring_of();
    std::set<std::string> seen;
    for (std::uint8_t i = 0; i < recovery_codes_made; ++i) {
        const secret_string code = recovery_code(ring, user_id{1}, some_recovery(), i).value();
        BOOST_TEST(code.size() == 11U);
        BOOST_TEST(code.reveal()[5] == '-');
        seen.emplace(code.reveal());
        const factor_shown shown =
            matches_of(ring, user_id{1}, some_recovery(), normal_recovery_code(code.reveal()), in_step);
        BOOST_TEST(shown.matches == 1U << i);
    }
    BOOST_TEST(seen.size() == recovery_codes_made);
}

BOOST_AUTO_TEST_CASE(an_application_reads_the_uri) {
    const secret_bytes secret{'H', 'e', 'l', 'l', 'o', '!', 0xDE, 0xAD, 0xBE, 0xEF};
    BOOST_TEST(totp_uri("https://id.example", "ann@example.org", secret, some_totp()).reveal() ==
               "otpauth://totp/https%3A%2F%2Fid.example:ann%40example.org?secret=JBSWY3DPEHPK3PXP"
               "&issuer=https%3A%2F%2Fid.example&algorithm=SHA1&digits=6&period=30");
}

BOOST_AUTO_TEST_CASE(kinds_are_read_from_their_text) {
    BOOST_TEST((totp_kind_from_text("SHA1/6/30") == totp_kind()));
    BOOST_TEST((totp_kind_from_text("SHA256/8/60") == totp_kind{totp_algorithm::sha256, 8, 60}));
    for (const char* wrong : {"", "SHA1", "SHA1/5/30", "SHA1/9/30", "MD5/6/30", "SHA1/6/29", "sha1/6/30"}) {
        BOOST_TEST(!totp_kind_from_text(wrong).has_value(), wrong);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(decisions_about_factors)

// Every set of matching steps against every place of the last accepted one.
BOOST_AUTO_TEST_CASE(a_totp_takes_the_lowest_step_above_the_last) {
    for (std::uint32_t matches = 0; matches < 8; ++matches) {
        for (std::uint64_t last = step - 3; last <= step + 1; ++last) {
            const std::uint64_t word = totp_word{0, last, 5}.bits();
            const factor_decision got = decide_factor(word, some_totp(), {matches}, in_step);
            std::uint64_t expected = 0;
            for (std::uint32_t i = 0; i < 3; ++i) {
                const std::uint64_t s = step + i - 1;
                if (expected == 0 && (matches >> i & 1U) != 0 && s > last) {
                    expected = s;
                }
            }
            const auto what = expected != 0  ? factor_verdict::accepted
                              : matches == 0 ? factor_verdict::wrong
                                             : factor_verdict::used;
            BOOST_TEST((got.what == what), matches << " after " << last);
            BOOST_TEST(got.next == (expected != 0 ? totp_word{0, expected, 6}.bits() : word));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_code_that_set_it_up_is_used_and_every_one_before) {
    user_factor f = some_totp();
    f.proven_step = step;
    BOOST_TEST((decide_factor(0, f, {2}, in_step).what == factor_verdict::used));
    BOOST_TEST((decide_factor(0, f, {1}, in_step).what == factor_verdict::used));
    BOOST_TEST((decide_factor(0, f, {4}, in_step).what == factor_verdict::accepted));
}

BOOST_AUTO_TEST_CASE(a_step_in_the_future_locks_no_user_out) {
    const std::uint64_t ahead = totp_word{2, step + 100, 9}.bits();
    const factor_decision got = decide_factor(ahead, some_totp(), {2}, in_step);
    BOOST_TEST((got.what == factor_verdict::accepted));
    BOOST_TEST(got.next == (totp_word{3, step, 10}.bits()));
    BOOST_TEST(got.next > ahead); // so the newer word wins where both are read
    BOOST_TEST((decide_factor(got.next, some_totp(), {2}, in_step).what == factor_verdict::used));
    const std::uint64_t last_era = totp_word{255, step + 100, 9}.bits();
    BOOST_TEST((decide_factor(last_era, some_totp(), {2}, in_step).what == factor_verdict::used));
    user_factor proven_ahead = some_totp();
    proven_ahead.proven_step = step + 100;
    BOOST_TEST((decide_factor(0, proven_ahead, {2}, in_step).what == factor_verdict::accepted));
}

BOOST_AUTO_TEST_CASE(at_the_beginning_of_time_there_is_no_step_before) {
    BOOST_TEST((decide_factor(0, some_totp(), {1}, timestamp(seconds(3))).what == factor_verdict::used));
    BOOST_TEST((decide_factor(0, some_totp(), {4}, timestamp(seconds(3))).what == factor_verdict::accepted));
}

BOOST_AUTO_TEST_CASE(the_count_of_uses_stays_at_its_highest) {
    const factor_decision got = decide_factor(totp_word{0, 5, 0xFFFF}.bits(), some_totp(), {2}, in_step);
    BOOST_TEST(totp_word::of(got.next).uses == 0xFFFF);
    BOOST_TEST(totp_word::of(got.next).step == step);
}

// Every code against every set of used ones, of a small set.
BOOST_AUTO_TEST_CASE(a_recovery_code_is_good_once) {
    constexpr std::uint8_t count = 4;
    for (std::uint32_t used = 0; used < 1U << count; ++used) {
        const std::uint64_t word = recovery_word{20, used}.bits();
        BOOST_TEST((decide_factor(word, some_recovery(count), {0}, in_step).what == factor_verdict::wrong));
        for (std::uint32_t i = 0; i < recovery_codes_max; ++i) {
            const factor_decision got = decide_factor(word, some_recovery(count), {1U << i}, in_step);
            const bool good = i < count && (used >> i & 1U) == 0;
            BOOST_TEST((got.what == (good ? factor_verdict::accepted : factor_verdict::used)));
            const auto second = static_cast<std::uint64_t>(in_step.time_since_epoch().count());
            BOOST_TEST(got.next == (good ? recovery_word{second, used | 1U << i}.bits() : word));
        }
    }
}

BOOST_AUTO_TEST_CASE(words_merge_to_the_same_in_every_order) {
    const std::array<std::uint64_t, 3> codes{recovery_word{10, 0b0011}.bits(), recovery_word{30, 0b0101}.bits(),
                                             recovery_word{20, 0b1000}.bits()};
    const std::array<std::uint64_t, 3> steps{totp_word{0, 900, 3}.bits(), totp_word{1, 5, 4}.bits(),
                                             totp_word{0, 901, 1}.bits()};
    std::array<std::size_t, 3> order{0, 1, 2};
    do {
        const auto all = [&](factor_kind kind, const std::array<std::uint64_t, 3>& of) {
            return merge_factor_words(kind, merge_factor_words(kind, of[order[0]], of[order[1]]), of[order[2]]);
        };
        BOOST_TEST(all(factor_kind::recovery, codes) == (recovery_word{30, 0b1111}.bits()));
        BOOST_TEST(all(factor_kind::totp, steps) == steps[1]);
        BOOST_TEST(merge_factor_words(factor_kind::recovery, codes[0], codes[0]) == codes[0]);
    } while (std::ranges::next_permutation(order).found);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(decisions_about_logins)

// The whole table: who the user is, what it has, what was shown, which policy.
BOOST_AUTO_TEST_CASE(a_sign_in_is_done_when_what_the_policy_wants_was_shown) {
    using enum factor_policy;
    for (const factor_policy policy : {enrolled, superusers, all, none}) {
        for (const bool superuser : {false, true}) {
            for (const bool has_totp : {false, true}) {
                for (const bool has_codes : {false, true}) {
                    for (const bool remembered : {false, true}) {
                        for (const second_shown shown :
                             {second_shown::nothing, second_shown::totp, second_shown::recovery_code}) {
                            user u;
                            u.is_superuser = superuser;
                            if (has_totp) {
                                u.factors.push_back(some_totp());
                            }
                            if (has_codes) {
                                u.factors.push_back(some_recovery());
                            }
                            const login_decision got = decide_login(u, shown, remembered, policy);
                            const bool must = policy == all || (policy == superusers && superuser);
                            const bool two = shown != second_shown::nothing;
                            const auto what = two || policy == none     ? login_verdict::done
                                              : has_totp && !remembered ? login_verdict::more
                                              : !has_totp && must       ? login_verdict::enrolment
                                                                        : login_verdict::done;
                            BOOST_TEST((got.what == what));
                            BOOST_TEST(got.acr == (two ? acr_two_factors : acr_password));
                            BOOST_TEST(got.amr == (two ? amr_password | amr_otp | amr_mfa : amr_password));
                        }
                    }
                }
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(capsules_of_factors)

namespace {

struct capsules_world {
    seeded_random random{3};
    capsule_ring ring = ring_of();
    timestamp now{seconds(1'700'000'000)};
    user ann = [] {
        user u;
        u.id = user_id{7};
        u.password_hash = "$argon2id$x";
        u.gate.epoch = 2;
        u.factor_epoch = 5;
        return u;
    }();
    secret_string step_text(std::uint64_t mark = 1) {
        return seal_login_step(ring, {now, ann.id, false, "ann", "orders:read"}, ann, mark, random);
    }
    step_state state(const secret_string& text, const user& u, timestamp at, std::uint64_t mark = 1) const {
        return open_login_step(ring, text.reveal(), u, mark, at).is;
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_step_is_good_for_its_user_for_five_minutes, capsules_world) {
    const secret_string text = step_text();
    const opened_step opened = open_login_step(ring, text.reveal(), ann, 1, now);
    BOOST_TEST((opened.is == step_state::good));
    BOOST_TEST(opened.step.name == "ann");
    BOOST_TEST(opened.step.scope.value() == "orders:read");
    BOOST_TEST((state(text, ann, now + seconds(299)) == step_state::good));
    BOOST_TEST((state(text, ann, now + seconds(300)) == step_state::expired));
    BOOST_TEST((state(text, ann, now - seconds(1)) == step_state::expired));
    BOOST_TEST((state(text, ann, now, 2) == step_state::foreign)); // of another history
    user bob = ann;
    bob.id = user_id{8};
    BOOST_TEST((state(text, bob, now) == step_state::foreign));
}

BOOST_FIXTURE_TEST_CASE(a_step_is_overtaken_by_each_thing_that_it_rests_on, capsules_world) {
    const secret_string text = step_text();
    user changed = ann;
    changed.password_hash += "y";
    BOOST_TEST((state(text, changed, now) == step_state::overtaken));
    changed = ann;
    changed.gate.epoch = 3;
    BOOST_TEST((state(text, changed, now) == step_state::overtaken));
    changed = ann;
    changed.factor_epoch = 6;
    BOOST_TEST((state(text, changed, now) == step_state::overtaken));
    changed = ann;
    changed.first_name = "Ann";
    BOOST_TEST((state(text, changed, now) == step_state::good));
}

BOOST_FIXTURE_TEST_CASE(no_capsule_stands_for_another_kind_and_no_bit_may_differ, capsules_world) {
    const std::string text(step_text().reveal());
    const secret_string device = seal_device(ring, ann, now, 1, random);
    BOOST_TEST(!peek_login_step(ring, device.reveal(), 1).has_value());
    BOOST_TEST(!open_enrolment(ring, text, 1).has_value());
    BOOST_TEST(!is_remembered_device(ring, text, ann, 1, seconds(60), now));
    for (std::size_t i = 4; i + 1 < text.size(); ++i) {
        std::string flipped = text;
        flipped[i] = flipped[i] == 'A' ? 'B' : 'A';
        BOOST_TEST(!peek_login_step(ring, flipped, 1).has_value(), i);
    }
}

BOOST_FIXTURE_TEST_CASE(an_enrolment_carries_what_the_secret_follows_from, capsules_world) {
    enrolment e{now, ann.id, some_totp()};
    e.factor.key_id = 9;
    const secret_string text = seal_enrolment(ring, e, 1, random);
    const auto opened = open_enrolment(ring, text.reveal(), 1);
    BOOST_TEST_REQUIRE(opened.has_value());
    BOOST_TEST((opened->factor == e.factor));
    BOOST_TEST((opened->issued == now));
    BOOST_TEST(!open_enrolment(ring, text.reveal(), 2).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_device_is_remembered_until_its_time_or_its_users_epoch_is_over, capsules_world) {
    const std::string text(seal_device(ring, ann, now, 1, random).reveal());
    const auto remembered = [&](const user& u, timestamp at, seconds ttl = seconds(100), std::uint64_t mark = 1) {
        return is_remembered_device(ring, text, u, mark, ttl, at);
    };
    BOOST_TEST(remembered(ann, now));
    BOOST_TEST(remembered(ann, now + seconds(99)));
    BOOST_TEST(!remembered(ann, now + seconds(100)));
    BOOST_TEST(!remembered(ann, now - seconds(1)));
    BOOST_TEST(!remembered(ann, now, seconds(0)));
    BOOST_TEST(!remembered(ann, now, seconds(100), 2));
    user other = ann;
    other.factor_epoch = 6;
    BOOST_TEST(!remembered(other, now));
    other = ann;
    other.id = user_id{8};
    BOOST_TEST(!remembered(other, now));
}

BOOST_AUTO_TEST_SUITE_END()
