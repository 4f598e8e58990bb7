// A member that is an object, as the text to keep: attributes of users and clients, key sets.
#pragma once

#include "app/http/member_reader.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

// Compact JSON, empty for an object without members. std::nullopt if the member is absent. std::nullopt with a fault in
// `reader` if the member is not an object, or a number in it is out of range (1e999).
std::optional<std::string> optional_object_text(member_reader& reader, std::string_view name);

} // namespace pawl::app
