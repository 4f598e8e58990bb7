// JSON text as other programs read it best: a number without a fraction is digits alone, as readers that want an
// integer (`exp` of a token) demand; never "1E0".
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace pawl::app {

// Whether all numbers within are finite: 1e999 is read as an infinity, which JSON can't say.
bool has_finite_numbers(const boost::json::value& value);

// `value` has finite numbers, and is nested no deeper than the strict reader lets it be. Integers of 64 bits are exact;
// a longer one, or one that was given with a point or an exponent, has the precision of a double.
std::string plain_json(const boost::json::value& value);

} // namespace pawl::app
