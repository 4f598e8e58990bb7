// What is known of one session's past as JSON: GET /admin/timeline/{id} and pawlctl explain answer with this.
#pragma once

#include "storage/history/timeline.hpp"

#include <string>

namespace pawl::storage {

// {"family","known","alive","cause","why","now", ...}: docs/pawlctl.md has the members. No secret is in it.
std::string to_json(const timeline& t);

} // namespace pawl::storage
