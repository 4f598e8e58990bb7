#include "core/provider/standard_claims.hpp"

#include "core/text/json_text.hpp"

#include <algorithm>
#include <array>

namespace pawl {

namespace {

// Their places are bits that families keep: never reused. `sub` is in every answer and has no bit.
enum claim_place : std::uint8_t {
    sub,
    name,
    given_name,
    family_name,
    preferred_username,
    email,
    email_verified,
    roles
};
constexpr std::array<std::string_view, 8> names{
    "sub", "name", "given_name", "family_name", "preferred_username", "email", "email_verified", "roles"};

constexpr claim_set bit_of(claim_place place) {
    return claim_set{1} << place;
}

// OIDC Core 5.4: what each scope releases, as far as users have it.
constexpr claim_set of_profile = bit_of(name) | bit_of(given_name) | bit_of(family_name) | bit_of(preferred_username),
                    of_email = bit_of(email) | bit_of(email_verified), of_roles = bit_of(roles);

std::string full_name(const user& who) {
    const bool both = !who.first_name.empty() && !who.surname.empty();
    return who.first_name + (both ? " " : "") + who.surname;
}

} // namespace

std::span<const std::string_view> claims_supported() {
    return names;
}

claim_set claim_bit(std::string_view wanted) {
    const auto* const at = std::ranges::find(names, wanted);
    return at == names.end() || at == names.begin() ? 0 : claim_set{1} << (at - names.begin());
}

claim_set claims_of_scopes(const scope_set& scopes) {
    return (has(scopes, builtin_scope::profile) ? of_profile : 0) | (has(scopes, builtin_scope::email) ? of_email : 0) |
           (has(scopes, builtin_scope::roles) ? of_roles : 0);
}

std::string claim_members(const user& who, claim_set which) {
    std::string json;
    json_object_writer object(json);
    const auto text = [&](claim_place place, std::string_view value) {
        if ((which & bit_of(place)) != 0 && !value.empty()) {
            object.member(names.at(place), value);
        }
    };
    text(name, full_name(who));
    text(given_name, who.first_name);
    text(family_name, who.surname);
    text(preferred_username, who.username);
    text(email, who.email);
    if ((which & bit_of(email_verified)) != 0 && !who.email.empty()) {
        object.member(names.at(email_verified), who.email_verified);
    }
    if ((which & bit_of(roles)) != 0) {
        std::string list = "[";
        for (const std::string& role : who.roles) {
            list += list.size() > 1 ? "," : "";
            append_json_string(list, role);
        }
        object.raw(names.at(roles), list + "]");
    }
    object.end();
    // The members alone, to go behind others.
    json.front() = ',';
    json.pop_back();
    return json.size() == 1 ? std::string() : json;
}

} // namespace pawl
