// JSON bodies: whatever is accepted is what Boost.JSON's own parser takes as an object, member by member; and one
// reader finds the same in the members and in the tree.
#include "app/http/json_body.hpp"
#include "app/http/json_tree.hpp"
#include "app/http/member_reader.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <limits>
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

// Both say the same of the member, but for what only a tree has: fractions, integers beyond int64.
void compare_readers(pawl::app::member_reader& flat, pawl::app::member_reader& tree, std::string_view name) {
    using limits = std::numeric_limits<std::int64_t>;
    require(flat.presence_of(name) == tree.presence_of(name) && flat.kind_of(name) == tree.kind_of(name));
    require(flat.optional_text(name) == tree.optional_text(name));
    require(flat.optional_flag(name) == tree.optional_flag(name));
    require(flat.optional_integer(name, limits::min(), limits::max()) ==
            tree.optional_integer(name, limits::min(), limits::max()));
    require(flat.optional_count(name, 0, limits::max()) == tree.optional_count(name, 0, limits::max()));
    require(flat.optional_texts(name) == tree.optional_texts(name));
    require(flat.optional_time(name, pawl::app::time_form::text_or_seconds) ==
            tree.optional_time(name, pawl::app::time_form::text_or_seconds));
    require(flat.optional_id(name) == tree.optional_id(name));
    const std::size_t faults = tree.faults().size();
    require(flat.faults().size() == faults && faults <= pawl::app::member_faults_max);
    if (tree.kind_of(name) == pawl::app::parameter_kind::object) {
        pawl::app::member_reader inner(tree, name);
        inner.refuse_others(); // all of them
        require(inner.has_object());
    }
}

// Each member alone: the faults of one are not to fill the list for the next.
void read_members(const pawl::app::parameters& flat, const boost::json::object& tree) {
    for (const auto& member : tree) {
        const std::string_view name(member.key().data(), member.key().size());
        pawl::app::member_reader of_flat(flat);
        pawl::app::member_reader of_tree(tree);
        compare_readers(of_flat, of_tree, name);
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
    const pawl::app::tree_result strict = pawl::app::read_json_tree(body, pawl::app::json_size_max);
    require(strict.has_error() == read.has_error());
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
    // As text: -0e999999 is no number for Boost.JSON's reader, and such a one equals nothing.
    require(boost::json::serialize(*strict) == boost::json::serialize(tree));
    read_members(*read, *strict);
    return 0;
}
