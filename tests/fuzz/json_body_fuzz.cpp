// JSON bodies: whatever is accepted is what Boost.JSON's own parser takes as an object, member by member.
#include "app/http/json_body.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void compare(const boost::json::value& expected, const pawl::app::parameter& got) {
    using pawl::app::parameter_kind;
    switch (got.kind) {
    case parameter_kind::string:
        require(expected.is_string() && std::string_view(expected.as_string()) == got.text.reveal());
        break;
    case parameter_kind::integer:
        require(expected.is_int64() && expected.as_int64() == got.integer);
        break;
    case parameter_kind::real:
        require(expected.is_double() || expected.is_uint64());
        break;
    case parameter_kind::boolean:
        require(expected.is_bool() && expected.as_bool() == got.truth);
        break;
    case parameter_kind::null:
        require(expected.is_null());
        break;
    case parameter_kind::array:
        require(expected.is_array());
        break;
    case parameter_kind::object:
        require(expected.is_object());
        break;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const pawl::app::body_result read = pawl::app::read_json_object(body);
    boost::system::error_code ec;
    boost::json::parse_options options;
    options.max_depth = pawl::app::json_depth_max;
    const boost::json::value tree = boost::json::parse(boost::json::string_view(body.data(), size), ec, {}, options);
    if (read.has_error()) {
        using pawl::app::request_problem;
        require(ec.failed() || read.error().not_an_object || size > pawl::app::json_size_max ||
                read.error().problem == request_problem::duplicate_parameter);
        return 0;
    }
    require(!ec.failed() && tree.is_object() && tree.as_object().size() == read->size());
    for (const auto& member : tree.as_object()) {
        const auto* got = read->find(std::string_view(member.key().data(), member.key().size()));
        require(got != nullptr);
        compare(member.value(), *got);
    }
    return 0;
}
