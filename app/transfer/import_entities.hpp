// The lines of an import that are neither users nor families, read by their declarations (storage/entity). Pure; any
// thread.
#pragma once

#include "app/transfer/import_line.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <optional>
#include <string_view>

namespace pawl::app {

// `kind`: the one member of the line ("client"); `inner`: its value. std::nullopt if there is no such kind.
std::optional<import_record> read_entity_line(std::string_view kind, const boost::json::object& inner);

// Calls `take` for each of the numbers of a text with blanks between them; false if one is none, or over `max`.
bool read_numbers(std::string_view text, unsigned max, const std::function<bool(unsigned)>& take);

} // namespace pawl::app
