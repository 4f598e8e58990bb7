// Enumerations as records and people know them: the numbers that exist, and a word for each. A number is never reused,
// a word never changes: exports, dumps and webhooks say it.
#pragma once

#include "core/family/event.hpp"
#include "core/family/word.hpp"
#include "core/user/user.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace pawl::storage {

// Specialised for every enumeration that a record has: `first`, and `names`, one for each number from 0 on.
template <class Enum>
struct enumeration;

template <>
struct enumeration<family_status> {
    static constexpr std::size_t first = 0;
    static constexpr std::array<const char*, 7> names{"live",    "logout",    "reuse", "admin",
                                                      "evicted", "exhausted", "ahead"};
    static_assert(names.size() == static_cast<std::size_t>(family_status::ahead) + 1);
};

template <>
struct enumeration<gate_reason> {
    static constexpr std::size_t first = 0;
    static constexpr std::array<const char*, 6> names{"none",     "logout_all", "password_change",
                                                      "disabled", "deleted",    "restored"};
    static_assert(names.size() == static_cast<std::size_t>(gate_reason::restored) + 1);
};

template <>
struct enumeration<event_kind> {
    static constexpr std::size_t first = 1;
    static constexpr std::array<const char*, 21> names{
        "",
        "reuse_detected",
        "reuse_suspected",
        "family_healed",
        "family_ahead",
        "sessions_revoked",
        "user_created",
        "user_changed",
        "user_removed",
        "user_logged_out",
        "session_ended",
        "session_minted",
        "key_added",
        "key_retired",
        "login_failed",
        "login_throttled",
        "token_replayed",
        "signed_up",
        "password_changed",
        "account_removed",
        "username_changed",
    };
    static_assert(names.size() == static_cast<std::size_t>(last_event_kind) + 1);
};

template <class Enum>
constexpr bool is_known(Enum value) noexcept {
    const auto i = static_cast<std::size_t>(value);
    return i >= enumeration<Enum>::first && i < enumeration<Enum>::names.size();
}

// "unknown" for a number of a later version.
template <class Enum>
constexpr const char* word_of(Enum value) noexcept {
    return is_known(value) ? enumeration<Enum>::names.at(static_cast<std::size_t>(value)) : "unknown";
}

} // namespace pawl::storage
