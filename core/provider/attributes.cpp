#include "core/provider/attributes.hpp"

#include <algorithm>

namespace pawl {

namespace {

// JSON text without the space between its parts. Of a text that is no JSON some other text, and never a longer one.
std::string without_space(std::string_view json) {
    std::string out;
    bool in_string = false, escaped = false;
    for (const char c : json) {
        const bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (in_string || !is_space) {
            out.push_back(c);
        }
        if (c == '"' && !escaped) {
            in_string = !in_string;
        }
        escaped = in_string && c == '\\' && !escaped;
    }
    return out;
}

// At least as many as the text has: each value but the first comes after one of these.
std::size_t values_at_most(std::string_view json) {
    return 1 + static_cast<std::size_t>(
                   std::ranges::count_if(json, [](char c) { return c == '{' || c == '[' || c == ',' || c == ':'; }));
}

} // namespace

std::optional<std::string> check_attributes(std::string_view json, std::string& why) {
    if (json.empty()) {
        return std::string();
    }
    std::string compact = without_space(json);
    if (compact.size() > attributes_size_max) {
        why = "must be at most " + std::to_string(attributes_size_max) + " bytes of JSON";
        return std::nullopt;
    }
    std::vector<json_item> items(values_at_most(compact));
    std::vector<char> characters(compact.size());
    json_tape tape(items, characters);
    if (!tape.parse(json, attributes_depth_max) || tape.root().what != json_item::kind::object) { // as it was given
        why = "must be a JSON object, nested at most " + std::to_string(attributes_depth_max) +
              " levels deep and with no member twice";
        return std::nullopt;
    }
    return tape.first(tape.root()) == nullptr ? std::string() : std::move(compact);
}

attribute_members::attribute_members(std::string_view compact)
    : items_(values_at_most(compact)), characters_(compact.size()), tape_(items_, characters_) {
    is_object_ = compact.size() <= attributes_size_max && tape_.parse(compact, attributes_depth_max) &&
                 tape_.root().what == json_item::kind::object;
}

const json_item* attribute_members::find(std::string_view name) const {
    return is_object_ ? tape_.find(tape_.root(), name) : nullptr;
}

} // namespace pawl
