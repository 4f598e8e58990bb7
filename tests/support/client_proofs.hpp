// Clients with keys of their own, and the assertions that they make: what tests of client authentication start from.
#pragma once

#include "core/jwt/client_assertion.hpp"
#include "core/jwt/jws_keys.hpp"
#include "core/text/encoding.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/json.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace pawl::test {

// A key pair of a client; made once for each algorithm, since RSA keys take long.
struct client_key_pair {
    std::string private_jwk;
    std::string public_jwk; // with kid, alg and use, as compact JSON
    std::shared_ptr<const jws_key> key;

    std::string jwks() const { return R"({"keys":[)" + public_jwk + "]}"; }
    // The public JWK without one member.
    std::string without(std::string_view member) const {
        boost::json::object jwk = boost::json::parse(public_jwk).as_object();
        jwk.erase(member);
        return boost::json::serialize(jwk);
    }
    // The public JWK with a member that has this JSON value.
    std::string with(std::string_view member, std::string_view json) const {
        boost::json::object jwk = boost::json::parse(public_jwk).as_object();
        jwk[member] = boost::json::parse(std::string(json));
        return boost::json::serialize(jwk);
    }
};

inline const client_key_pair& client_key_of(jws_algorithm algorithm, unsigned which = 0) {
    static std::map<std::pair<jws_algorithm, unsigned>, client_key_pair> made;
    client_key_pair& pair = made[{algorithm, which}];
    if (!pair.key) {
        seeded_random random(99 + which);
        pair.private_jwk = generate_private_jwk(algorithm, random);
        pair.key = jws_key_from_jwk(pair.private_jwk, algorithm).key;
        pair.public_jwk = pair.key->public_jwk();
    }
    return pair;
}

inline std::string signed_jws(const jws_key& key, std::string_view header, std::string_view payload) {
    std::string token = base64url_encode(header) + "." + base64url_encode(payload);
    const signature_bytes signature = key.sign(token);
    return token + "." + base64url_encode(signature);
}

// An assertion as a library makes it; members are JSON values, and left out where they are empty.
struct assertion_maker {
    const client_key_pair* pair = &client_key_of(jws_algorithm::es256);
    std::string alg{}, kid{}, typ{}; // empty alg: the key's
    std::string iss = R"("shop")", sub = R"("shop")", aud = R"("https://issuer.example")", jti = R"("one")";
    std::string iat = "1000", exp = "1060", nbf{};
    std::string more_header{}, more_claims{}; // `,"crit":[]`

    std::string header() const {
        std::string text = R"({"alg":")" + (alg.empty() ? std::string(to_text(pair->key->algorithm())) : alg) + "\"";
        text += kid.empty() ? "" : R"(,"kid":)" + kid;
        text += typ.empty() ? "" : R"(,"typ":)" + typ;
        return text + more_header + "}";
    }
    std::string payload() const {
        std::string text;
        const auto add = [&text](std::string_view name, const std::string& value) {
            if (!value.empty()) {
                text += (text.empty() ? "{\"" : ",\"") + std::string(name) + "\":" + value;
            }
        };
        add("iss", iss);
        add("sub", sub);
        add("aud", aud);
        add("jti", jti);
        add("iat", iat);
        add("exp", exp);
        add("nbf", nbf);
        return (text.empty() ? "{" : text) + more_claims + "}";
    }
    std::string make() const { return signed_jws(*pair->key, header(), payload()); }
};

} // namespace pawl::test
