// The declarations as tables of the documentation: docs/on-disk.md ("Records") and docs/export-format.md have them, and
// a test holds that they do.
#pragma once

#include <string>
#include <vector>

namespace pawl::storage {

std::string record_table();
// One for each entity that an export holds.
std::vector<std::string> exported_tables();

} // namespace pawl::storage
