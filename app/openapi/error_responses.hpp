// The error responses of one operation of the OpenAPI document: made of the causes in its row by the same functions
// that answer a request.
#pragma once

#include "app/http/route.hpp"

#include <boost/json/object.hpp>

namespace pawl::app {

// What the error responses of `row` are called, by status: `words` (of document.json) for its audience and style, but
// `own` (the member "refusals" of its description) where that has the status.
struct refusal_words {
    const boost::json::object& words;
    const boost::json::object* own; // null if it has none
};

// Adds one response for each status that `row` refuses with, and the `default` one.
void add_error_responses(boost::json::object& responses, const route& row, const refusal_words& words);

} // namespace pawl::app
