// What the handlers of /dev/* share.
#pragma once

#include "app/handler/support.hpp"

#include <boost/json/object.hpp>

namespace pawl::app {

// The JSON object of a body, or the answer to a body that is no JSON object. A request without a body gives an empty
// object.
meaning<boost::json::object> read_dev_json(const http_request& request);

} // namespace pawl::app
