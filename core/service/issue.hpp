// Minting the answer of a login or refresh: both tokens and how long they last.
#pragma once

#include "core/provider/api.hpp"
#include "core/service/services.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pawl {

// 128 random bits; never all zero ("no family").
family_id random_family_id(random_source& random);

// What an opaque access token is for: the numbers of its APIs, our own API, /userinfo.
struct opaque_audiences {
    std::vector<api_number> apis;
    bool for_us = false, for_userinfo = false;
};

// What tokens of a client's family are, where those of the first party are as the options say.
struct token_terms {
    std::vector<std::string> audiences; // not empty
    seconds access_token_ttl{};
    timestamp expires_by{}; // the end of the browser session that the family hangs on; 0: it hangs on none
    bool refreshes = false; // with a refresh token
    std::optional<opaque_audiences> opaque{}; // the same audiences; std::nullopt: the access token is a JWT
};

// Tokens of the family's current generation, `word.generation()`. The access token never outlives the family as it is
// now: its exp is cut at the family's idle and absolute expiry. Signs: about 0.1 ms (RS256: 1 ms). Pure but for the
// random `jti`. `client_id`: the name of the family's client. `about`: claims_of() the user, as the record was at `now`
// or later; empty where tokens don't speak of users (token_contents::speaks_of_user). `terms`: of a client's family;
// null: the first party's.
issued_tokens issue_tokens(const service_context& context, const key_ring& keys, const family_facts& facts,
                           family_word word, timestamp now, std::string_view client_id, const user_claims& about = {},
                           const token_terms* terms = nullptr);

} // namespace pawl
