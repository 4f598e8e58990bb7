// First byte 0: the rest is an Authorization header. 1: it is an assertion as it comes. 2: it is a payload under a
// right header and signature. 3: it is a header, rightly signed. What is claimed names one client and one proof, or
// nothing; what is taken is for this client, ends soon, and is refused after a start.
#include "core/jwt/client_assertion.hpp"
#include "core/jwt/jws_keys.hpp"
#include "core/provider/client_authentication.hpp"
#include "core/text/encoding.hpp"

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view good_header = R"({"alg":"EdDSA"})";
constexpr std::string_view good_payload = R"({"iss":"shop","sub":"shop","aud":"i","jti":"j","iat":1000,"exp":1060})";

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

std::shared_ptr<const pawl::jws_key> some_key() {
    return pawl::jws_key_from_jwk(R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",)"
                                  R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
                                  pawl::jws_algorithm::eddsa)
        .key;
}

std::string signed_token(const pawl::jws_key& key, std::string_view header, std::string_view payload) {
    std::string token = pawl::base64url_encode(header) + "." + pawl::base64url_encode(payload);
    const auto signature = key.sign(token);
    return token + "." + pawl::base64url_encode(signature);
}

void check_claim(const pawl::shown_credentials& shown) {
    const pawl::client_claim claim = pawl::read_client_claim(shown);
    if (!claim.problem.empty()) {
        require(claim.proof.empty());
        return;
    }
    const bool has_proof = claim.method != pawl::client_auth_method::none;
    require(has_proof || claim.proof.empty());
    require(claim.by_header == (claim.method == pawl::client_auth_method::client_secret_basic));
    require(!claim.by_header || !claim.client_id.empty());
}

void check_header(std::string_view authorization) {
    pawl::shown_credentials shown;
    shown.authorization = authorization;
    check_claim(shown);
    shown.client_id = "shop";
    check_claim(shown);
    shown.client_secret = "secret";
    check_claim(shown);
}

void check_assertion(const std::shared_ptr<const pawl::jws_key>& key, const std::string& assertion) {
    const std::array keys{key};
    pawl::shown_credentials shown;
    shown.client_assertion = assertion;
    shown.assertion_type = pawl::client_assertion_type;
    check_claim(shown);
    pawl::assertion_expectations expected{"shop", "i", "i/token", pawl::timestamp(pawl::seconds(1000)), {}};
    pawl::assertion_claims claims;
    const bool is_good = pawl::check_client_assertion(keys, assertion, expected, claims) == pawl::assertion_check::good;
    require(is_good != claims.id.empty());
    if (is_good) {
        require(pawl::claimed_subject(assertion) == "shop");
        require(claims.id.size() <= pawl::assertion_id_size_max && claims.ends_at > expected.now);
        require(claims.ends_at <= expected.now + pawl::assertion_life_max + pawl::assertion_skew);
        // At its end it is not taken any more, nor by a server that started a moment ahead of any clock's skew.
        pawl::assertion_claims later;
        expected.serving_since = pawl::timestamp_ms(expected.now + pawl::assertion_skew) + pawl::milliseconds(1);
        require(pawl::check_client_assertion(keys, assertion, expected, later) != pawl::assertion_check::good);
        expected.serving_since.reset();
        expected.now = claims.ends_at;
        require(pawl::check_client_assertion(keys, assertion, expected, later) != pawl::assertion_check::good);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::shared_ptr<const pawl::jws_key> key = some_key();
    if (size == 0) {
        return 0;
    }
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 4) {
    case 0:
        check_header(rest);
        break;
    case 1:
        check_assertion(key, std::string(rest));
        break;
    case 2:
        check_assertion(key, signed_token(*key, good_header, rest));
        break;
    default:
        check_assertion(key, signed_token(*key, rest, good_payload));
        break;
    }
    return 0;
}
