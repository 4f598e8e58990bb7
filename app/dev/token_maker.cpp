#include "app/dev/token_maker.hpp"

#include "app/dev/plain_json.hpp"
#include "app/http/member_reader.hpp"
#include "core/jwt/jws_keys.hpp"
#include "core/text/encoding.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <utility>

namespace pawl::app {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 13> flaw_names{
    "none",           "expired",    "not_yet_valid", "issued_in_future", "wrong_issuer",
    "wrong_audience", "wrong_type", "bad_signature", "no_signature",     "alg_none",
    "unknown_key",    "forged",     "wrong_alg"};
constexpr std::int64_t expires_in_max = 100LL * 366 * 86400;
constexpr std::uint64_t user_number_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t an_hour = 3600;
constexpr std::string_view elsewhere = "https://elsewhere.example";
constexpr std::size_t jwt_id_size = 16;

json::object read_overlay(member_reader& reader, std::string_view name) {
    const json::object* const found = reader.optional_object(name);
    if (found == nullptr) {
        return {};
    }
    if (!has_finite_numbers(*found)) {
        reader.blame(name, "must not have a number that is too large");
    }
    return *found;
}

void lay_over(json::object& onto, const json::object& from) {
    for (const auto& member : from) {
        if (member.value().is_null()) {
            onto.erase(member.key());
        } else {
            onto[member.key()] = member.value();
        }
    }
}

std::shared_ptr<const jws_key> another_key(jws_algorithm algorithm, random_source& random) {
    made_key made;
    if (algorithm == jws_algorithm::hs256) {
        std::array<std::uint8_t, 32> secret{};
        random.fill(secret);
        made = make_hs256_key("another", secret);
    } else {
        std::string jwk = generate_private_jwk(algorithm, random);
        made = jws_key_from_jwk(jwk, algorithm);
    }
    if (!made.key) {
        throw std::runtime_error("another key: " + made.error);
    }
    return std::move(made.key);
}

// sub, and what --claims adds, of the user as the record is now.
void add_user_claims(json::object& claims, const app_context& context, user_id id) {
    claims["sub"] = std::to_string(id.value);
    const user_ptr owner = context.data.find_user(id);
    const std::optional<user_claims> said = owner ? claims_of(context.settings, *owner) : std::nullopt;
    if (!said) {
        return; // a test makes such tokens, too
    }
    if (!said->subject_name.empty()) {
        claims["sub"] = said->subject_name;
    }
    if (!said->members.empty()) {
        lay_over(claims, json::parse("{" + said->members.substr(1) + "}").as_object());
    }
}

json::object wished_claims(const token_wish& wish, const app_context& context, random_source& random,
                           const std::optional<family_facts>& family, std::uint32_t generation) {
    const std::int64_t now = context.time.now().time_since_epoch().count();
    const std::int64_t ttl = context.settings.access_token_ttl.count();
    std::array<std::uint8_t, jwt_id_size> id{};
    random.fill(id);
    json::object claims;
    claims["iss"] = context.settings.issuer;
    if (family) {
        add_user_claims(claims, context, family->user);
    }
    if (!context.settings.audience.empty()) {
        claims["aud"] = context.settings.audience;
    }
    const std::int64_t lifetime = wish.expires_in ? wish.expires_in->count() : ttl;
    claims["exp"] = now + lifetime;
    claims["iat"] = std::min(now, now + lifetime - 1);
    claims["jti"] = base64url_encode(id);
    claims["client_id"] = first_party_client_id;
    if (family) {
        claims["sid"] = to_hex(family->id);
        claims["gen"] = generation;
    }
    switch (wish.flaw) {
    case token_flaw::expired:
        claims["exp"] = now - 1;
        claims["iat"] = now - 1 - ttl;
        break;
    case token_flaw::not_yet_valid:
        claims["nbf"] = now + an_hour;
        claims["exp"] = now + an_hour + ttl;
        claims["iat"] = now;
        break;
    case token_flaw::issued_in_future:
        claims["iat"] = now + an_hour;
        claims["exp"] = now + an_hour + ttl;
        break;
    case token_flaw::wrong_issuer:
        claims["iss"] = elsewhere;
        break;
    case token_flaw::wrong_audience:
        claims["aud"] = elsewhere;
        break;
    default:
        break;
    }
    lay_over(claims, wish.claims);
    return claims;
}

} // namespace

result<token_wish> read_token_wish(const json::object& body) {
    member_reader reader(body);
    token_wish wish;
    const parameter_kind user = reader.kind_of("user");
    if (user == parameter_kind::string) {
        wish.user = reader.optional_text("user");
    } else if (user == parameter_kind::integer) {
        wish.user_number = user_id{reader.optional_count("user", 1, user_number_max).value_or(0)};
    } else if (user != parameter_kind::null) {
        reader.blame("user", "must be a login name or an id");
    }
    wish.session = reader.optional_id("session");
    if (const auto generation = reader.optional_count("generation", 0, family_word::generation_max)) {
        wish.generation = static_cast<std::uint32_t>(*generation);
    }
    if (const auto in = reader.optional_integer("expires_in", -expires_in_max, expires_in_max)) {
        wish.expires_in = seconds(*in);
    }
    wish.flaw = static_cast<token_flaw>(reader.optional_word("flaw", flaw_names).value_or(0));
    wish.claims = read_overlay(reader, "claims");
    wish.header = read_overlay(reader, "header");
    reader.refuse_others();
    if (reader.failed()) {
        return reader.why();
    }
    return wish;
}

made_token make_token(const token_wish& wish, const app_context& context, random_source& random,
                      const std::optional<family_facts>& family, std::uint32_t generation) {
    const key_ring_ptr keys = context.keys();
    std::shared_ptr<const jws_key> signer = keys->signer_at(context.time.now());
    const std::string known_kid = signer->kid();
    if (wish.flaw == token_flaw::unknown_key || wish.flaw == token_flaw::forged) {
        signer = another_key(signer->algorithm(), random);
    }
    made_token made;
    made.claims = wished_claims(wish, context, random, family, generation);
    const bool is_es256 = signer->algorithm() == jws_algorithm::es256;
    made.header["alg"] = wish.flaw == token_flaw::alg_none    ? std::string_view("none")
                         : wish.flaw == token_flaw::wrong_alg ? std::string_view(is_es256 ? "EdDSA" : "ES256")
                                                              : to_text(signer->algorithm());
    const bool takes_plain = context.settings.tokens.type == token_type::jwt;
    made.header["typ"] = wish.flaw == token_flaw::wrong_type ? (takes_plain ? "other+jwt" : "JWT")
                         : takes_plain                       ? "JWT"
                                                             : "at+jwt";
    made.header["kid"] = wish.flaw == token_flaw::unknown_key ? signer->kid() : known_kid;
    lay_over(made.header, wish.header);

    made.token = base64url_encode(plain_json(made.header)) + "." + base64url_encode(plain_json(made.claims));
    signature_bytes signature = signer->sign(made.token);
    if (wish.flaw == token_flaw::bad_signature) {
        signature[signature.size() / 2] ^= 1U;
    }
    made.token += ".";
    if (wish.flaw != token_flaw::alg_none && wish.flaw != token_flaw::no_signature) {
        base64url_append(made.token, signature);
    }
    return made;
}

} // namespace pawl::app
