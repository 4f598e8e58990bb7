// application/x-www-form-urlencoded, in bodies and queries: `+` is a space, %XX is a byte, the result is UTF-8.
#pragma once

#include "app/http/parameters.hpp"

#include <span>
#include <string_view>

namespace pawl::app {

// Pure. Every value is parameter_kind::string, also an empty one; a name without `=` has the empty value; empty pieces
// (`a=1&&b=2`) are skipped. Characters that should have been escaped but are not (`[`, `"`, ...) are taken as they are,
// as everywhere. malformed_form for a bad %XX, for bytes that are not UTF-8 and for an empty name; duplicate_parameter
// for a name given twice that is none of `may_repeat`.
body_result read_form(std::string_view body, std::span<const std::string_view> may_repeat = {});
// The same where any name may be given more than once: the reader says which it refuses.
body_result read_repeating_form(std::string_view body);

} // namespace pawl::app
