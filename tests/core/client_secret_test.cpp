#include "core/provider/client_secret.hpp"
#include "core/service/capsule_key_use.hpp"
#include "core/text/encoding.hpp"
#include "tests/support/memory_registry.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace pawl;

namespace {

constexpr timestamp now{seconds(1'790'000'000)};
constexpr timestamp never{};

capsule_ring ring_of(std::initializer_list<std::uint8_t> ids) {
    std::vector<capsule_key> keys;
    for (const std::uint8_t id : ids) {
        keys.push_back({id, secret_bytes(capsule_key_size, static_cast<std::uint8_t>(0x3C + id))});
    }
    return capsule_ring(std::move(keys));
}

client client_with(std::uint32_t number, std::initializer_list<client_secret_entry> secrets) {
    client c;
    c.number = {number};
    c.secrets = secrets;
    return c;
}

struct world {
    capsule_ring ring = ring_of({0});
    test::seeded_random random{3};
    made_secret make(std::uint32_t of, std::uint32_t serial = 1, timestamp expires_at = never) {
        return make_client_secret(ring, {of}, serial, now, expires_at, random);
    }
    bool takes(const client& c, std::string_view text, timestamp at = now) { return is_secret_of(ring, c, text, at); }
};

std::vector<std::uint8_t> octets_of(std::string_view text) {
    return {text.begin(), text.end()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_secrets)

BOOST_AUTO_TEST_CASE(a_made_secret_is_of_its_client_alone) {
    world w;
    const made_secret made = w.make(16, 4, now + seconds(60));
    BOOST_TEST(made.text.reveal().starts_with("pcs_"));
    BOOST_TEST((made.entry.what == client_secret_entry::kind::made));
    BOOST_TEST(made.entry.serial == 4U);
    BOOST_TEST(made.entry.key_id == 0);
    BOOST_TEST((made.entry.created_at == now));
    BOOST_TEST((made.entry.expires_at == now + seconds(60)));
    BOOST_TEST(w.takes(client_with(16, {made.entry}), made.text.reveal()));
    BOOST_TEST(!w.takes(client_with(17, {made.entry}), made.text.reveal())); // the number is in the secret
    BOOST_TEST(!w.takes(client_with(16, {}), made.text.reveal()));
    BOOST_TEST(!w.takes(client_with(16, {w.make(16).entry}), made.text.reveal()));
    BOOST_TEST(!w.takes(client_with(16, {w.make(17).entry}), made.text.reveal()));
}

BOOST_AUTO_TEST_CASE(two_secrets_are_good_at_a_time_and_one_that_was_taken_away_is_not) {
    world w;
    const made_secret first = w.make(16, 1), second = w.make(16, 2);
    const client_secret_entry given = digest_given_secret(w.ring, "chosen elsewhere", 3, now, never);
    client c = client_with(16, {first.entry, second.entry});
    BOOST_TEST(w.takes(c, first.text.reveal()));
    BOOST_TEST(w.takes(c, second.text.reveal()));
    BOOST_TEST(!w.takes(c, "chosen elsewhere"));
    c.secrets = {second.entry, given};
    BOOST_TEST(!w.takes(c, first.text.reveal()));
    BOOST_TEST(w.takes(c, second.text.reveal()));
    BOOST_TEST(w.takes(c, "chosen elsewhere"));
}

BOOST_AUTO_TEST_CASE(a_secret_is_good_until_it_expires) {
    world w;
    const timestamp end = now + seconds(60);
    const made_secret made = w.make(16, 1, end);
    const client c = client_with(16, {made.entry, digest_given_secret(w.ring, "given", 2, now, end)});
    for (const std::string_view text : {made.text.reveal(), std::string_view("given")}) {
        BOOST_TEST(w.takes(c, text, end - seconds(1)));
        BOOST_TEST(!w.takes(c, text, end));
        BOOST_TEST(!w.takes(c, text, end + seconds(1'000'000)));
    }
    const made_secret lasting = w.make(16);
    BOOST_TEST(w.takes(client_with(16, {lasting.entry}), lasting.text.reveal(), now + seconds(1'000'000'000)));
}

BOOST_AUTO_TEST_CASE(a_given_secret_is_taken_letter_by_letter) {
    world w;
    const std::string longest(client_secret_size_max, 'x');
    for (const std::string& text : {std::string("s"), std::string("correct horse"), longest, std::string("pcs_x")}) {
        const client c = client_with(16, {digest_given_secret(w.ring, text, 1, now, never)});
        BOOST_TEST(w.takes(c, text));
        BOOST_TEST(!w.takes(c, text + "x"));
        BOOST_TEST(!w.takes(c, text.substr(1)));
        BOOST_TEST(!w.takes(c, ""));
        std::string other = text;
        other.back() = static_cast<char>(other.back() ^ 1);
        BOOST_TEST(!w.takes(c, other));
    }
}

// A secret that one server made, given to another: its text is compared there, since its capsule does not open.
BOOST_AUTO_TEST_CASE(a_made_secret_of_another_server_can_be_given) {
    world w;
    test::seeded_random random(8);
    const made_secret foreign = make_client_secret(ring_of({9}), {16}, 1, now, never, random);
    BOOST_TEST(!w.takes(client_with(16, {foreign.entry}), foreign.text.reveal()));
    const client c = client_with(16, {digest_given_secret(w.ring, foreign.text.reveal(), 1, now, never)});
    BOOST_TEST(w.takes(c, foreign.text.reveal()));
}

BOOST_AUTO_TEST_CASE(a_secret_stays_good_when_a_new_key_seals_and_ends_with_its_own_key) {
    world w;
    const made_secret made = w.make(16);
    const client c = client_with(16, {made.entry, digest_given_secret(w.ring, "given", 2, now, never)});
    for (const std::string_view text : {made.text.reveal(), std::string_view("given")}) {
        BOOST_TEST(is_secret_of(ring_of({0, 1}), c, text, now));
        BOOST_TEST(!is_secret_of(ring_of({1}), c, text, now));
    }
    BOOST_TEST(make_client_secret(ring_of({0, 1}), {16}, 1, now, never, w.random).entry.key_id == 1);
    BOOST_TEST(digest_given_secret(ring_of({0, 1}), "given", 1, now, never).key_id == 1);
}

BOOST_AUTO_TEST_CASE(an_entry_that_names_another_key_takes_nothing) {
    world w;
    const capsule_ring both = ring_of({0, 1});
    const made_secret made = w.make(16);
    client c = client_with(16, {made.entry, digest_given_secret(w.ring, "given", 2, now, never)});
    for (client_secret_entry& entry : c.secrets) {
        entry.key_id = 1;
    }
    BOOST_TEST(!is_secret_of(both, c, made.text.reveal(), now));
    BOOST_TEST(!is_secret_of(both, c, "given", now));
}

BOOST_AUTO_TEST_CASE(a_capsule_that_is_no_secret_is_not_taken) {
    world w;
    made_secret made = w.make(16);
    const client c = client_with(16, {made.entry});
    std::vector<std::uint8_t> body = {0, 0, 0, 16};
    body.insert(body.end(), made.entry.proof.begin(), made.entry.proof.begin() + 16);
    const auto sealed = [&](capsule_kind kind) { return w.ring.seal(kind, body, {}, w.random); };
    BOOST_TEST(w.takes(c, sealed(capsule_kind::client_secret).reveal())); // so it is made
    BOOST_TEST(!w.takes(c, sealed(capsule_kind::access_token).reveal()));
    body.push_back(0);
    BOOST_TEST(!w.takes(c, sealed(capsule_kind::client_secret).reveal()));
    body.resize(19);
    BOOST_TEST(!w.takes(c, sealed(capsule_kind::client_secret).reveal()));
    body.clear();
    BOOST_TEST(!w.takes(c, sealed(capsule_kind::client_secret).reveal()));
}

BOOST_AUTO_TEST_CASE(nothing_of_a_secret_is_in_what_is_kept) {
    world w;
    const std::string given = "a secret of 16 B";
    const made_secret made = w.make(16);
    const client_secret_entry kept = digest_given_secret(w.ring, given, 2, now, never);
    // Of the made one its random id, which is sealed in the text and no part of it.
    const std::vector<std::uint8_t> sealed = base64url_decode(made.text.reveal().substr(4)).value();
    const auto id = std::span(made.entry.proof).first(16);
    BOOST_TEST(std::ranges::search(sealed, id).empty());
    BOOST_TEST(std::ranges::all_of(std::span(made.entry.proof).subspan(16), [](std::uint8_t b) { return b == 0; }));
    for (std::size_t at = 0; at + 4 <= given.size(); ++at) {
        BOOST_TEST(std::ranges::search(kept.proof, octets_of(given.substr(at, 4))).empty());
    }
    // Who has the record, and no key, makes no secret of it: neither with a key of his own nor with the proof as text.
    const secret_string forged = ring_of({1}).seal(capsule_kind::client_secret, octets_of("any"), {}, w.random);
    const client c = client_with(16, {made.entry, kept});
    BOOST_TEST(!w.takes(c, forged.reveal()));
    for (const client_secret_entry& entry : c.secrets) {
        BOOST_TEST(!w.takes(c, std::string(entry.proof.begin(), entry.proof.end())));
        BOOST_TEST(!w.takes(c, base64url_encode(entry.proof)));
    }
}

BOOST_AUTO_TEST_CASE(a_client_needs_the_keys_of_the_secrets_that_are_good) {
    world w;
    client_secret_entry entry = w.make(16, 1, now + seconds(60)).entry;
    entry.key_id = 5;
    const client c = client_with(16, {entry, digest_given_secret(w.ring, "given", 2, now, never)});
    BOOST_TEST(needs_capsule_key(c, 5, now));
    BOOST_TEST(!needs_capsule_key(c, 5, now + seconds(60)));
    BOOST_TEST(needs_capsule_key(c, 0, now + seconds(60)));
    BOOST_TEST(!needs_capsule_key(c, 6, now));
}

BOOST_AUTO_TEST_CASE(a_key_is_needed_while_any_client_has_a_good_secret_of_it) {
    test::memory_registry entities;
    constexpr std::uint32_t count = 600;
    for (std::uint32_t i = 0; i < count; ++i) {
        client one = client_with(0, {});
        one.client_id = "client-" + std::to_string(i);
        client_secret_entry entry;
        entry.key_id = static_cast<std::uint8_t>(i == 0 ? 1 : i == count - 1 ? 2 : 3);
        entry.expires_at = now + seconds(60);
        one.secrets = {entry};
        one.enabled = i != 0; // a disabled client may come back
        BOOST_TEST_REQUIRE(entities.put_client(one).has_value());
    }
    const auto needs = [&](std::uint8_t id, timestamp at) {
        const client_ptr found = client_of_capsule_key(entities, id, at);
        return found == nullptr ? "" : found->client_id;
    };
    BOOST_TEST(needs(1, now) == "client-0");
    BOOST_TEST(needs(2, now) == "client-599");
    BOOST_TEST(needs(3, now) == "client-1");
    BOOST_TEST(needs(4, now) == "");
    BOOST_TEST(needs(2, now + seconds(60)) == "");
    BOOST_TEST((client_of_capsule_key(test::memory_registry(), 1, now) == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
