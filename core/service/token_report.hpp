// What a token is, for operators: genuine or why not, what it says, what became of its session.
#pragma once

#include "core/jwt/access_token.hpp"
#include "core/service/services.hpp"

#include <optional>
#include <string_view>

namespace pawl {

enum class token_kind : std::uint8_t { unknown, access, refresh };

struct token_report {
    token_kind kind = token_kind::unknown;
    bool genuine = false;                    // made by this server; an access token may have expired all the same
    std::string_view why_not;                // a word; empty where the token itself is good
    std::optional<access_claims> claims;     // of a genuine access token
    std::optional<family_id> family;         // of a genuine token
    std::optional<std::uint32_t> generation; // of a genuine token
    std::optional<family_details> details;   // of its family, while it is remembered
};

// Changes nothing, not even hints. Pure but for the lookups.
token_report inspect_token(const service_context& context, std::string_view token);

// Why a family is not alive at `now`: the word's status, "idle_expiry", "absolute_expiry", or the gate's reason. Empty
// where it is alive.
std::string_view why_not_alive(const family_state& seen, timestamp now);

// "live", "logout", "reuse" ...; "none", "logout_all" ...
std::string_view to_text(family_status status);
std::string_view to_text(gate_reason why);

} // namespace pawl
