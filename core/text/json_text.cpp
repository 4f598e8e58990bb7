#include "core/text/json_text.hpp"

#include "core/text/plain_text.hpp"
#include "core/text/printable_text.hpp"

#include <algorithm>

namespace pawl {

namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD"; // U+FFFD

void append_escaped_ascii(std::string& out, char c) {
    static constexpr std::string_view hex_digits = "0123456789abcdef";
    switch (c) {
    case '"':
        out += "\\\"";
        return;
    case '\\':
        out += "\\\\";
        return;
    case '\n':
        out += "\\n";
        return;
    case '\r':
        out += "\\r";
        return;
    case '\t':
        out += "\\t";
        return;
    default:
        break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
        out += "\\u00";
        out.push_back(hex_digits[byte >> 4U]);
        out.push_back(hex_digits[byte & 0xFU]);
    } else {
        out.push_back(c);
    }
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
    out.reserve(out.size() + text.size() + 2);
    out.push_back('"');
    for (;;) {
        const std::size_t run = plain_json_size(text);
        out.append(text.substr(0, run)); // nearly always all of it
        text.remove_prefix(run);
        if (text.empty()) {
            break;
        }
        if (static_cast<unsigned char>(text.front()) < 0x80) {
            append_escaped_ascii(out, text.front());
            text.remove_prefix(1);
            continue;
        }
        const code_point c = first_code_point(text);
        if (c.size == 0) {
            out += replacement_character;
        } else if (is_hidden_code_point(c.value)) {
            append_unicode_escape(out, c.value);
        } else {
            out += text.substr(0, c.size);
        }
        text.remove_prefix(std::max<std::size_t>(c.size, 1));
    }
    out.push_back('"');
}

json_object_writer& json_object_writer::member(std::string_view name, std::string_view text) {
    raw(name, {});
    append_json_string(out_, text);
    return *this;
}

json_object_writer& json_object_writer::plain(std::string_view name, std::string_view text) {
    raw(name, "\"");
    out_ += text;
    out_.push_back('"');
    return *this;
}

json_object_writer& json_object_writer::raw(std::string_view name, std::string_view json) {
    out_ += first_ ? "\"" : ",\"";
    first_ = false;
    out_ += name;
    out_ += "\":";
    out_ += json;
    return *this;
}

} // namespace pawl
