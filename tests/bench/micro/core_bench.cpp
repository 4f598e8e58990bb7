// The domain: the decision, the refresh token, capsules, access tokens of each algorithm.
#include "core/capsule/capsule.hpp"
#include "core/family/decide.hpp"
#include "core/jwt/access_token.hpp"
#include "core/jwt/verified_tokens.hpp"
#include "core/provider/client_secret.hpp"
#include "core/token/refresh_token.hpp"
#include "storage/system_random.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <stdexcept>
#include <string>

namespace {

using namespace pawl;

constexpr timestamp now{seconds(1'790'000'000)};
constexpr std::string_view issuer = "http://127.0.0.1:8080";

key_ring_ptr ring_of(jws_algorithm algorithm) {
    storage::system_random random;
    const secret_string secret("0123456789abcdef0123456789abcdef");
    const parsed_key_file parsed = parse_key_file(make_key_file(algorithm, random, now), {algorithm, &secret});
    if (!parsed.ring) {
        throw std::runtime_error(parsed.error);
    }
    return parsed.ring;
}

family_id some_family() {
    family_id id;
    id.bytes.fill(0x5C);
    return id;
}

void decide_rotation(benchmark::State& state) {
    family_facts facts;
    facts.id = some_family();
    facts.user = {42};
    facts.created_at = now;
    facts.idle_ttl = seconds(14 * 86400);
    facts.absolute_ttl = seconds(90 * 86400);
    const family_word word = family_word().with_generation(7);
    const presented_token presented{7, facts.client};
    const refresh_policy policy;
    for ([[maybe_unused]] auto _ : state) {
        const decision made = decide(word, facts, user_gate{}, presented, now + seconds(600), policy, outage_list());
        if (made.what != verdict::rotate) {
            state.SkipWithError("not a rotation");
        }
        benchmark::DoNotOptimize(made);
    }
}
BENCHMARK(decide_rotation)->Name("decide/rotate");

void mint_refresh(benchmark::State& state) {
    const key_ring_ptr keys = ring_of(jws_algorithm::eddsa);
    std::uint32_t generation = 0;
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(mint_refresh_token(*keys, {some_family(), generation++ % 1000}));
    }
}
BENCHMARK(mint_refresh)->Name("refresh_token/mint");

void check_refresh(benchmark::State& state) {
    const key_ring_ptr keys = ring_of(jws_algorithm::eddsa);
    const secret_string token = mint_refresh_token(*keys, {some_family(), 7});
    for ([[maybe_unused]] auto _ : state) {
        if (!check_refresh_token(*keys, token.reveal())) {
            state.SkipWithError("refused");
        }
    }
}
BENCHMARK(check_refresh)->Name("refresh_token/check");

constexpr std::size_t body_size = 256; // of an opaque access token with some scopes, and more than a secret's

void seal_capsule(benchmark::State& state) {
    const key_ring_ptr keys = ring_of(jws_algorithm::eddsa);
    storage::system_random random;
    const std::array<std::uint8_t, body_size> body{};
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(keys->capsules->seal(capsule_kind::access_token, body, {}, random));
    }
}
BENCHMARK(seal_capsule)->Name("capsule/seal 256 B");

void open_capsule(benchmark::State& state) {
    const key_ring_ptr keys = ring_of(jws_algorithm::eddsa);
    storage::system_random random;
    const std::array<std::uint8_t, body_size> body{};
    const secret_string text = keys->capsules->seal(capsule_kind::access_token, body, {}, random);
    for ([[maybe_unused]] auto _ : state) {
        if (!keys->capsules->open(capsule_kind::access_token, text.reveal(), {})) {
            state.SkipWithError("refused");
        }
    }
}
BENCHMARK(open_capsule)->Name("capsule/open 256 B");

// A secret of a client with two, made or given.
void check_client_secret(benchmark::State& state, client_secret_entry::kind what) {
    const key_ring_ptr keys = ring_of(jws_algorithm::eddsa);
    storage::system_random random;
    client asking;
    asking.number = first_registered_client;
    const made_secret made = make_client_secret(*keys->capsules, asking.number, 1, now, {}, random);
    const std::string_view given = "a secret that was chosen elsewhere";
    asking.secrets = {made.entry, digest_given_secret(*keys->capsules, given, 2, now, {})};
    const std::string_view shown = what == client_secret_entry::kind::made ? made.text.reveal() : given;
    for ([[maybe_unused]] auto _ : state) {
        if (!is_secret_of(*keys->capsules, asking, shown, now)) {
            state.SkipWithError("refused");
        }
    }
}
BENCHMARK_CAPTURE(check_client_secret, made, client_secret_entry::kind::made)->Name("client_secret/check made");
BENCHMARK_CAPTURE(check_client_secret, given, client_secret_entry::kind::given)->Name("client_secret/check given");

access_claims some_claims() {
    access_claims claims;
    claims.issuer = claims.audience = issuer;
    claims.subject = {42};
    claims.issued_at = now;
    claims.expires_at = now + seconds(600);
    claims.jwt_id = "AAECAwQFBgcICQoLDA0ODw";
    claims.client_id = "pawl";
    claims.session = some_family();
    claims.generation = 7;
    return claims;
}

constexpr access_token_expectations expected{issuer, issuer, now, seconds(600)};

void mint_jwt(benchmark::State& state, jws_algorithm algorithm) {
    const key_ring_ptr keys = ring_of(algorithm);
    const access_claims claims = some_claims();
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(mint_access_token(*keys->signing_key, claims));
    }
}

void check_jwt(benchmark::State& state, jws_algorithm algorithm) {
    const key_ring_ptr keys = ring_of(algorithm);
    const std::string token = mint_access_token(*keys->signing_key, some_claims());
    for ([[maybe_unused]] auto _ : state) {
        access_claims read;
        if (check_access_token(*keys, token, expected, read) != access_token_check::good) {
            state.SkipWithError("refused");
        }
    }
}

void known_jwt(benchmark::State& state) {
    const key_ring_ptr keys = ring_of(jws_algorithm::es256);
    storage::system_random random;
    verified_tokens known(random);
    const std::string token = mint_access_token(*keys->signing_key, some_claims());
    const auto mark = known.mark_of(*keys, token, expected);
    access_claims read;
    if (!mark || check_access_token(*keys, token, expected, read) != access_token_check::good) {
        state.SkipWithError("refused");
        return;
    }
    known.keep(*mark, verified_claims_of(read), now);
    for ([[maybe_unused]] auto _ : state) {
        const auto again = known.mark_of(*keys, token, expected);
        if (!known.find(*again, expected)) {
            state.SkipWithError("not known any more");
        }
    }
}

BENCHMARK_CAPTURE(mint_jwt, ES256, jws_algorithm::es256)->Name("jwt/mint/ES256");
BENCHMARK_CAPTURE(mint_jwt, EdDSA, jws_algorithm::eddsa)->Name("jwt/mint/EdDSA");
BENCHMARK_CAPTURE(mint_jwt, RS256, jws_algorithm::rs256)->Name("jwt/mint/RS256");
BENCHMARK_CAPTURE(mint_jwt, HS256, jws_algorithm::hs256)->Name("jwt/mint/HS256");
BENCHMARK_CAPTURE(check_jwt, ES256, jws_algorithm::es256)->Name("jwt/verify/ES256");
BENCHMARK_CAPTURE(check_jwt, EdDSA, jws_algorithm::eddsa)->Name("jwt/verify/EdDSA");
BENCHMARK_CAPTURE(check_jwt, RS256, jws_algorithm::rs256)->Name("jwt/verify/RS256");
BENCHMARK_CAPTURE(check_jwt, HS256, jws_algorithm::hs256)->Name("jwt/verify/HS256");
BENCHMARK(known_jwt)->Name("jwt/verify/seen before");

} // namespace
