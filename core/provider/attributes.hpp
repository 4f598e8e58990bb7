// Attributes of a user: one JSON object that operators fill, kept as compact text (user::attributes). Standard claims
// that the record has no member for are read from it (standard_claims.hpp). Pure.
#pragma once

#include "core/jwt/json_tape.hpp"
#include "core/user/user.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

inline constexpr std::size_t attributes_depth_max = 8; // the object itself counts as one

// The text to store: without space between its parts, and empty for an object without members or an empty text.
// std::nullopt if `json` is not a JSON object, repeats a member at any depth, is nested too deeply, or is larger than
// attributes_size_max; then `why` says which, in words that go on after the member's name ("must be a JSON object").
std::optional<std::string> check_attributes(std::string_view json, std::string& why);

// The members of attributes. Of a text that check_attributes() did not give there are none.
class attribute_members {
public:
    explicit attribute_members(std::string_view compact);
    attribute_members(const attribute_members&) = delete;
    attribute_members& operator=(const attribute_members&) = delete;
    ~attribute_members() = default;

    // Null if there is no such member.
    const json_item* find(std::string_view name) const;
    const json_tape& tape() const { return tape_; }

private:
    std::vector<json_item> items_;
    std::vector<char> characters_;
    json_tape tape_;
    bool is_object_ = false;
};

} // namespace pawl
