// What signatures, tokens and their parts cost. Prints the best of several rounds, in microseconds of CPU: the machine
// may be shared, so only the best says something. `crypto_bench [rounds]`.
#include "core/jwt/access_token.hpp"
#include "core/jwt/jws_keys.hpp"
#include "core/text/encoding.hpp"
#include "core/token/refresh_token.hpp"
#include "storage/system_random.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace pawl;

namespace {

constexpr timestamp now{seconds(1'790'000'000)};
int rounds = 7;

double cpu_us() {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

template <class F>
void measure(const char* name, int count, F f) {
    double best = 1e18;
    for (int round = 0; round < rounds; ++round) {
        const double start = cpu_us();
        for (int i = 0; i < count; ++i) {
            f();
        }
        best = std::min(best, (cpu_us() - start) / count);
    }
    std::printf("%-36s %9.3f us\n", name, best);
}

access_claims some_claims() {
    access_claims claims;
    claims.issuer = claims.audience = "http://127.0.0.1:8080";
    claims.subject = {42};
    claims.issued_at = now;
    claims.expires_at = now + seconds(600);
    claims.jwt_id = "AAECAwQFBgcICQoLDA0ODw";
    claims.client_id = first_party_client_id;
    claims.generation = 7;
    return claims;
}

void measure_algorithm(jws_algorithm algorithm, int count, random_source& random) {
    const secret_string secret("0123456789abcdef0123456789abcdef");
    const std::string file = make_key_file(algorithm, random, now);
    const key_ring_ptr keys = parse_key_file(file, {algorithm, &secret}).ring;
    const jws_key& key = *keys->signing_key;
    const access_claims claims = some_claims();
    const std::string token = mint_access_token(key, claims);
    const std::string input = token.substr(0, token.rfind('.'));
    const auto signature = key.sign(input);
    const std::string name(to_text(algorithm));
    unsigned sink = 0;
    measure((name + " sign").c_str(), count, [&] { sink += key.sign(input)[0]; });
    measure((name + " verify").c_str(), count, [&] { sink += key.verify(input, signature) ? 1U : 0U; });
    measure((name + " mint_access_token").c_str(), count,
            [&] { sink += static_cast<unsigned>(mint_access_token(key, claims).size()); });
    const access_token_expectations expected{claims.issuer, claims.audience, now, seconds(600)};
    measure((name + " check_access_token").c_str(), count, [&] {
        access_claims read;
        sink += static_cast<unsigned>(check_access_token(*keys, token, expected, read));
    });
    if (sink == 0) {
        std::puts("nothing was measured");
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc > 1) {
        rounds = std::max(1, std::atoi(argv[1]));
    }
    storage::system_random random;
    const std::string file = make_key_file(jws_algorithm::eddsa, random, now);
    const key_ring_ptr keys = parse_key_file(file, {jws_algorithm::eddsa, nullptr}).ring;
    std::array<std::uint8_t, 200> bytes{};
    random.fill(bytes);
    const std::string encoded = base64url_encode(bytes);
    std::string out;
    unsigned sink = 0;
    measure("base64url encode 200 B", 20000, [&] {
        out.clear();
        base64url_append(out, bytes);
    });
    measure("base64url decode 200 B", 20000, [&] { sink += base64url_decode_into(encoded, bytes) ? 1U : 0U; });
    measure("SHA-256 of 32 B", 20000, [&] { sink += sha256(std::span(bytes).first(32))[0]; });
    measure("HMAC-SHA-256 of 200 B", 20000, [&] { sink += keys->refresh_keys[0].mac.compute(bytes)[0]; });
    measure("random 16 B", 20000, [&] { random.fill(std::span(bytes).first(16)); });
    measure("random 32 B", 20000, [&] { random.fill(std::span(bytes).first(32)); });
    const secret_string token = mint_refresh_token(*keys, {{}, 7});
    measure("mint_refresh_token", 20000,
            [&] { sink += static_cast<unsigned>(mint_refresh_token(*keys, {{}, 7}).size()); });
    measure("check_refresh_token", 20000, [&] { sink += check_refresh_token(*keys, token.reveal())->generation; });
    measure_algorithm(jws_algorithm::hs256, 5000, random);
    measure_algorithm(jws_algorithm::eddsa, 500, random);
    measure_algorithm(jws_algorithm::es256, 500, random);
    measure_algorithm(jws_algorithm::rs256, 100, random);
    measure("parse_key_file (EdDSA)", 20,
            [&] { sink += parse_key_file(file, {jws_algorithm::eddsa, nullptr}).ring ? 1U : 0U; });
    return sink == 0 ? 1 : 0;
}
