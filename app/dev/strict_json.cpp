#include "app/dev/strict_json.hpp"

#include "app/http/json_body.hpp"
#include "core/text/rfc3339.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <utility>

namespace pawl::app {

namespace json = boost::json;

namespace {

constexpr std::int64_t time_max = 253'402'300'799; // the last second of the year 9999

} // namespace

json_tree read_strict_json(std::string_view text, std::size_t size_max) {
    const body_result checked = read_json_object(text, size_max); // what the tree would not notice: members given twice
    if (!checked.has_value()) {
        const body_refusal& why = checked.error();
        return {std::nullopt, why.detail.empty() ? std::string(row_of(why.problem).detail) : why.detail};
    }
    json::parse_options options;
    options.max_depth = json_depth_max;
    boost::system::error_code ec;
    json::value tree = json::parse({text.data(), text.size()}, ec, {}, options);
    if (ec || !tree.is_object()) {
        return {std::nullopt, std::string(row_of(request_problem::malformed_json).detail)};
    }
    return {std::move(tree.as_object()), {}};
}

void member_reader::blame(std::string_view name, std::string why) {
    errors_.push_back({path_of(name), std::move(why)});
}

const json::value* member_reader::value(std::string_view name) {
    known_.push_back(name);
    const json::value* const found = object_.if_contains({name.data(), name.size()});
    return found == nullptr || found->is_null() ? nullptr : found;
}

bool member_reader::has(std::string_view name) {
    return value(name) != nullptr;
}

std::optional<std::string> member_reader::text(std::string_view name) {
    const json::value* const v = value(name);
    if (v == nullptr) {
        return std::nullopt;
    }
    if (!v->is_string()) {
        blame(name, "must be a string");
        return std::nullopt;
    }
    return std::string(v->as_string());
}

std::optional<std::int64_t> member_reader::integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const json::value* const v = value(name);
    if (v == nullptr) {
        return std::nullopt;
    }
    if (!v->is_int64() || v->as_int64() < min || v->as_int64() > max) {
        blame(name, "must be an integer from " + std::to_string(min) + " to " + std::to_string(max));
        return std::nullopt;
    }
    return v->as_int64();
}

std::optional<double> member_reader::fraction(std::string_view name) {
    const json::value* const v = value(name);
    if (v == nullptr) {
        return std::nullopt;
    }
    boost::system::error_code ec;
    const double number = v->is_number() ? v->to_number<double>(ec) : -1;
    if (ec || !(number >= 0 && number <= 1)) {
        blame(name, "must be a number from 0 to 1");
        return std::nullopt;
    }
    return number;
}

std::optional<bool> member_reader::flag(std::string_view name) {
    const json::value* const v = value(name);
    if (v == nullptr) {
        return std::nullopt;
    }
    if (!v->is_bool()) {
        blame(name, "must be true or false");
        return std::nullopt;
    }
    return v->as_bool();
}

std::optional<timestamp_ms> member_reader::time(std::string_view name) {
    const json::value* const v = value(name);
    if (v == nullptr) {
        return std::nullopt;
    }
    if (v->is_int64() && v->as_int64() >= 0 && v->as_int64() <= time_max) {
        return timestamp_ms(seconds(v->as_int64()));
    }
    const auto read = v->is_string() ? from_rfc3339(std::string_view(v->as_string())) : std::nullopt;
    if (!read) {
        blame(name, "must be a time like 2026-11-21T23:44:00Z, or seconds since 1970");
    }
    return read;
}

const json::object* member_reader::object(std::string_view name) {
    const json::value* const v = value(name);
    if (v != nullptr && !v->is_object()) {
        blame(name, "must be an object");
        return nullptr;
    }
    return v == nullptr ? nullptr : &v->as_object();
}

const json::array* member_reader::array(std::string_view name) {
    const json::value* const v = value(name);
    if (v != nullptr && !v->is_array()) {
        blame(name, "must be an array");
        return nullptr;
    }
    return v == nullptr ? nullptr : &v->as_array();
}

std::vector<std::string> member_reader::texts(std::string_view name, std::size_t count_max) {
    std::vector<std::string> all;
    const json::array* const list = array(name);
    if (list == nullptr) {
        return all;
    }
    for (const json::value& v : *list) {
        if (!v.is_string() || all.size() == count_max) {
            blame(name, "must be an array of at most " + std::to_string(count_max) + " strings");
            return {};
        }
        all.emplace_back(v.as_string());
    }
    return all;
}

void member_reader::finish() {
    for (const auto& member : object_) {
        const std::string_view name(member.key());
        if (std::ranges::find(known_, name) == known_.end()) {
            blame(name, "is not known here");
        }
    }
}

} // namespace pawl::app
