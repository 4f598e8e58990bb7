// Which version of the programs this is.
#pragma once

#include <string_view>

namespace pawl {

extern const std::string_view program_version; // "0.1.0", of CMakeLists.txt

} // namespace pawl
