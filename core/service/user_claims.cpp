#include "core/service/user_claims.hpp"

#include "core/service/services.hpp"

#include <utility>

namespace pawl {

namespace {

// A token may be issued this much later than it is now: replays issue tokens without a record, so after a crash service
// time may start a little before them.
constexpr seconds issued_in_future_max{60};
// Names, punctuation, numbers and ids of the claims that every token has: at most 245 bytes.
constexpr std::size_t common_claims_size = 256;

void append_member(std::string& out, std::string_view name, std::string_view text) {
    out.append(",\"").append(name).append("\":");
    append_claim_text(out, text);
}

void append_member(std::string& out, std::string_view name, bool value) {
    out.append(",\"").append(name).append(value ? "\":true" : "\":false");
}

void append_roles(std::string& out, const std::vector<std::string>& roles) {
    out += R"(,"roles":[)";
    for (const std::string& role : roles) {
        if (&role != roles.data()) {
            out += ',';
        }
        append_claim_text(out, role);
    }
    out += ']';
}

std::size_t quoted_size(std::string_view text) {
    std::string quoted;
    append_claim_text(quoted, text);
    return quoted.size();
}

} // namespace

std::optional<user_claims> claims_of(const service_settings& settings, const user& u, std::string scope) {
    const token_contents& wanted = settings.tokens;
    user_claims out;
    out.subject_name = subject_name_of(wanted, u);
    if (wanted.email) {
        append_member(out.members, "email", u.email);
    }
    if (wanted.email_verified) {
        append_member(out.members, "email_verified", u.email_verified);
    }
    if (wanted.username) {
        append_member(out.members, "username", u.username);
    }
    if (wanted.roles) {
        append_roles(out.members, u.roles);
    }
    if (wanted.is_superuser) {
        append_member(out.members, "is_superuser", u.is_superuser);
    }
    if (!scope.empty()) {
        append_member(out.members, "scope", scope); // RFC 9068 2.2.3
        out.scope = std::move(scope);
    }
    const std::size_t size = common_claims_size + quoted_size(settings.issuer) + quoted_size(settings.audience) +
                             quoted_size(out.subject_name) + out.members.size();
    if (size > token_claims_size_max) {
        return std::nullopt;
    }
    return out;
}

std::string_view subject_name_of(const token_contents& contents, const user& u) {
    switch (contents.subject) {
    case subject_kind::id:
        return {};
    case subject_kind::username:
        return u.username;
    case subject_kind::email:
        return u.email;
    }
    return {};
}

access_token_expectations expectations_of(const service_settings& settings, timestamp now) {
    return {.issuer = settings.issuer,
            .audience = settings.audience,
            .now = now,
            .lifetime_max = settings.access_token_ttl,
            .leeway = issued_in_future_max,
            .subject_is_id = settings.tokens.subject == subject_kind::id,
            .takes_plain_type = settings.tokens.type == token_type::jwt};
}

} // namespace pawl
