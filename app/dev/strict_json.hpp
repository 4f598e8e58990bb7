// JSON with structure, strictly: for the bodies of /dev/* and the seed file. No member twice, none that is not known.
#pragma once

#include "core/clock.hpp"
#include "core/failure.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

struct json_tree {
    std::optional<boost::json::object> object; // nothing where `why` says what is wrong
    std::string why;
};
json_tree read_strict_json(std::string_view text, std::size_t size_max);

// Takes the members of one object by name and notes what is wrong with them in `errors`, as "users[0].email". `null` is
// as good as absent. The object outlives the reader.
class member_reader {
public:
    member_reader(const boost::json::object& object, std::string prefix, std::vector<field_error>& errors)
        : object_(object), prefix_(std::move(prefix)), errors_(errors) {}

    bool has(std::string_view name);
    std::optional<std::string> text(std::string_view name);
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
    std::optional<double> fraction(std::string_view name); // 0 to 1
    std::optional<bool> flag(std::string_view name);
    std::optional<timestamp_ms> time(std::string_view name); // RFC 3339, or seconds since 1970
    const boost::json::object* object(std::string_view name);
    const boost::json::array* array(std::string_view name);
    const boost::json::value* value(std::string_view name);
    std::vector<std::string> texts(std::string_view name, std::size_t count_max);

    void blame(std::string_view name, std::string why);
    // Blames the members that were not asked for. Once, at the end.
    void finish();
    std::string path_of(std::string_view name) const { return prefix_ + std::string(name); }

private:
    const boost::json::object& object_;
    std::string prefix_;
    std::vector<field_error>& errors_;
    std::vector<std::string_view> known_;
};

} // namespace pawl::app
