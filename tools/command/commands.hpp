// Every command of pawlctl: each adds itself to the parser. One file each.
#pragma once

#include "tools/program.hpp"

namespace pawl::tools {

void add_info_command(CLI::App& parser, program& p);
void add_secret_command(CLI::App& parser, program& p);

} // namespace pawl::tools
