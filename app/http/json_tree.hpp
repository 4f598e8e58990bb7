// JSON with structure, strictly: as read_json_object() has it (json_body.hpp), with all that is nested. For the bodies
// of operators and developers, seeds and lines of an import; member_reader.hpp takes the members out.
#pragma once

#include "app/http/parameters.hpp"

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::app {

// Its memory, and the parser's, is wiped when it is given back: passwords may be in it.
using tree_result = boost::system::result<boost::json::object, body_refusal>;

// Pure; any thread; does not throw but for memory. Refused as read_json_object() refuses: no member twice at any depth,
// at most json_depth_max deep, nothing after the object.
tree_result read_json_tree(std::string_view text, std::size_t size_max);

// The sentence for people: the refusal's own, or that of its problem.
std::string sentence_of(const body_refusal& refusal);

} // namespace pawl::app
