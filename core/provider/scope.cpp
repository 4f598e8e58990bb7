#include "core/provider/scope.hpp"

#include <algorithm>
#include <array>

namespace pawl {

namespace {

constexpr std::array<std::string_view, 10> builtin_scopes = {
    "openid", "profile", "email", "address", "phone", "offline_access", "roles", "account", "admin", "introspect",
};
static_assert(builtin_scopes.size() <= first_defined_scope);

} // namespace

bool is_scope_name(std::string_view name) {
    const auto is_good = [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '\\'; };
    return !name.empty() && name.size() <= scope_name_size_max && std::ranges::all_of(name, is_good);
}

bool is_builtin_scope(std::string_view name) {
    return std::ranges::find(builtin_scopes, name) != builtin_scopes.end();
}

std::span<const std::string_view> builtin_scope_names() {
    return builtin_scopes;
}

bool read_scope_parameter(std::string_view text, std::vector<std::string>& names) {
    while (!text.empty()) {
        const std::size_t end = text.find(' ');
        const std::string_view name = text.substr(0, end);
        if (!is_scope_name(name)) {
            return false; // an empty one, too: two spaces, or one at either end
        }
        if (std::ranges::find(names, name) == names.end()) {
            if (names.size() == scopes_max) {
                return false;
            }
            names.emplace_back(name);
        }
        if (end == std::string_view::npos) {
            break;
        }
        text.remove_prefix(end + 1);
        if (text.empty()) {
            return false; // a space at the end
        }
    }
    return true;
}

} // namespace pawl
