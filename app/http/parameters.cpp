#include "app/http/parameters.hpp"

#include <algorithm>
#include <cstdlib>

namespace pawl::app {

std::string_view to_text(parameter_kind kind) {
    switch (kind) {
    case parameter_kind::string:
        return "a string";
    case parameter_kind::integer:
    case parameter_kind::real:
        return "a number";
    case parameter_kind::boolean:
        return "a boolean";
    case parameter_kind::null:
        return "null";
    case parameter_kind::array:
        return "an array";
    case parameter_kind::object:
        return "an object";
    }
    return "";
}

const parameter* parameters::find(std::string_view name) const {
    const auto found = std::ranges::find(all_, name, &parameter::name);
    return found == all_.end() ? nullptr : &*found;
}

std::string_view parameters::repeated_name(std::span<const std::string_view> may_repeat) const {
    // A body has room for thousands of names: sort, do not compare each with each.
    boost::container::small_vector<std::string_view, 8> names;
    names.reserve(all_.size());
    for (const parameter& p : all_) {
        if (std::ranges::find(may_repeat, p.name) == may_repeat.end()) {
            names.emplace_back(p.name);
        }
    }
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    return twice == names.end() ? std::string_view{} : *twice;
}

void throw_exception_from_error(const body_refusal& /*r*/, const boost::source_location& /*where*/) {
    std::abort(); // value() of a failed result: the caller did not look first
}

} // namespace pawl::app
