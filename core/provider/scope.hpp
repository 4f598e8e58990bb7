// A scope (RFC 6749 3.3): a word that a client may ask for, and what it stands for. One immutable, versioned record; a
// change is a new record with version + 1.
#pragma once

#include "core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// 0 to 255. Those below first_defined_scope are built in (builtin_scopes), so a grant's scopes are one set of 256 bits.
struct scope_number {
    std::uint16_t value = 0;
    friend constexpr auto operator<=>(scope_number, scope_number) = default;
};
inline constexpr std::uint16_t scopes_max = 256, first_defined_scope = 16;
inline constexpr std::size_t scope_name_size_max = 128; // bytes; of the characters of RFC 6749 3.3
inline constexpr std::size_t scope_text_size_max = 512; // bytes, UTF-8
inline constexpr std::size_t scope_roles_max = 64, scope_role_size_max = 128;

struct scope {
    scope_number number;
    std::uint64_t version = 1;      // +1 with every change
    bool removed = false;           // a tombstone: its name is free again, its number is kept
    std::string name;               // never changes
    std::string text_en, text_de;   // what people are shown who are asked for it; may be empty
    std::string api;                // the identifier of its API; empty: none
    std::vector<std::string> roles; // of the users who may have it; empty: all
    timestamp created_at{};

    friend bool operator==(const scope&, const scope&) = default;
};
using scope_ptr = std::shared_ptr<const scope>;

// RFC 6749 3.3, scope-token: one to scope_name_size_max of %x21 / %x23-5B / %x5D-7E. Pure.
bool is_scope_name(std::string_view name);

// Names that are never defined by operators: "openid", "profile", "email", "address", "phone", "offline_access",
// "roles", "account", "admin", "introspect". Static.
bool is_builtin_scope(std::string_view name);
// Their names, each at the place that is its number. Static.
std::span<const std::string_view> builtin_scope_names();

// The scope names of a request parameter: separated by single spaces, each once in the order given (RFC 6749 3.3 lets
// repeats mean nothing). False if one is no scope name, or there are more than scopes_max. Pure.
bool read_scope_parameter(std::string_view text, std::vector<std::string>& names);

} // namespace pawl
