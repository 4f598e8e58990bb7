// The declarations as tables of the documentation: docs/on-disk.md ("Records") and docs/export-format.md have them, and
// a test holds that they do.
#pragma once

#include <string>

namespace pawl::storage {

std::string record_table();
std::string exported_user_table();
std::string exported_family_table();

} // namespace pawl::storage
