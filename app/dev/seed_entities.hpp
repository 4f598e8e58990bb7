// The APIs, scopes and clients of a seed (docs/fixture.md): the JSON that operators write, and secrets in plain beside
// it.
#pragma once

#include "app/http/member_reader.hpp"
#include "core/capsule/capsule.hpp"
#include "core/provider/client_wishes.hpp"
#include "storage/store/memory_log.hpp"

#include <vector>

namespace pawl::app {

// Without a date: it is made when the instance begins.
struct seed_client {
    client record; // without its secrets
    std::vector<given_secret> secrets;
};
struct seed_entities {
    std::vector<api> apis;
    std::vector<scope> scopes; // those that an API names and that are not there are made
    std::vector<seed_client> clients;
};

// `reader`: of the seed. What is wrong is blamed on it. Pure.
seed_entities read_seed_entities(member_reader& reader);

// Their records. `ring` may be null where no client has a secret.
void add_entities(storage::memory_image& image, const seed_entities& s, const capsule_ring* ring, timestamp now);

} // namespace pawl::app
