#include "app/dev/plain_json.hpp"

#include "core/text/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace pawl::app {

namespace {

namespace json = boost::json;

constexpr double digits_alone_max = 1e39;   // as many digits as integers of 128 bits have
constexpr std::size_t number_size_max = 48; // of both forms

void append_double(std::string& out, double number) {
    std::array<char, number_size_max> text{};
    char* const end = text.data() + text.size();
    std::to_chars_result written{};
    if (number == 0) { // -0, too: it is an integer
        out += '0';
        return;
    }
    if (std::trunc(number) == number && std::abs(number) < digits_alone_max) {
        written = std::to_chars(text.data(), end, number, std::chars_format::fixed, 0);
    } else {
        written = std::to_chars(text.data(), end, number);
    }
    out.append(text.data(), written.ptr);
}

void append(std::string& out, const json::value& value) {
    switch (value.kind()) {
    case json::kind::null:
        out += "null";
        break;
    case json::kind::bool_:
        out += value.get_bool() ? "true" : "false";
        break;
    case json::kind::int64:
        out += std::to_string(value.get_int64());
        break;
    case json::kind::uint64:
        out += std::to_string(value.get_uint64());
        break;
    case json::kind::double_:
        append_double(out, value.get_double());
        break;
    case json::kind::string:
        append_json_string(out, std::string_view(value.get_string()));
        break;
    case json::kind::array: {
        char before = '[';
        for (const json::value& element : value.get_array()) {
            out += before;
            append(out, element);
            before = ',';
        }
        out += before == '[' ? "[]" : "]";
        break;
    }
    case json::kind::object: {
        char before = '{';
        for (const auto& member : value.get_object()) {
            out += before;
            append_json_string(out, std::string_view(member.key()));
            out += ':';
            append(out, member.value());
            before = ',';
        }
        out += before == '{' ? "{}" : "}";
        break;
    }
    }
}

} // namespace

bool has_finite_numbers(const json::value& value) {
    if (value.is_double()) {
        return std::isfinite(value.get_double());
    }
    if (const json::array* list = value.if_array()) {
        return std::ranges::all_of(*list, has_finite_numbers);
    }
    if (const json::object* object = value.if_object()) {
        for (const auto& member : *object) {
            if (!has_finite_numbers(member.value())) {
                return false;
            }
        }
    }
    return true;
}

std::string plain_json(const json::value& value) {
    std::string out;
    append(out, value);
    return out;
}

} // namespace pawl::app
