// Consents on disk. Their own rules: core/provider/consent.hpp.
#pragma once

#include "core/provider/consent.hpp"
#include "storage/entity/client.hpp"
#include "storage/entity/user.hpp"
#include "storage/record/tell.hpp"

#include <array>
#include <compare>
#include <string>

namespace pawl::storage {

// Of whom, and of which client.
struct consent_key {
    user_id user;
    client_number client;
    friend auto operator<=>(const consent_key&, const consent_key&) = default;
};
inline std::string text_of(const consent_key& key) {
    return "of user " + std::to_string(key.user.value) + " and client " + std::to_string(key.client.value);
}

template <>
struct declaration<consent> {
    static constexpr record_type type = record_type::consent;
    static constexpr const char* name = "consent";
    static constexpr record_kind kind = record_kind::state;
    static constexpr std::uint16_t version = 1;
    using refers_to = entities<user, client>;

    static constexpr std::tuple fields{
        at<&consent::user>("user"),
        at<&consent::client>("client"),
        at<&consent::version>("version"),
        at<&consent::era>("era"),
        at<&consent::scopes>("scopes"),
        at<&consent::granted_at>("granted_at"),
        at<&consent::withdrawn_at>("withdrawn_at"),
    };
    // A withdrawal is one version of its own. One that has no scopes was withdrawn.
    static bool sound(const consent& c) {
        return c.user != user_id{} && c.client >= first_registered_client && c.era != 0 && c.version >= c.era &&
               (stands(c) || c.withdrawn_at != timestamp{});
    }
    static consent_key key(const consent& c) { return {c.user, c.client}; }
    static bool newer(const consent& read, const consent& known) { return read.version > known.version; }

    static constexpr std::array exported{
        told<consent>{.member = "user", .says = "the number of its user", .absent = "required"},
        told<consent>{.member = "client", .says = "the number of its client", .absent = "required"},
        told<consent>{.member = "version", .says = "+1 with every change", .absent = "1"},
        told<consent>{.member = "era", .says = "+1 with every withdrawal", .absent = "1"},
        told<consent>{.member = "scopes",
                      .says = "numbers of what is allowed, with blanks between them; `\"\"`: it was withdrawn",
                      .absent = "`\"\"`"},
        told<consent>{
            .member = "granted_at", .says = "the last time that the user allowed something", .absent = "1970"},
        told<consent>{
            .member = "withdrawn_at",
            .says =
                "the last withdrawal: sessions without a `consent_era` that were made until then are dead; 1970: never",
            .absent = "1970"},
    };
};

} // namespace pawl::storage
