#include "core/jwt/json_tape.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <array>

namespace pawl {

namespace json = boost::json;

namespace {

constexpr std::size_t depth_limit = 16; // of any depth_max

} // namespace

// What Boost.JSON's parser calls; every false with an error set ends the parse.
struct json_tape_handler {
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    std::span<json_item> items;
    std::span<char> characters;
    std::size_t item_count = 0;
    std::size_t character_count = 0;
    std::size_t text_start = 0;                    // of the name or string being read
    std::string_view name{};                       // waits for its value
    std::array<std::uint32_t, depth_limit> open{}; // indices of the objects and arrays around
    std::size_t depth = 0;

    static bool refuse(json::error_code& ec) {
        ec = json::error::exception;
        return false;
    }
    json_item* add(json_item::kind what, json::error_code& ec) {
        if (item_count == items.size()) {
            refuse(ec);
            return nullptr;
        }
        json_item& item = items[item_count++];
        item = json_item{what, static_cast<std::uint32_t>(item_count), name, {}, 0};
        name = {};
        return &item;
    }
    bool add_integer(json_item::kind what, std::int64_t value, json::error_code& ec) {
        json_item* item = add(what, ec);
        if (item != nullptr) {
            item->integer = value;
        }
        return item != nullptr;
    }
    bool begin(json_item::kind what, json::error_code& ec) {
        if (depth == open.size()) {
            return refuse(ec);
        }
        open[depth++] = static_cast<std::uint32_t>(item_count);
        return add(what, ec) != nullptr;
    }
    bool close() {
        items[open[--depth]].end = static_cast<std::uint32_t>(item_count);
        return true;
    }
    bool keep(json::string_view part, json::error_code& ec) {
        if (part.size() > characters.size() - character_count) {
            return refuse(ec);
        }
        std::copy(part.begin(), part.end(), characters.begin() + static_cast<std::ptrdiff_t>(character_count));
        character_count += part.size();
        return true;
    }
    std::string_view take_text() {
        const std::string_view text(characters.data() + text_start, character_count - text_start);
        text_start = character_count;
        return text;
    }
    bool is_duplicate(std::string_view wanted) const {
        for (std::size_t i = open[depth - 1] + std::size_t{1}; i < item_count; i = items[i].end) {
            if (items[i].name == wanted) {
                return true;
            }
        }
        return false;
    }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code& ec) { return begin(json_item::kind::object, ec); }
    bool on_object_end(std::size_t, json::error_code&) { return close(); }
    bool on_array_begin(json::error_code& ec) { return begin(json_item::kind::array, ec); }
    bool on_array_end(std::size_t, json::error_code&) { return close(); }
    bool on_key_part(json::string_view part, std::size_t, json::error_code& ec) { return keep(part, ec); }
    bool on_key(json::string_view part, std::size_t, json::error_code& ec) {
        if (!keep(part, ec)) {
            return false;
        }
        name = take_text();
        return is_duplicate(name) ? refuse(ec) : true;
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code& ec) { return keep(part, ec); }
    bool on_string(json::string_view part, std::size_t, json::error_code& ec) {
        if (!keep(part, ec)) {
            return false;
        }
        json_item* item = add(json_item::kind::string, ec);
        if (item != nullptr) {
            item->text = take_text();
        }
        return item != nullptr;
    }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t value, json::string_view, json::error_code& ec) {
        return add_integer(json_item::kind::integer, value, ec);
    }
    bool on_uint64(std::uint64_t, json::string_view, json::error_code& ec) { // beyond what std::int64_t holds
        return add(json_item::kind::number, ec) != nullptr;
    }
    bool on_double(double, json::string_view, json::error_code& ec) {
        return add(json_item::kind::number, ec) != nullptr;
    }
    bool on_bool(bool value, json::error_code& ec) { return add_integer(json_item::kind::boolean, value ? 1 : 0, ec); }
    bool on_null(json::error_code& ec) { return add(json_item::kind::null, ec) != nullptr; }
    bool on_comment_part(json::string_view, json::error_code& ec) { return refuse(ec); }
    bool on_comment(json::string_view, json::error_code& ec) { return refuse(ec); }
};

bool json_tape::parse(std::string_view text, std::size_t depth_max) {
    json::parse_options options;
    options.max_depth = std::min(depth_max, depth_limit);
    json::basic_parser<json_tape_handler> parser(options);
    parser.handler().items = items_;
    parser.handler().characters = characters_;
    json::error_code ec;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
    return !ec && used == text.size();
}

const json_item* json_tape::first(const json_item& parent) const {
    const std::size_t index = static_cast<std::size_t>(&parent - items_.data());
    return parent.end == index + 1 ? nullptr : &items_[index + 1];
}

const json_item* json_tape::next(const json_item& parent, const json_item& child) const {
    return child.end == parent.end ? nullptr : &items_[child.end];
}

const json_item* json_tape::find(const json_item& object, std::string_view name) const {
    if (object.what != json_item::kind::object) {
        return nullptr;
    }
    for (const json_item* member = first(object); member != nullptr; member = next(object, *member)) {
        if (member->name == name) {
            return member;
        }
    }
    return nullptr;
}

} // namespace pawl
