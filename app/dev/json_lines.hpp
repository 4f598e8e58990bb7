// Where in a JSON text something is, for sentences that name the line. Reads the text once more: for errors only.
#pragma once

#include <cstddef>
#include <string_view>

namespace pawl::app {

// The line, counted from 1, of the member or element with this path ("users[0].email"), or else of the nearest one
// around it: at least the line where the document's value begins. 0 if there is none. Pure.
std::size_t line_of_json(std::string_view text, std::string_view path);

// The line on which the text stops being JSON with no member given twice; 0 if it never does. Pure.
std::size_t line_of_json_fault(std::string_view text);

} // namespace pawl::app
