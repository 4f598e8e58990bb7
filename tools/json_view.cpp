#include "tools/json_view.hpp"

#include <boost/json/serialize.hpp>

namespace pawl::tools {

namespace {

void add_rows(table& t, const std::string& prefix, const boost::json::object& record) {
    for (const auto& [name, value] : record) {
        const std::string full = prefix + clean(name);
        if (value.is_object()) {
            add_rows(t, full + ".", value.get_object());
        } else {
            t.rows.push_back({cell(full, colour::dim), cell(text_of(value))});
        }
    }
}

} // namespace

const boost::json::value* member_of(const boost::json::value& object, std::string_view name) {
    return object.is_object() ? object.get_object().if_contains(name) : nullptr;
}

std::string text_of(const boost::json::value& value) {
    if (value.is_null()) {
        return {};
    }
    if (value.is_string()) {
        return clean(value.get_string());
    }
    if (value.is_bool()) {
        return value.get_bool() ? "yes" : "no";
    }
    if (value.is_array()) {
        std::string out;
        for (const boost::json::value& item : value.get_array()) {
            out += (out.empty() ? "" : ", ") + text_of(item);
        }
        return out;
    }
    return clean(boost::json::serialize(value));
}

std::string text_of(const boost::json::value& object, std::string_view name) {
    const boost::json::value* const member = member_of(object, name);
    return member == nullptr ? std::string() : text_of(*member);
}

const boost::json::array& list_of(const boost::json::value& object, std::string_view name) {
    static const boost::json::array none;
    const boost::json::value* const member = member_of(object, name);
    return member != nullptr && member->is_array() ? member->get_array() : none;
}

bool is_true(const boost::json::value& object, std::string_view name) {
    const boost::json::value* const member = member_of(object, name);
    return member != nullptr && member->is_bool() && member->get_bool();
}

void print_record(output& out, std::string_view title, const boost::json::value& record) {
    if (out.json() || !record.is_object()) {
        print_json(out, record);
        return;
    }
    table t;
    t.headings = {std::string(title), ""};
    add_rows(t, "", record.get_object());
    out.print(t);
}

void print_json(output& out, const boost::json::value& value) {
    out.line(boost::json::serialize(value));
}

} // namespace pawl::tools
