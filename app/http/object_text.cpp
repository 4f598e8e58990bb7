#include "app/http/object_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>

namespace pawl::app {

namespace {

namespace json = boost::json;

// JSON has no infinity, though 1e999 reads as one: it could not be written again.
bool is_finite(const json::value& v) {
    if (v.is_double()) {
        return std::isfinite(v.get_double());
    }
    if (v.is_array()) {
        return std::ranges::all_of(v.get_array(), is_finite);
    }
    return !v.is_object() || std::ranges::all_of(v.get_object(), [](const auto& m) { return is_finite(m.value()); });
}

} // namespace

std::optional<std::string> optional_object_text(member_reader& reader, std::string_view name) {
    const json::object* const given = reader.optional_object(name);
    if (given == nullptr) {
        return std::nullopt;
    }
    if (!std::ranges::all_of(*given, [](const auto& m) { return is_finite(m.value()); })) {
        reader.blame(name, "must not have a number that is too large");
        return std::nullopt;
    }
    return given->empty() ? std::string() : std::string(json::serialize(*given));
}

} // namespace pawl::app
