#include "core/password/common_passwords.hpp"

#include <algorithm>
#include <cstdint>

namespace pawl {

namespace {

constexpr std::uint64_t table[] = {
#include "common_passwords.inc" // made at build time
};

static_assert(std::is_sorted(std::begin(table), std::begin(table) + 1000), "searched by halves");

} // namespace

bool is_common_password(std::string_view password) {
    std::uint64_t hash = 0xCBF29CE484222325U; // FNV-1a, as in common_passwords.py
    for (const char c : password) {
        const char folded = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        hash = (hash ^ static_cast<unsigned char>(folded)) * 0x100000001B3U;
    }
    return std::binary_search(std::begin(table), std::end(table), hash);
}

} // namespace pawl
