// The APIs and scopes that there are, as one value to look them up in.
#pragma once

#include "core/provider/api.hpp"
#include "core/provider/scope.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace pawl {

// All APIs and scopes as they were at one moment; tombstones are not in it. Immutable. At most apis_max and scopes_max.
struct catalogue {
    std::vector<api_ptr> apis;     // by identifier
    std::vector<scope_ptr> scopes; // by name

    // Null if there is none.
    const api* find_api(std::string_view identifier) const noexcept;
    const scope* find_scope(std::string_view name) const noexcept;
};
using catalogue_ptr = std::shared_ptr<const catalogue>;

} // namespace pawl
