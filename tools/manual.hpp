// Manual pages: troff with the man(7) macros, made from the parser's definitions and pawld's table of options.
#pragma once

#include "tools/definitions.hpp"

#include <string>
#include <vector>

namespace pawl::tools {

struct manual_page {
    std::string name; // "pawlctl-user"; the file is name.1
    std::string troff;
};

// pawlctl(1), one page for each of its commands, and pawld(1).
std::vector<manual_page> manual_pages();

// One command's page, with the commands it has.
manual_page page_of(const command_definition& command);

} // namespace pawl::tools
