// The words for a client's and an API's choices, as JSON and logs have them. Each stands at the place of its number.
#pragma once

#include "core/provider/client.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace pawl {

inline constexpr std::string_view client_preset_words[] = {"web", "spa", "mobile", "agent", "service", "api"};
inline constexpr std::string_view client_auth_method_words[] = {"none", "client_secret_basic", "client_secret_post",
                                                                "private_key_jwt"};
inline constexpr std::string_view client_consent_words[] = {"ask", "implicit", "never"};
inline constexpr std::string_view client_binding_words[] = {"none", "session"};
inline constexpr std::string_view client_pkce_words[] = {"required", "optional"};
inline constexpr std::string_view code_reuse_words[] = {"end", "deny"};
inline constexpr std::string_view client_origin_words[] = {"admin", "seed", "import"};
inline constexpr std::string_view id_token_algorithm_words[] = {"RS256", "ES256", "EdDSA"};
inline constexpr std::string_view token_format_words[] = {"jwt", "opaque"};

constexpr std::span<const std::string_view> words_of(client_preset /*any*/) {
    return client_preset_words;
}
constexpr std::span<const std::string_view> words_of(client_auth_method /*any*/) {
    return client_auth_method_words;
}
constexpr std::span<const std::string_view> words_of(client_consent /*any*/) {
    return client_consent_words;
}
constexpr std::span<const std::string_view> words_of(client_binding /*any*/) {
    return client_binding_words;
}
constexpr std::span<const std::string_view> words_of(client_pkce /*any*/) {
    return client_pkce_words;
}
constexpr std::span<const std::string_view> words_of(code_reuse_rule /*any*/) {
    return code_reuse_words;
}
constexpr std::span<const std::string_view> words_of(id_token_algorithm /*any*/) {
    return id_token_algorithm_words;
}
constexpr std::span<const std::string_view> words_of(client_origin /*any*/) {
    return client_origin_words;
}
constexpr std::span<const std::string_view> words_of(access_token_format /*any*/) {
    return token_format_words;
}

// "web", "client_secret_basic" ...: static.
template <class Choice>
constexpr std::string_view to_text(Choice choice)
    requires requires { words_of(choice); }
{
    return words_of(choice)[static_cast<std::size_t>(choice)];
}
// std::nullopt if `word` is none of them.
template <class Choice>
constexpr std::optional<Choice> choice_from_text(std::string_view word) {
    const std::span<const std::string_view> words = words_of(Choice{});
    const auto at = std::ranges::find(words, word);
    return at == words.end() ? std::nullopt : std::optional(static_cast<Choice>(at - words.begin()));
}

} // namespace pawl
