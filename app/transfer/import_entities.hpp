// The lines of an import that are neither users nor families, read by their declarations (storage/entity). Pure; any
// thread.
#pragma once

#include "app/http/member_reader.hpp"
#include "app/transfer/import_line.hpp"

#include <optional>
#include <string_view>

namespace pawl::app {

// `kind`: the one member of the line ("client"); `from` reads its value. std::nullopt if there is no such kind.
std::optional<import_record> read_entity_line(std::string_view kind, member_reader& from);

} // namespace pawl::app
