#include "core/provider/catalogue.hpp"

#include <algorithm>

namespace pawl {

const api* catalogue::find_api(std::string_view identifier) const noexcept {
    const auto at = std::ranges::lower_bound(apis, identifier, {},
                                             [](const api_ptr& a) { return std::string_view(a->identifier); });
    return at == apis.end() || (*at)->identifier != identifier ? nullptr : at->get();
}

const scope* catalogue::find_scope(std::string_view name) const noexcept {
    const auto at =
        std::ranges::lower_bound(scopes, name, {}, [](const scope_ptr& s) { return std::string_view(s->name); });
    return at == scopes.end() || (*at)->name != name ? nullptr : at->get();
}

} // namespace pawl
