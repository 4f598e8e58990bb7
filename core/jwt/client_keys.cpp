#include "core/jwt/client_keys.hpp"

#include "core/jwt/json_tape.hpp"
#include "core/jwt/jws_keys.hpp"
#include "core/text/json_text.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

constexpr std::array<std::string_view, 5> signing_algorithms{"ES256", "EdDSA", ed25519_name, "RS256", "PS256"};

constexpr std::size_t jwks_values_max = 512; // values in the JSON; certificates and key_ops are some
constexpr std::size_t jwks_depth_max = 4;    // set, keys, key, the list of key_ops

// Members of private and symmetric keys (RFC 7518 6.2.2, 6.3.2, 6.4; RFC 8037 2), and of keys that lie elsewhere.
constexpr std::array<std::string_view, 8> private_members{"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
constexpr std::array<std::string_view, 2> remote_members{"x5u", "jku"};
constexpr std::array<std::string_view, 9> kept_members{"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"};

std::string_view text_of(const json_tape& tape, const json_item& jwk, std::string_view name) {
    const json_item* const member = tape.find(jwk, name);
    return member != nullptr && member->what == json_item::kind::string ? member->text : std::string_view();
}

const std::string_view* first_of(const json_tape& tape, const json_item& jwk, std::span<const std::string_view> names) {
    const auto found =
        std::ranges::find_if(names, [&](std::string_view name) { return tape.find(jwk, name) != nullptr; });
    return found == names.end() ? nullptr : &*found;
}

// Of a key's type, and of its `alg` where it has one. Empty: there is none that is taken.
std::vector<jws_algorithm> algorithms_of(const json_tape& tape, const json_item& jwk) {
    const std::string_view type = text_of(tape, jwk, "kty"), alg = text_of(tape, jwk, "alg");
    if (type == "EC") {
        return {jws_algorithm::es256};
    }
    if (type == "OKP") {
        return {jws_algorithm::eddsa};
    }
    if (type != "RSA") {
        return {};
    }
    if (tape.find(jwk, "alg") == nullptr) {
        return {jws_algorithm::rs256, jws_algorithm::ps256};
    }
    return {alg == to_text(jws_algorithm::ps256) ? jws_algorithm::ps256 : jws_algorithm::rs256};
}

std::string normalised_key(const json_tape& tape, const json_item& jwk) {
    std::string text;
    json_object_writer object(text);
    for (const std::string_view name : kept_members) {
        if (tape.find(jwk, name) != nullptr) {
            object.member(name, text_of(tape, jwk, name));
        }
    }
    object.end();
    return text;
}

class set_reader {
public:
    explicit set_reader(const json_tape& tape) : tape_(tape) {}

    // What is wrong with the key, std::nullopt if nothing is.
    std::optional<std::string> add(const json_item& jwk) {
        if (jwk.what != json_item::kind::object) {
            return "is no object";
        }
        if (text_of(tape_, jwk, "kty") == "oct") {
            return "is symmetric: send public keys";
        }
        if (const std::string_view* name = first_of(tape_, jwk, private_members)) {
            return "has the private member " + std::string(*name) + ": send the public key alone, and make a new one";
        }
        if (const std::string_view* name = first_of(tape_, jwk, remote_members)) {
            return "has " + std::string(*name) + ", and nothing is fetched from elsewhere";
        }
        if (text_of(tape_, jwk, "use") == "enc") {
            return std::nullopt;
        }
        const std::vector<jws_algorithm> algorithms = algorithms_of(tape_, jwk);
        if (algorithms.empty()) {
            return "is of a type that is not taken: EC with P-256, OKP with Ed25519 or RSA";
        }
        for (const jws_algorithm algorithm : algorithms) {
            made_key made = jws_key_from_jwk(tape_, jwk, algorithm);
            if (made.key == nullptr) {
                return "is not taken: " + made.error;
            }
            const auto has_kid = [&](const auto& key) { return key->kid() == made.key->kid(); };
            if (std::any_of(out_.keys.begin(), out_.keys.begin() + static_cast<std::ptrdiff_t>(before_), has_kid)) {
                return "has the kid of another key";
            }
            out_.keys.push_back(std::move(made.key));
        }
        before_ = out_.keys.size();
        out_.normalised.append(out_.normalised.empty() ? "" : ",").append(normalised_key(tape_, jwk));
        return std::nullopt;
    }

    client_keys finish() {
        if (out_.keys.empty()) {
            return refuse("must have a key that verifies signatures");
        }
        out_.normalised = R"({"keys":[)" + out_.normalised + "]}";
        return std::move(out_);
    }

    static client_keys refuse(std::string why) {
        client_keys refused;
        refused.problem = std::move(why);
        return refused;
    }

private:
    const json_tape& tape_;
    std::size_t before_ = 0; // keys of the JWKs before this one
    client_keys out_;
};

} // namespace

std::span<const std::string_view> client_signing_algorithms() {
    return signing_algorithms;
}

client_keys read_client_keys(std::string_view jwks) {
    if (jwks.size() > jwks_size_max) {
        return set_reader::refuse("must be at most " + std::to_string(jwks_size_max) + " bytes of JSON");
    }
    std::vector<json_item> items(jwks_values_max);
    std::vector<char> characters(jwks.size());
    json_tape tape(items, characters);
    if (!tape.parse(jwks, jwks_depth_max)) {
        return set_reader::refuse("must be strict JSON, nested no deeper than a JWK set is");
    }
    const json_item* const list = tape.find(tape.root(), "keys");
    if (list == nullptr || list->what != json_item::kind::array) {
        return set_reader::refuse("must be a JWK set: an object with the member keys, a list");
    }
    set_reader reader(tape);
    std::size_t count = 0;
    for (const json_item* jwk = tape.first(*list); jwk != nullptr; jwk = tape.next(*list, *jwk)) {
        if (++count > client_keys_max) {
            return set_reader::refuse("must have at most " + std::to_string(client_keys_max) + " keys");
        }
        if (const std::optional<std::string> why = reader.add(*jwk)) {
            return set_reader::refuse("must have public keys only that are taken here: key " + std::to_string(count) +
                                      " " + *why);
        }
    }
    return reader.finish();
}

std::optional<std::string> jwks_problem(std::string_view jwks) {
    client_keys read = read_client_keys(jwks);
    return read.problem.empty() ? std::nullopt : std::optional(std::move(read.problem));
}

} // namespace pawl
