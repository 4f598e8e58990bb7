// Names within a path. One segment holds any name: percent-encoded, or, since the gate lets no encoded slash and no dot
// segment through (docs/decisions/0006-http-gate.md), as `~` and the name's base64url.
#pragma once

#include <string>
#include <string_view>

namespace pawl::app {

// The segment for a name: percent-encoded where that is allowed and not the longer one.
std::string path_segment(std::string_view name);

// The name that a segment stands for, `+` being a plus. As it is where it can't be read: it names nothing then.
std::string name_in_path(std::string_view segment);

} // namespace pawl::app
