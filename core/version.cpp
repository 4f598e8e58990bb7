#include "core/version.hpp"

namespace pawl {

constexpr std::string_view program_version = PAWL_VERSION;

} // namespace pawl
