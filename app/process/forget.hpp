// A process that was forked from one with a secret, and is to go on without it.
#pragma once

#include <string_view>

namespace pawl::app {

// Overwrites every eight bytes of the secret, wherever they stand in the heap and in the stack with arguments and
// environment: also what freed strings left behind. `secret` itself is overwritten where it stands there. While no
// other thread runs.
void forget_everywhere(std::string_view secret) noexcept;

} // namespace pawl::app
