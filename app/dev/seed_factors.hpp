// The second factors of a seed (docs/fixture.md): TOTPs and recovery codes that a user has set up.
#pragma once

#include "app/http/member_reader.hpp"
#include "core/capsule/capsule.hpp"
#include "core/random_source.hpp"
#include "core/user/user.hpp"

namespace pawl::app {

// `reader`: of the user, whose factors are numbered in their order. What is wrong is blamed on it. Pure.
void read_seed_factors(member_reader& reader, user& u);

// What a seed leaves open: the key of the factors of `u`, and salts and dates that are not given. `ring` may be null
// where no user has a factor.
void complete_seed_factors(user& u, const capsule_ring* ring, random_source& random, timestamp now);

} // namespace pawl::app
