// The trace that a request is part of, as OpenTelemetry and others hand it on (W3C Trace Context, `traceparent`). It is
// only repeated in log lines, so that they are found beside those of other services. Pure.
#pragma once

#include <string_view>

namespace pawl::app {

// The trace-id of a `traceparent`: 32 lower-case hex digits, a view into `value`. Empty if it is not well formed, or of
// the version ff, or an id of it is all zero (W3C Trace Context 3.2.2). Of versions after 00 the same members are read.
std::string_view trace_id_of(std::string_view value);

} // namespace pawl::app
