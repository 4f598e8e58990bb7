// A JSON body (RFC 8259), strictly: UTF-8 without a byte order mark, one object, no member twice at any depth, nothing
// after it. Only the top level and the strings of its arrays are kept; what else is nested is checked and forgotten.
#pragma once

#include "app/http/parameters.hpp"

#include <cstddef>
#include <string_view>

namespace pawl::app {

inline constexpr std::size_t json_depth_max = 32;        // the top-level object counts as one
inline constexpr std::size_t json_size_max = 16U * 1024; // as the gate's body limit; more is malformed here

// Pure; does not throw but for memory. malformed_json, duplicate_parameter, or not_an_object.
// Integers outside int64 are parameter_kind::real.
body_result read_json_object(std::string_view body, std::size_t size_max = json_size_max);

} // namespace pawl::app
