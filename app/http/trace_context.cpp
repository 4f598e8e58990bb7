#include "app/http/trace_context.hpp"

#include <algorithm>
#include <cstddef>

namespace pawl::app {

namespace {

// version "-" trace-id "-" parent-id "-" flags
constexpr std::size_t version_size = 2, trace_size = 32, parent_size = 16, flags_size = 2;
constexpr std::size_t trace_at = version_size + 1, parent_at = trace_at + trace_size + 1,
                      flags_at = parent_at + parent_size + 1, size_of_00 = flags_at + flags_size;

bool is_lower_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
    return text.find_first_not_of('0') == std::string_view::npos;
}

} // namespace

std::string_view trace_id_of(std::string_view value) {
    if (value.size() < size_of_00 || value[version_size] != '-' || value[parent_at - 1] != '-' ||
        value[flags_at - 1] != '-') {
        return {};
    }
    const std::string_view version = value.substr(0, version_size), trace = value.substr(trace_at, trace_size),
                           parent = value.substr(parent_at, parent_size), flags = value.substr(flags_at, flags_size);
    if (!is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(parent) || !is_lower_hex(flags)) {
        return {};
    }
    const bool longer = value.size() > size_of_00;
    if (version == "ff" || (longer && (version == "00" || value[size_of_00] != '-')) || is_zero(trace) ||
        is_zero(parent)) {
        return {};
    }
    return trace;
}

} // namespace pawl::app
