// Test vectors made by others, which are not part of the repository: PAWL_VECTORS, else ../shared/vectors beside it.
#pragma once

#include <boost/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::test {

inline std::string vectors_folder() {
    const char* chosen = std::getenv("PAWL_VECTORS");
    return chosen != nullptr ? chosen : PAWL_VECTORS_DEFAULT;
}

// A Wycheproof file; where it is absent prints "SKIPPED <count> <why>" and gives nothing.
inline std::optional<boost::json::value> wycheproof(const std::string& name, unsigned count) {
    const std::string path = vectors_folder() + "/wycheproof/" + name + ".json";
    std::ifstream file(path);
    if (!file) {
        std::cout << "SKIPPED " << count << " vectors of " << name << ": no " << path << '\n';
        return std::nullopt;
    }
    return boost::json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

inline std::string_view text(const boost::json::value& object, std::string_view member) {
    const boost::json::value* found = object.as_object().if_contains(member);
    return found != nullptr && found->is_string() ? std::string_view(found->as_string()) : std::string_view();
}

inline std::vector<std::uint8_t> from_hex(std::string_view hex) {
    const auto value = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<std::uint8_t>(value(hex[i]) << 4 | value(hex[i + 1])));
    }
    return bytes;
}

} // namespace pawl::test
