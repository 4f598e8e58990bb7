// Words on the command line that name no command, and the nearest that does.
#pragma once

#include "tools/definitions.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pawl::tools {

// What is wrong, in one sentence, where one of `words` stands in the place of a command and names none:
// "there is no command "user lss"; the nearest is "user ls"". std::nullopt if that is not what is wrong.
std::optional<std::string> unknown_command(const command_definition& program, std::span<const std::string> words);

// How many characters have to be added, left out, changed or swapped with their neighbour to make one of the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

} // namespace pawl::tools
