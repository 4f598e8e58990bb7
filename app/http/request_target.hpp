// What a request-target may be, and its parts. Pure.
#pragma once

#include "app/http/head_check.hpp"

#include <string_view>

namespace pawl::app {

// Whether a path (as sent, before any query) takes long targets and header blocks: requests for authorization and for
// sign-out carry ID tokens and capsules, those of forward auth the target and the headers of another request.
bool takes_long_targets(std::string_view path);

// Splits head.target (origin-form, "*" or absolute-form; not empty) into head.path and head.query; head.method is set.
// `authority` becomes that of absolute-form, else stays empty.
head_refusal split_target(request_head& head, std::string_view& authority);

} // namespace pawl::app
