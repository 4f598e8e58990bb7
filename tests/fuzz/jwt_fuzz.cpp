// First byte 0: the rest is a token as it comes. 1: it is a payload under a right header and signature. 2: it is a
// header, rightly signed. Nothing that is not ours is good; what is good says what it was checked for, and is either a
// user's token or a client's. The same bytes are also read as an ID token that is shown as a hint, of a key that signs
// such; what is one is neither of the others, and can be said again.
#include "core/jwt/access_token.hpp"
#include "core/jwt/id_token.hpp"
#include "core/jwt/jws_keys.hpp"
#include "core/jwt/machine_token.hpp"
#include "core/text/encoding.hpp"

#include <array>
#include <cstdlib>
#include <optional>

namespace {

constexpr std::string_view good_header = R"({"alg":"HS256","typ":"at+jwt","kid":"SECRET_KEY"})";
constexpr std::string_view good_payload =
    R"({"iss":"i","sub":"42","aud":"a","exp":1600,"iat":1000,"jti":"j","client_id":"pawl",)"
    R"("sid":"ab000000000000000000000000000000","gen":7})";

pawl::key_ring symmetric_ring() {
    constexpr std::array<std::uint8_t, 32> secret = {1, 2, 3};
    pawl::key_ring ring;
    ring.signing_key = pawl::make_hs256_key(std::string(pawl::secret_key_kid), secret).key;
    ring.verifying_keys.push_back(ring.signing_key);
    return ring;
}

std::string signed_token(const pawl::jws_key& key, std::string_view header, std::string_view payload) {
    std::string token = pawl::base64url_encode(header) + "." + pawl::base64url_encode(payload);
    const auto signature = key.sign(token);
    return token + "." + pawl::base64url_encode(signature);
}

// As a client's. True if it is one.
bool check_as_machine(const pawl::key_ring& ring, std::string_view token) {
    pawl::machine_claims claims;
    const pawl::machine_token_expectations expected{"i", pawl::timestamp(pawl::seconds(1001)), pawl::seconds(600)};
    const pawl::access_token_check check = pawl::check_machine_token(ring, token, expected, claims);
    const bool filled = check == pawl::access_token_check::good || check == pawl::access_token_check::expired;
    if (filled != !claims.audiences.empty() || (filled && (claims.issuer != "i" || pawl::names_session(token)))) {
        std::abort();
    }
    if (filled) { // what it says can be minted again, and says the same
        const std::string minted = pawl::mint_machine_token(*ring.signing_key, pawl::machine_claims_json(claims));
        pawl::machine_claims again;
        const bool fits = minted.size() <= 6400; // a text that needed no escapes may need them now
        if (fits && pawl::check_machine_token(ring, minted, expected, again) != check) {
            std::abort();
        }
    }
    return filled;
}

pawl::key_ring hint_ring() {
    // RFC 8037, appendix A.
    constexpr std::string_view jwk =
        R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",)"
        R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
    pawl::key_ring ring;
    ring.signing_key = pawl::jws_key_from_jwk(jwk, pawl::jws_algorithm::eddsa).key;
    ring.verifying_keys.push_back(ring.signing_key);
    return ring;
}

std::string hint_header(const pawl::key_ring& ring) {
    return R"({"alg":"EdDSA","typ":"JWT","kid":")" + ring.signing_key->kid() + "\"}";
}

// As a hint; `kind` is that of the input, `rest` what follows it.
void check_as_hint(unsigned kind, std::string_view rest) {
    static const pawl::key_ring ring = hint_ring();
    static const std::string header = hint_header(ring);
    constexpr std::string_view payload = R"({"iss":"i","sub":"42","aud":"a","sid":"s"})";
    const std::string token = kind == 0   ? std::string(rest)
                              : kind == 1 ? signed_token(*ring.signing_key, header, rest)
                                          : signed_token(*ring.signing_key, rest, payload);
    const std::optional<pawl::id_token_hint> hint = pawl::read_id_token_hint(ring, token, "i");
    if (!hint) {
        return;
    }
    pawl::access_claims claims;
    pawl::access_token_expectations expected{"i", "a", pawl::timestamp(pawl::seconds(1001)), pawl::seconds(600)};
    expected.takes_plain_type = true;
    if (hint->subject.value == 0 ||
        pawl::check_access_token(ring, token, expected, claims) == pawl::access_token_check::good ||
        check_as_machine(ring, token)) {
        std::abort();
    }
    pawl::id_token_claims again;
    again.issuer = "i";
    again.subject = hint->subject;
    again.client_id = hint->client_id;
    again.session = hint->session;
    std::string said = pawl::id_token_signing_input(*ring.signing_key, again);
    said += "." + pawl::base64url_encode(ring.signing_key->sign(said));
    const auto same = pawl::read_id_token_hint(ring, said, "i");
    const bool fits = said.size() <= 6400 && !hint->client_id.empty(); // an empty one is not told
    if (fits && (!same || same->subject != hint->subject || same->client_id != hint->client_id ||
                 same->session != hint->session)) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const pawl::key_ring ring = symmetric_ring();
    if (size == 0) {
        return 0;
    }
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    check_as_hint(data[0] % 3, rest);
    std::string token;
    if (data[0] % 3 == 0) {
        token = rest;
    } else if (data[0] % 3 == 1) {
        token = signed_token(*ring.signing_key, good_header, rest);
    } else {
        token = signed_token(*ring.signing_key, rest, good_payload);
    }
    pawl::access_claims claims;
    const pawl::access_token_expectations expected{"i", "a", pawl::timestamp(pawl::seconds(1001)), pawl::seconds(600)};
    const pawl::access_token_check check = pawl::check_access_token(ring, token, expected, claims);
    const bool filled = check == pawl::access_token_check::good || check == pawl::access_token_check::expired;
    if (filled != (claims.subject.value != 0) || (filled && (claims.issuer != "i" || claims.audience != "a"))) {
        std::abort();
    }
    if (check_as_machine(ring, token) && filled) {
        std::abort(); // both
    }
    if (filled) { // what it says can be minted again and is good again
        pawl::access_claims again;
        const std::string minted = pawl::mint_access_token(*ring.signing_key, claims);
        if (pawl::check_access_token(ring, minted, expected, again) != check || again.jwt_id != claims.jwt_id) {
            std::abort();
        }
    }
    pawl::verify_compact_jws(ring.verifying_keys, token);
    return 0;
}
