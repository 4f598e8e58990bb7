// What the handlers of /dev/* share.
#pragma once

#include "app/handler/support.hpp"

#include <boost/json/object.hpp>

namespace pawl::app {

// A JSON object with its structure, or the answer that says why it is none. No body is an object without members.
meaning<boost::json::object> read_dev_json(const http_request& request);

} // namespace pawl::app
