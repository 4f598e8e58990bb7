// Tokens whose signature is not checked again: what is found, what must not be, and what is bounded.
#include "core/jwt/verified_tokens.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/test_keys.hpp"

#include <boost/test/unit_test.hpp>

#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr timestamp start{seconds(1'790'000'000)};

struct cache_world {
    seeded_random random{5};
    key_ring_ptr keys = make_test_keys();
    verified_tokens cache{random};
    access_token_expectations expected{.issuer = "https://issuer.example",
                                       .audience = "api",
                                       .now = start,
                                       .lifetime_max = seconds(600),
                                       .leeway = seconds(60)};

    static verified_claims claims(std::uint64_t number) {
        verified_claims c;
        c.subject = user_id{number + 1};
        c.session.bytes.fill(static_cast<std::uint8_t>(number % 251 + 1));
        c.generation = static_cast<std::uint32_t>(number);
        c.issued_at = c.not_before = start;
        c.expires_at = start + seconds(600);
        return c;
    }
    static std::string token(std::uint64_t number) { return "header.payload.signature" + std::to_string(number); }

    verified_tokens::mark mark(std::string_view text) const { return cache.mark_of(*keys, text, expected).value(); }
    void keep(std::uint64_t number) { cache.keep(mark(token(number)), claims(number), expected.now); }
    bool knows(std::string_view text) const { return cache.find(mark(text), expected).has_value(); }
    void use_keys_of_generation(std::uint64_t generation) {
        auto other = std::make_shared<key_ring>(*keys);
        other->generation = generation;
        keys = std::move(other);
    }
};

// A reader that is interrupted anywhere, again and again, by one who gives the place it may be looking at to the other
// of two tokens: a signal's handler on the reader's own thread (keep() takes no lock and no memory). What is there is
// over by the interrupter's clock, so it is always the same place.
struct interruption {
    cache_world& world;
    std::array<verified_tokens::mark, 2> marks;
    std::array<verified_claims, 2> claims;
    std::size_t next = 0;
    std::atomic<std::uint64_t> count{0};

    static inline interruption* current = nullptr;

    explicit interruption(cache_world& w) : world(w) {
        for (std::size_t i = 0; i < marks.size(); ++i) {
            claims[i] = world.claims(i);
            marks[i] = world.mark(world.token(i));
            marks[i].digest[0] = 9; // one set
        }
        current = this;
        struct sigaction with{};
        with.sa_handler = [](int) { current->happen(); };
        sigemptyset(&with.sa_mask);
        sigaction(SIGUSR1, &with, &before_);
    }
    ~interruption() { sigaction(SIGUSR1, &before_, nullptr); }
    interruption(const interruption&) = delete;
    interruption& operator=(const interruption&) = delete;

    void happen() {
        next = 1 - next;
        world.cache.keep(marks[next], claims[next], claims[next].expires_at);
        count.fetch_add(1);
    }

private:
    struct sigaction before_{};
};

} // namespace

BOOST_AUTO_TEST_SUITE(verified_tokens_cache)

BOOST_FIXTURE_TEST_CASE(what_was_kept_is_found_with_the_claims_it_was_kept_with, cache_world) {
    BOOST_TEST(!knows(token(7)));
    keep(7);
    const auto found = cache.find(mark(token(7)), expected);
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST((found->subject == claims(7).subject));
    BOOST_TEST((found->session == claims(7).session));
    BOOST_TEST(found->generation == 7U);
    BOOST_TEST((found->issued_at == start));
    BOOST_TEST((found->expires_at == start + seconds(600)));
}

BOOST_FIXTURE_TEST_CASE(every_byte_of_the_token_counts, cache_world) {
    const std::string good = token(7);
    keep(7);
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string forged = good;
        forged[i] = static_cast<char>(forged[i] ^ 1);
        BOOST_TEST(!knows(forged), "byte " << i << " does not count");
    }
    BOOST_TEST(!knows(good.substr(0, good.size() - 1)));
    BOOST_TEST(!knows(good + "A"));
    BOOST_TEST(knows(good));
}

BOOST_FIXTURE_TEST_CASE(other_keys_find_nothing_and_a_ring_without_a_generation_is_not_cached_on, cache_world) {
    keep(7);
    use_keys_of_generation(2);
    BOOST_TEST(!knows(token(7)));
    use_keys_of_generation(1);
    BOOST_TEST(knows(token(7)));
    use_keys_of_generation(0);
    BOOST_TEST(!cache.mark_of(*keys, token(7), expected).has_value());
}

BOOST_FIXTURE_TEST_CASE(another_issuer_or_audience_finds_nothing, cache_world) {
    keep(7);
    expected.audience = "other";
    BOOST_TEST(!knows(token(7)));
    expected.audience = "api";
    expected.issuer = "https://issuer.exampl";
    BOOST_TEST(!knows(token(7)));
    expected.audience = "eapi"; // the same bytes in a row, cut elsewhere
    BOOST_TEST(!knows(token(7)));
}

BOOST_FIXTURE_TEST_CASE(a_token_is_found_until_its_exp_and_not_before_its_time_less_the_leeway, cache_world) {
    keep(7);
    expected.now = start + seconds(599);
    BOOST_TEST(knows(token(7)));
    expected.now = start + seconds(600);
    BOOST_TEST(!knows(token(7)));
    expected.now = start - seconds(60);
    BOOST_TEST(knows(token(7)));
    expected.now = start - seconds(61);
    BOOST_TEST(!knows(token(7)));
}

BOOST_FIXTURE_TEST_CASE(a_shorter_lifetime_from_now_on_holds_for_what_was_kept, cache_world) {
    keep(7);
    expected.lifetime_max = seconds(599);
    BOOST_TEST(!knows(token(7)));
}

BOOST_FIXTURE_TEST_CASE(a_flood_of_different_tokens_fills_no_more_than_the_capacity, cache_world) {
    for (std::uint64_t i = 0; i < 3 * cache.capacity(); ++i) {
        keep(i);
    }
    BOOST_TEST(cache.size() <= cache.capacity());
    BOOST_TEST(cache.size() > cache.capacity() * 9 / 10);
}

BOOST_FIXTURE_TEST_CASE(a_cache_may_be_as_small_as_one_set, cache_world) {
    verified_tokens small(random, 1);
    BOOST_TEST(small.capacity() == verified_tokens::ways);
    for (std::uint64_t i = 0; i < 100; ++i) {
        const auto m = small.mark_of(*keys, token(i), expected).value();
        small.keep(m, claims(i), expected.now);
        BOOST_TEST((small.find(m, expected).value().subject == claims(i).subject));
    }
    BOOST_TEST(small.size() == verified_tokens::ways);
    BOOST_TEST(verified_tokens(random, 5).capacity() == 8U);
}

BOOST_FIXTURE_TEST_CASE(keeping_one_token_twice_takes_one_place, cache_world) {
    keep(7);
    keep(7);
    BOOST_TEST(cache.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_token_in_use_outlives_a_flood_of_others_that_are_seen_once, cache_world) {
    keep(0);
    std::uint64_t found = 0;
    const std::uint64_t flood = 2 * cache.capacity();
    for (std::uint64_t i = 1; i <= flood; ++i) {
        keep(i);
        found += knows(token(0)) ? 1U : 0U;
    }
    BOOST_TEST(found == flood);
}

BOOST_FIXTURE_TEST_CASE(what_is_over_or_of_other_keys_makes_room_before_what_is_good, cache_world) {
    for (std::uint64_t i = 0; i < 3 * cache.capacity(); ++i) {
        keep(i);
    }
    use_keys_of_generation(2);
    // Every place is now free for the new ring: none of these displaces another before its set is full.
    std::uint64_t kept = 0;
    const std::uint64_t few = cache.capacity() / verified_tokens::ways / 4;
    for (std::uint64_t i = 0; i < few; ++i) {
        keep(i);
    }
    for (std::uint64_t i = 0; i < few; ++i) {
        kept += knows(token(i)) ? 1U : 0U;
    }
    BOOST_TEST(kept == few); // 1/4 of an entry a set: five in one of 4096 sets with chance 1 in 100, and not this seed
}

BOOST_FIXTURE_TEST_CASE(threads_never_find_the_claims_of_another_token, cache_world) {
    constexpr std::uint64_t tokens = verified_tokens::ways + 1, rounds = 1'000'000;
    std::vector<verified_tokens::mark> marks;
    for (std::uint64_t i = 0; i < tokens; ++i) { // one set for all: they keep displacing each other
        marks.push_back(mark(token(i)));
        marks.back().digest[0] = 9;
    }
    std::atomic<unsigned> writing{2};
    std::atomic<std::uint64_t> wrong{0}, found{0};
    const auto write = [&](std::uint64_t seed) {
        for (std::uint64_t i = 0; i < rounds; ++i) {
            const std::uint64_t number = (i + seed) % tokens; // in turn: none is there any more when it is kept again
            cache.keep(marks[number], claims(number), start);
        }
        --writing;
    };
    const auto read = [&](std::uint64_t seed) {
        for (std::uint64_t i = seed; writing > 0; ++i) {
            const std::uint64_t number = i % tokens;
            if (const auto c = cache.find(marks[number], expected)) {
                ++found;
                const verified_claims good = claims(number);
                wrong += c->subject == good.subject && c->session == good.session && c->generation == good.generation
                             ? 0U
                             : 1U;
            }
        }
    };
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 2; ++t) {
        threads.emplace_back(write, t);
        threads.emplace_back(read, t);
    }
    for (std::thread& t : threads) {
        t.join();
    }
    BOOST_TEST(wrong == 0U);
    BOOST_TEST(found > 0U);
    BOOST_TEST(cache.size() <= verified_tokens::ways);
}

BOOST_FIXTURE_TEST_CASE(a_reader_interrupted_anywhere_never_finds_parts_of_two_entries, cache_world) {
    constexpr std::uint64_t interruptions = 2000;
    interruption other(*this);
    std::uint64_t found = 0, wrong = 0;
    std::thread reader([&] {
        for (std::size_t i = 0; other.count < interruptions; ++i) {
            const std::size_t number = i % other.marks.size();
            if (const auto c = cache.find(other.marks[number], expected)) {
                ++found;
                const verified_claims& good = other.claims[number];
                if (c->subject != good.subject || c->session != good.session || c->generation != good.generation) {
                    ++wrong;
                }
            }
        }
    });
    for (std::uint64_t seen = 0; seen < interruptions; seen = other.count) {
        pthread_kill(reader.native_handle(), SIGUSR1);
        while (other.count == seen) {
            std::this_thread::yield();
        }
    }
    reader.join();
    BOOST_TEST(wrong == 0U);
    BOOST_TEST(found > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
