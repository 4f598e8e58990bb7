// What an export's line of a user has since version 3 of the record: factors, times, language, flags.
#pragma once

#include "app/http/member_reader.hpp"
#include "core/user/user.hpp"

#include <string>

namespace pawl::app {

// Into `u`; what is not acceptable is blamed.
void read_account(member_reader& from, user& u);
// Whether its language and its factors are what this program would have written: a sentence fragment, or nothing.
std::string check_imported_account(const user& u);

} // namespace pawl::app
