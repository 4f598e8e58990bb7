// Shell completion, made from the parser's definitions.
#pragma once

#include <string>

namespace pawl::tools {

// A bash script that completes commands, options, values of which there are but some, and names of files. Needs nothing
// of bash-completion.
std::string bash_completion();

} // namespace pawl::tools
