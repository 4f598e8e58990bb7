#include "core/provider/client.hpp"

#include "core/text/ascii.hpp"

#include <algorithm>

namespace pawl {

namespace {

// RFC 3986 2.3, unreserved; and the colon, which `forward:` has.
bool is_client_id_character(char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == ':';
}

} // namespace

bool is_client_id(std::string_view text) {
    return !text.empty() && text.size() <= client_id_size_max && std::ranges::all_of(text, is_client_id_character) &&
           !is_reserved_client_id(text);
}

bool is_forward_client_id(std::string_view text) {
    return text.starts_with(forward_client_prefix) && text.size() > forward_client_prefix.size() &&
           text.size() <= client_id_size_max && std::ranges::all_of(text, is_client_id_character);
}

client tombstone_of(const client& c) {
    client t;
    t.number = c.number;
    t.version = c.version;
    t.removed = true;
    t.client_id = c.client_id;
    t.name = c.name;
    t.preset = c.preset;
    t.confidential = c.confidential;
    t.enabled = false;
    t.epoch = c.epoch;
    t.epoch_raised_at = c.epoch_raised_at;
    t.auth_method = c.auth_method;
    t.last_serial = c.last_serial;
    t.origin = c.origin;
    t.created_at = c.created_at;
    return t;
}

bool is_reserved_client_id(std::string_view text) {
    return text.starts_with("pawl") || text.starts_with(forward_client_prefix) || text.starts_with("https:") ||
           text.find('@') != std::string_view::npos || (!text.empty() && std::ranges::all_of(text, is_digit));
}

} // namespace pawl
