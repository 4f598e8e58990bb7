// Enumerations that records have: the numbers that exist, and a word for each. A number is never reused, a word never
// changes: exports, dumps and webhooks say it. (Kinds of events: core/family/event.hpp.)
#pragma once

#include "core/family/event.hpp"
#include "core/family/family.hpp"
#include "core/family/word.hpp"
#include "core/mail/mail.hpp"
#include "core/user/user.hpp"

#include <array>
#include <cstddef>

namespace pawl::storage {

// Specialised for each: the lowest number and the highest.
template <class Enum>
struct enumeration;

template <>
struct enumeration<family_status> {
    static constexpr family_status first = family_status::live, last = last_family_status;
};
template <>
struct enumeration<gate_reason> {
    static constexpr gate_reason first = gate_reason::none, last = gate_reason::restored;
};
template <>
struct enumeration<event_kind> {
    static constexpr event_kind first = event_kind::reuse_detected, last = last_event_kind;
};

template <>
struct enumeration<factor_kind> {
    static constexpr factor_kind first = factor_kind::totp, last = factor_kind::recovery;
};

template <>
struct enumeration<binding_kind> {
    static constexpr binding_kind first = binding_kind::none, last = binding_kind::certificate;
};

template <class Enum>
constexpr bool is_known(Enum value) noexcept {
    return value >= enumeration<Enum>::first && value <= enumeration<Enum>::last;
}

template <>
struct enumeration<mail_kind> {
    static constexpr mail_kind first = first_mail_kind, last = last_mail_kind; // no test is stored: is_sound()
};
template <>
struct enumeration<mail_status> {
    static constexpr mail_status first = mail_status::waiting, last = last_mail_status;
};

// "unknown" for a number of a later version.
constexpr const char* name_of(family_status status) noexcept {
    constexpr std::array<const char*, 14> names{"live",       "logout", "reuse",      "admin",  "evicted",
                                                "exhausted",  "ahead",  "superseded", "denied", "code_reuse",
                                                "signed_out", "client", "consent",    "revoked"};
    static_assert(names.size() == static_cast<std::size_t>(enumeration<family_status>::last) + 1);
    return is_known(status) ? names.at(static_cast<std::size_t>(status)) : "unknown";
}
constexpr const char* name_of(binding_kind kind) noexcept {
    constexpr std::array<const char*, 3> names{"none", "proof_key", "certificate"};
    static_assert(names.size() == static_cast<std::size_t>(enumeration<binding_kind>::last) + 1);
    return is_known(kind) ? names.at(static_cast<std::size_t>(kind)) : "unknown";
}
constexpr const char* name_of(factor_kind kind) noexcept {
    return kind == factor_kind::totp ? "totp" : kind == factor_kind::recovery ? "recovery" : "unknown";
}
constexpr const char* name_of(gate_reason reason) noexcept {
    constexpr std::array<const char*, 6> names{"none",     "logout_all", "password_change",
                                               "disabled", "deleted",    "restored"};
    static_assert(names.size() == static_cast<std::size_t>(enumeration<gate_reason>::last) + 1);
    return is_known(reason) ? names.at(static_cast<std::size_t>(reason)) : "unknown";
}
inline const char* name_of(mail_kind kind) noexcept {
    return to_text(kind);
}
inline const char* name_of(mail_status status) noexcept {
    return to_text(status);
}

} // namespace pawl::storage
