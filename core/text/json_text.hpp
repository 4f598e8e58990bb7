// Writing JSON text (RFC 8259): just enough for flat answers, without a tree. Output is always valid UTF-8.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl {

// Appends `text` as a JSON string with its quotes. Hidden code points (core/text/printable_text.hpp) are escaped; a
// byte that is not part of valid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// Appends one object or array member by member; commas come by themselves. Objects may nest by writing a member name
// and then the text of a value.
class json_object_writer {
public:
    explicit json_object_writer(std::string& out) : out_(out) { out_.push_back('{'); }

    // `name` is ASCII without anything to escape.
    json_object_writer& member(std::string_view name, std::string_view text);
    json_object_writer& member(std::string_view name, const char* text) { return member(name, std::string_view(text)); }
    template <std::same_as<bool> B>
    json_object_writer& member(std::string_view name, B value) {
        return raw(name, value ? "true" : "false");
    }
    json_object_writer& member(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
    json_object_writer& member(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
    // `text` is ASCII without anything to escape, too: a token.
    json_object_writer& plain(std::string_view name, std::string_view text);
    // `json` is the text of a value.
    json_object_writer& raw(std::string_view name, std::string_view json);
    void end() { out_.push_back('}'); }

private:
    std::string& out_;
    bool first_ = true;
};

} // namespace pawl
