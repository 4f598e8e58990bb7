#include "core/family/event.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace pawl {

std::string_view name_of(event_kind kind) {
    constexpr std::array<std::string_view, 52> names{"",
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
                                                     "client_created",
                                                     "client_changed",
                                                     "client_removed",
                                                     "client_logged_out",
                                                     "client_secret_added",
                                                     "client_secret_retired",
                                                     "api_created",
                                                     "api_changed",
                                                     "api_removed",
                                                     "scope_created",
                                                     "scope_changed",
                                                     "scope_removed",
                                                     "token_revoked",
                                                     "code_reused",
                                                     "consent_granted",
                                                     "consent_withdrawn",
                                                     "factor_added",
                                                     "factor_removed",
                                                     "factor_renamed",
                                                     "recovery_used",
                                                     "second_factor_failed",
                                                     "stepped_up",
                                                     "devices_forgotten",
                                                     "email_verified",
                                                     "email_changed",
                                                     "email_change_undone",
                                                     "reset_refused",
                                                     "password_reset",
                                                     "invited",
                                                     "approved",
                                                     "sign_up_refused"};
    static_assert(names.size() == static_cast<std::size_t>(last_event_kind) + 1);
    const auto i = static_cast<std::size_t>(kind);
    return i < names.size() ? names.at(i) : "unknown";
}

namespace {

constexpr std::size_t kinds_of_words = 3;
constexpr std::size_t kind_count = kinds_of_words + static_cast<std::size_t>(last_event_kind);

std::array<std::string_view, kind_count> all_kinds() {
    std::array<std::string_view, kind_count> out{event_family_created, event_family_rotated, event_family_ended};
    for (std::size_t i = 1; i <= static_cast<std::size_t>(last_event_kind); ++i) {
        out.at(kinds_of_words + i - 1) = name_of(static_cast<event_kind>(i));
    }
    return out;
}

} // namespace

namespace {

constexpr std::string_view by_client = "by client:"; // there is no space in ids, identifiers and names of scopes

} // namespace

std::string about_by_client(std::string_view what, std::string_view client_id) {
    constexpr std::size_t client_size_max = 80; // of 128
    std::string who(by_client);
    who.append(client_id.substr(0, client_size_max));
    std::string about(what.substr(0, security_event::about_size_max - who.size() - 1));
    return about.append(about.empty() ? "" : " ").append(who);
}

told_act read_act(std::string_view about) {
    const std::size_t at = about.rfind(by_client);
    if (at == std::string_view::npos || (at > 0 && about[at - 1] != ' ')) {
        return {about, {}};
    }
    return {about.substr(0, at == 0 ? 0 : at - 1), about.substr(at + by_client.size())};
}

std::span<const std::string_view> event_kinds() {
    static const std::array<std::string_view, kind_count> all = all_kinds();
    return all;
}

bool is_event_kind(std::string_view name) {
    return std::ranges::find(event_kinds(), name) != event_kinds().end();
}

} // namespace pawl
