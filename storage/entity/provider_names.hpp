// Enumerations of clients and APIs: the numbers that exist, and a word for each (core/provider/client_words.hpp).
#pragma once

#include "core/provider/client.hpp"
#include "core/provider/client_words.hpp"
#include "storage/record/names.hpp"

#include <array>
#include <string_view>

namespace pawl {

template <class Choice>
constexpr std::string_view name_of(Choice choice)
    requires requires { words_of(choice); }
{
    return to_text(choice);
}
constexpr std::string_view name_of(client_token_format format) {
    constexpr std::array<std::string_view, 3> names{"of_api", "jwt", "opaque"};
    return names.at(static_cast<std::size_t>(format));
}
constexpr std::string_view name_of(client_secret_entry::kind kind) {
    return kind == client_secret_entry::kind::made ? "made" : "given";
}

} // namespace pawl

namespace pawl::storage {

template <class Choice>
    requires requires(Choice c) { words_of(c); }
struct enumeration<Choice> {
    static constexpr auto first = Choice{};
    static constexpr auto last = static_cast<Choice>(words_of(Choice{}).size() - 1);
};
template <>
struct enumeration<client_token_format> {
    static constexpr client_token_format first = client_token_format::of_api, last = client_token_format::opaque;
};
template <>
struct enumeration<client_secret_entry::kind> {
    static constexpr client_secret_entry::kind first = client_secret_entry::kind::made,
                                               last = client_secret_entry::kind::given;
};

} // namespace pawl::storage
