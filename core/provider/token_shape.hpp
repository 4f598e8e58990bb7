// How an access token looks and how long it lives: as its APIs and its client say. Pure.
#pragma once

#include "core/clock.hpp"
#include "core/provider/api.hpp"
#include "core/provider/catalogue.hpp"
#include "core/provider/client.hpp"

#include <string>
#include <vector>

namespace pawl {

struct token_shape {
    access_token_format format = access_token_format::jwt;
    seconds ttl{};
};

// Of a token for these audiences; those that are no APIs of the client say nothing. It is opaque where one of its APIs
// wants that only introspection reads it, and lives as long as the API with the shortest life says, or `ttl`. The
// client says it over its APIs where it says anything. At most machine_token_ttl_max.
token_shape shape_of_token(const client& who, const catalogue& all, const std::vector<std::string>& audiences,
                           seconds ttl);

} // namespace pawl
