// What happened to an account, as far as the facts that are kept tell it: the user's record, its factors, its sessions.
// Events of the log are the operators' (docs/admin-api.md). Pure.
#pragma once

#include "core/clock.hpp"
#include "core/port/family_port.hpp"
#include "core/service/factor_service.hpp"
#include "core/user/user.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// In the answer of /users/me/events by these words, which never change.
enum class happening_kind : std::uint8_t {
    made,
    password_changed,
    address_proven,
    factor_set_up,
    factor_used,
    signed_in,
    all_ended,
    disabled,
    restored,
};
inline constexpr happening_kind last_happening_kind = happening_kind::restored;
const char* to_text(happening_kind kind) noexcept; // "account_made"

struct happening {
    timestamp at{};
    happening_kind what{};
    std::string about;     // a factor's name, which may be empty, or the agent of a sign-in
    std::string network;   // where it came from, where that is known
    factor_kind of_kind{}; // of a factor
    family_id session{};   // of a sign-in
    friend bool operator==(const happening&, const happening&) = default;
};

// Newest first; each time that the same facts are given, in the same order.
std::vector<happening> happened_to(const user& u, const told_factors& factors,
                                   std::span<const family_details> sessions);

// A place in that list: what happened in the second `at`, as number `index` of that second, counted from 0. Without a
// number the last of that second. As text: "1764550000-2", "1764550000".
struct happening_place {
    timestamp at{};
    std::optional<std::uint32_t> index{};
    friend bool operator==(const happening_place&, const happening_place&) = default;
};
std::string to_text(const happening_place& place);
// Digits without a leading zero, at most of the year 9999; std::nullopt for anything else.
std::optional<happening_place> happening_place_from(std::string_view text) noexcept;

// Where `all[n]` stands, and the first of `all` that is older than the place.
happening_place place_of(std::span<const happening> all, std::size_t n);
std::size_t older_than(std::span<const happening> all, const happening_place& place);

} // namespace pawl
