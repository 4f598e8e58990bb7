#include "core/jwt/openssl_util.hpp"
#include "core/jwt/pkey_context.hpp"
#include "core/text/encoding.hpp"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

namespace pawl {

namespace {

constexpr std::size_t kid_size_max = 128;
constexpr std::size_t jwk_items_max = 64;

// A member that is a string; empty view with no data where there is none.
std::optional<std::string_view> text_member(const json_tape& tape, const json_item& jwk, std::string_view name) {
    const json_item* member = tape.find(jwk, name);
    if (member == nullptr || member->what != json_item::kind::string) {
        return std::nullopt;
    }
    return member->text;
}

// A base64url member's bytes; std::nullopt if it is absent, empty or not canonical.
std::optional<secret_bytes> bytes_member(const json_tape& tape, const json_item& jwk, std::string_view name) {
    const std::optional<std::string_view> text = text_member(tape, jwk, name);
    if (!text || text->empty()) {
        return std::nullopt;
    }
    secret_bytes bytes(text->size());
    const std::optional<std::size_t> size = base64url_decode_prefix(*text, bytes);
    if (!size) {
        return std::nullopt;
    }
    bytes.resize(*size);
    return bytes;
}

// Whether the JWK says that it is for something else than verifying signatures of `algorithm`.
std::string purpose_problem(const json_tape& tape, const json_item& jwk, jws_algorithm algorithm) {
    const auto says_otherwise = [&](std::string_view name, std::string_view expected) {
        return tape.find(jwk, name) != nullptr && text_member(tape, jwk, name) != expected;
    };
    const bool says_ed25519 = algorithm == jws_algorithm::eddsa && text_member(tape, jwk, "alg") == ed25519_name;
    if (says_otherwise("alg", to_text(algorithm)) && !says_ed25519) {
        return "alg is not " + std::string(to_text(algorithm));
    }
    if (says_otherwise("use", "sig")) {
        return "use is not sig";
    }
    if (const json_item* operations = tape.find(jwk, "key_ops")) {
        bool verifies = false;
        if (operations->what == json_item::kind::array) {
            for (const json_item* item = tape.first(*operations); item != nullptr;
                 item = tape.next(*operations, *item)) {
                verifies = verifies || (item->what == json_item::kind::string && item->text == "verify");
            }
        }
        if (!verifies) {
            return "key_ops does not hold verify";
        }
    }
    return {};
}

bool kid_is_plain(std::string_view kid) {
    return !kid.empty() && kid.size() <= kid_size_max &&
           std::all_of(kid.begin(), kid.end(), [](char c) { return c > ' ' && c < '\x7F' && c != '"' && c != '\\'; });
}

std::string_view key_type(jws_algorithm algorithm) {
    switch (algorithm) {
    case jws_algorithm::es256:
        return "EC";
    case jws_algorithm::eddsa:
        return "OKP";
    case jws_algorithm::rs256:
    case jws_algorithm::ps256:
        return "RSA";
    case jws_algorithm::hs256:
        return "oct";
    }
    return {};
}

// Empty where the key type has no curves.
std::string_view curve(jws_algorithm algorithm) {
    switch (algorithm) {
    case jws_algorithm::es256:
        return "P-256";
    case jws_algorithm::eddsa:
        return "Ed25519";
    case jws_algorithm::rs256:
    case jws_algorithm::ps256:
    case jws_algorithm::hs256:
        break;
    }
    return {};
}

made_key ec_from_jwk(const json_tape& tape, const json_item& jwk, std::string kid) {
    const std::optional<secret_bytes> x = bytes_member(tape, jwk, "x"), y = bytes_member(tape, jwk, "y"),
                                      d = bytes_member(tape, jwk, "d");
    if (!x || !y || (!d && tape.find(jwk, "d") != nullptr)) {
        return {nullptr, "x, y and d are base64url"};
    }
    return make_es256_key(std::move(kid), *x, *y, d ? std::span<const std::uint8_t>(*d) : std::span<std::uint8_t>());
}

made_key okp_from_jwk(const json_tape& tape, const json_item& jwk, std::string kid) {
    const std::optional<secret_bytes> x = bytes_member(tape, jwk, "x"), d = bytes_member(tape, jwk, "d");
    if (!x || (!d && tape.find(jwk, "d") != nullptr)) {
        return {nullptr, "x and d are base64url"};
    }
    return make_eddsa_key(std::move(kid), *x, d ? std::span<const std::uint8_t>(*d) : std::span<std::uint8_t>());
}

made_key rsa_from_jwk(const json_tape& tape, const json_item& jwk, jws_algorithm algorithm, std::string kid) {
    rsa_parts parts;
    for (const auto& [name, part] : {std::pair<std::string_view, secret_bytes*>{"n", &parts.n},
                                     {"e", &parts.e},
                                     {"d", &parts.d},
                                     {"p", &parts.p},
                                     {"q", &parts.q},
                                     {"dp", &parts.dp},
                                     {"dq", &parts.dq},
                                     {"qi", &parts.qi}}) {
        if (tape.find(jwk, name) == nullptr) {
            continue;
        }
        std::optional<secret_bytes> bytes = bytes_member(tape, jwk, name);
        if (!bytes) {
            return {nullptr, std::string(name) + " is not base64url"};
        }
        *part = std::move(*bytes);
    }
    if (tape.find(jwk, "oth") != nullptr) {
        return {nullptr, "RSA keys of more than two primes are not taken"};
    }
    return algorithm == jws_algorithm::rs256 ? make_rs256_key(std::move(kid), parts)
                                             : make_ps256_key(std::move(kid), parts);
}

made_key oct_from_jwk(const json_tape& tape, const json_item& jwk, std::string kid) {
    const std::optional<secret_bytes> k = bytes_member(tape, jwk, "k");
    if (!k || k->size() < hs256_jwk_key_min) {
        return {nullptr, "k is base64url of 32 bytes or more"};
    }
    return make_hs256_key(std::move(kid), *k);
}

// d*G of P-256 for a d in range; x || y.
std::array<std::uint8_t, 64> p256_public(std::span<const std::uint8_t> d) {
    const std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
                                                                    EC_GROUP_free);
    const std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)> point(EC_POINT_new(group.get()), EC_POINT_free);
    const bignum_ptr scalar = to_bignum(d);
    std::array<std::uint8_t, 65> octets{};
    if (!group || !point || !scalar ||
        EC_POINT_mul(group.get(), point.get(), scalar.get(), nullptr, nullptr, nullptr) != 1 ||
        EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, octets.data(), octets.size(),
                           nullptr) != octets.size()) {
        throw std::runtime_error("OpenSSL can't make a P-256 key");
    }
    std::array<std::uint8_t, 64> xy{};
    std::copy(octets.begin() + 1, octets.end(), xy.begin());
    return xy;
}

std::string generate_ec(random_source& random) {
    secret_bytes d(32);
    do { // the order begins FFFFFFFF00000000: below it by a wide margin or drawn again, which is never seen to happen
        random.fill(d);
    } while ((d[0] & d[1] & d[2] & d[3]) == 0xFF || std::all_of(d.begin(), d.end(), [](auto b) { return b == 0; }));
    const std::array<std::uint8_t, 64> xy = p256_public(d);
    std::string jwk;
    jwk.reserve(256); // no copy of a secret is left behind by growth
    jwk += R"({"kty":"EC","crv":"P-256","x":")";
    base64url_append(jwk, std::span(xy).first(32));
    jwk += R"(","y":")";
    base64url_append(jwk, std::span(xy).subspan(32));
    jwk += R"(","d":")";
    base64url_append(jwk, d);
    jwk += R"("})";
    return jwk;
}

std::string generate_okp(random_source& random) {
    secret_bytes seed(crypto_sign_SEEDBYTES);
    random.fill(seed);
    std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> x{};
    secret_bytes secret(crypto_sign_SECRETKEYBYTES);
    crypto_sign_seed_keypair(x.data(), secret.data(), seed.data());
    std::string jwk;
    jwk.reserve(192);
    jwk += R"({"kty":"OKP","crv":"Ed25519","x":")";
    base64url_append(jwk, x);
    jwk += R"(","d":")";
    base64url_append(jwk, seed);
    jwk += R"("})";
    return jwk;
}

std::string generate_rsa() {
    const pkey_ptr key(EVP_RSA_gen(rsa_bits_min));
    if (!key) {
        throw std::runtime_error("OpenSSL can't make an RSA key");
    }
    std::string jwk;
    jwk.reserve(4096);
    jwk += R"({"kty":"RSA")";
    for (const auto& [name, param] : {std::pair<const char*, const char*>{"n", OSSL_PKEY_PARAM_RSA_N},
                                      {"e", OSSL_PKEY_PARAM_RSA_E},
                                      {"d", OSSL_PKEY_PARAM_RSA_D},
                                      {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
                                      {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},
                                      {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
                                      {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2},
                                      {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1}}) {
        BIGNUM* taken = nullptr;
        if (EVP_PKEY_get_bn_param(key.get(), param, &taken) != 1) {
            throw std::runtime_error("OpenSSL does not give out the RSA key it made");
        }
        const bignum_ptr number(taken);
        secret_bytes bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
        BN_bn2bin(number.get(), bytes.data());
        jwk.append(",\"").append(name).append("\":\"");
        base64url_append(jwk, bytes);
        jwk += '"';
    }
    jwk += '}';
    return jwk;
}

} // namespace

std::string jwk_thumbprint(const json_tape& tape, const json_item& jwk, jws_algorithm algorithm) {
    constexpr std::array<std::string_view, 4> ec = {"crv", "kty", "x", "y"}; // members in lexicographic order
    constexpr std::array<std::string_view, 3> okp = {"crv", "kty", "x"}, rsa = {"e", "kty", "n"};
    std::span<const std::string_view> names;
    switch (algorithm) {
    case jws_algorithm::es256:
        names = ec;
        break;
    case jws_algorithm::eddsa:
        names = okp;
        break;
    case jws_algorithm::rs256:
    case jws_algorithm::ps256:
        names = rsa;
        break;
    case jws_algorithm::hs256:
        return {};
    }
    std::string canonical;
    for (const std::string_view name : names) {
        const std::optional<std::string_view> text = text_member(tape, jwk, name);
        if (!text || !kid_is_plain(text->substr(0, kid_size_max))) { // nothing that JSON would have to escape
            return {};
        }
        canonical.append(canonical.empty() ? "{\"" : ",\"").append(name).append("\":\"").append(*text).append("\"");
    }
    canonical += '}';
    return base64url_encode(sha256(as_bytes(canonical)));
}

made_key jws_key_from_jwk(const json_tape& tape, const json_item& jwk, jws_algorithm algorithm, std::string kid) {
    if (jwk.what != json_item::kind::object) {
        return {nullptr, "a JWK is an object"};
    }
    if (text_member(tape, jwk, "kty") != key_type(algorithm)) {
        return {nullptr, "kty is not " + std::string(key_type(algorithm))};
    }
    if (!curve(algorithm).empty() && text_member(tape, jwk, "crv") != curve(algorithm)) {
        return {nullptr, "crv is not " + std::string(curve(algorithm))};
    }
    if (std::string problem = purpose_problem(tape, jwk, algorithm); !problem.empty()) {
        return {nullptr, std::move(problem)};
    }
    if (kid.empty()) {
        kid = tape.find(jwk, "kid") != nullptr ? std::string(text_member(tape, jwk, "kid").value_or(""))
                                               : jwk_thumbprint(tape, jwk, algorithm);
    }
    if (!kid_is_plain(kid)) {
        return {nullptr, "kid is 1 to 128 visible ASCII characters"};
    }
    switch (algorithm) {
    case jws_algorithm::es256:
        return ec_from_jwk(tape, jwk, std::move(kid));
    case jws_algorithm::eddsa:
        return okp_from_jwk(tape, jwk, std::move(kid));
    case jws_algorithm::rs256:
    case jws_algorithm::ps256:
        return rsa_from_jwk(tape, jwk, algorithm, std::move(kid));
    case jws_algorithm::hs256:
        return oct_from_jwk(tape, jwk, std::move(kid));
    }
    return {nullptr, "unknown algorithm"};
}

made_key jws_key_from_jwk(std::string_view jwk, jws_algorithm algorithm) {
    std::array<json_item, jwk_items_max> items;
    std::vector<char, wiping_allocator<char>> characters(jwk.size());
    json_tape tape(items, characters);
    if (!tape.parse(jwk, 3)) {
        return {nullptr, "not strict JSON"};
    }
    return jws_key_from_jwk(tape, tape.root(), algorithm);
}

std::string generate_private_jwk(jws_algorithm algorithm, random_source& random) {
    switch (algorithm) {
    case jws_algorithm::es256:
        return generate_ec(random);
    case jws_algorithm::eddsa:
        return generate_okp(random);
    case jws_algorithm::rs256:
    case jws_algorithm::ps256:
        return generate_rsa();
    case jws_algorithm::hs256:
        break;
    }
    throw std::logic_error("the key of HS256 is SECRET_KEY; none is made");
}

} // namespace pawl
