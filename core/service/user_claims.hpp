// What access tokens say of their user beside the session: --claims, --subject, --token-type.
#pragma once

#include "core/jwt/access_token.hpp"
#include "core/user/user.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

struct service_settings; // services.hpp

enum class subject_kind : std::uint8_t { id, username, email };

struct token_contents {
    subject_kind subject = subject_kind::id;
    token_type type = token_type::at_jwt;
    bool email = false, email_verified = false, username = false, roles = false, is_superuser = false;

    friend bool operator==(const token_contents&, const token_contents&) = default;

    // Whether a token takes more of its user than the id, which never changes.
    bool speaks_of_user() const {
        return subject != subject_kind::id || email || email_verified || username || roles || is_superuser;
    }
};

// All claims of a token as JSON, in bytes. A token of so many still fits what we read (compact_jws_size_max), and the
// header block of a request.
inline constexpr std::size_t token_claims_size_max = 4096;

struct user_claims {
    std::string subject_name; // empty: the id
    std::string members;      // as access_claims_view::members
    std::string scope;        // of the token
};

// Of the user as the record has it, and of `scope`, the names of what the token is granted. std::nullopt if the claims
// would be over token_claims_size_max. Pure.
std::optional<user_claims> claims_of(const service_settings& settings, const user& u, std::string scope = {});

// The email or username that is a token's sub; empty where that is the id. A view into `u`.
std::string_view subject_name_of(const token_contents& contents, const user& u);

// What a token that we take must be. Its texts are views into `settings`.
access_token_expectations expectations_of(const service_settings& settings, timestamp now);

} // namespace pawl
