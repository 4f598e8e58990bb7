#include "core/provider/api.hpp"

#include <algorithm>

namespace pawl {

bool is_api_identifier(std::string_view text) {
    const auto is_good = [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '#'; };
    return !text.empty() && text.size() <= api_identifier_size_max && std::ranges::all_of(text, is_good);
}

} // namespace pawl
