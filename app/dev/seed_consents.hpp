// The consents of a seed (docs/fixture.md): what users allowed clients, by their names.
#pragma once

#include "app/dev/seed_entities.hpp"
#include "core/provider/consent.hpp"

#include <functional>
#include <string_view>
#include <vector>

namespace pawl::app {

inline constexpr std::size_t seed_consents_max = 100'000;

// `find_user`: the number of the user of that login name; 0: there is none. What is wrong is blamed on `reader`, which
// is the seed's. A consent without a date has granted_at 0. Pure.
std::vector<consent> read_seed_consents(member_reader& reader, const seed_entities& entities,
                                        const std::function<user_id(std::string_view)>& find_user);

// Their records.
void add_consents(storage::memory_image& image, const std::vector<consent>& all, timestamp now);

} // namespace pawl::app
