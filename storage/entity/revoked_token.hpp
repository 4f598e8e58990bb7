// Revoked access tokens on disk. Their own rules: core/provider/revoked_token.hpp.
#pragma once

#include "core/provider/client.hpp"
#include "core/provider/revoked_token.hpp"
#include "storage/entity/client.hpp"
#include "storage/record/declaration.hpp"
#include "storage/record/tell.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace pawl {

// 32 lower-case hex digits.
std::string text_of(const token_id& id);
inline void tell_value(json_object_writer& w, std::string_view name, const token_id& id) {
    w.member(name, text_of(id));
}

} // namespace pawl

namespace pawl::storage {

template <>
struct declaration<revoked_token> {
    static constexpr record_type type = record_type::revoked_token;
    static constexpr const char* name = "revoked_token";
    static constexpr record_kind kind = record_kind::state;
    static constexpr std::uint16_t version = 1;
    using refers_to = entities<client>;

    static constexpr std::tuple fields{
        at<&revoked_token::id>("id"),
        at<&revoked_token::client>("client"),
        at<&revoked_token::expires_at>("expires_at"),
    };
    static bool sound(const revoked_token& t) { return t.id != token_id{} && t.client >= first_registered_client; }
    static const token_id& key(const revoked_token& t) { return t.id; }
    static bool newer(const revoked_token& /*read*/, const revoked_token& /*known*/) { return false; } // never changes

    static constexpr std::array exported{
        told<revoked_token>{.member = "id", .says = "`jti` of the token, 32 hex digits", .absent = "required"},
        told<revoked_token>{.member = "client", .says = "the number of its client", .absent = "required"},
        told<revoked_token>{.member = "expires_at", .says = "when it would have expired", .absent = "required"},
    };
};

} // namespace pawl::storage
