// Access tokens as a test wants them, good or bad in one way (POST /dev/tokens).
#pragma once

#include "app/http/context.hpp"
#include "core/failure.hpp"
#include "core/random_source.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>

namespace pawl::app {

// What is wrong with the token, but for what the claims say.
enum class token_flaw : std::uint8_t {
    none,
    expired,          // exp lies a second back
    not_yet_valid,    // nbf lies an hour ahead
    issued_in_future, // iat lies an hour ahead
    wrong_issuer,
    wrong_audience,
    wrong_type,    // typ is JWT, or other+jwt where JWT is right
    bad_signature, // one bit of it
    no_signature,  // the part is empty
    alg_none,      // alg is none, and no signature
    unknown_key,   // signed by another key, which kid names
    forged,        // signed by another key under the kid of ours
    wrong_alg,     // the header's alg is another than the key's
};

struct token_wish {
    std::optional<std::string> user; // a login name
    std::optional<user_id> user_number;
    std::optional<family_id> session;
    std::optional<std::uint32_t> generation;
    std::optional<seconds> expires_in; // may be negative
    token_flaw flaw = token_flaw::none;
    boost::json::object claims, header; // laid over what there is; null takes a member away
};
result<token_wish> read_token_wish(const boost::json::object& body);

struct made_token {
    std::string token;
    boost::json::object header, claims;
};
// `family` and `generation` of the session it is for, where there is one.
made_token make_token(const token_wish& wish, const app_context& context, random_source& random,
                      const std::optional<family_facts>& family, std::uint32_t generation);

} // namespace pawl::app
