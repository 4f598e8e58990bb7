#include "core/provider/standard_claims.hpp"

#include "core/provider/attributes.hpp"
#include "core/text/json_text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace pawl {

namespace {

// Their places are bits that families keep: never reused, and new ones come last. `sub` is in every answer and has no
// bit.
enum claim_place : std::uint8_t {
    sub,
    name,
    given_name,
    family_name,
    preferred_username,
    email,
    email_verified,
    roles,
    address,
    phone_number,
    phone_number_verified,
    middle_name, // from here on a family keeps one bit for both places
    nickname,
    profile,
    picture,
    website,
    gender,
    birthdate,
    zoneinfo,
    locale,
    updated_at
};
constexpr std::array<std::string_view, own_claims + shared_claims> names{"sub",
                                                                         "name",
                                                                         "given_name",
                                                                         "family_name",
                                                                         "preferred_username",
                                                                         "email",
                                                                         "email_verified",
                                                                         "roles",
                                                                         "address",
                                                                         "phone_number",
                                                                         "phone_number_verified",
                                                                         "middle_name",
                                                                         "nickname",
                                                                         "profile",
                                                                         "picture",
                                                                         "website",
                                                                         "gender",
                                                                         "birthdate",
                                                                         "zoneinfo",
                                                                         "locale",
                                                                         "updated_at"};
static_assert(middle_name == own_claims && names.size() == updated_at + 1U);

template <class... Places>
constexpr claim_set bits_of(Places... places) {
    return ((claim_set{1} << places) | ...);
}

// OIDC Core 5.4: what each scope releases.
constexpr claim_set of_profile = bits_of(name, given_name, family_name, preferred_username, middle_name, nickname,
                                         profile, picture, website, gender, birthdate, zoneinfo, locale, updated_at),
                    of_email = bits_of(email, email_verified), of_address = bits_of(address),
                    of_phone = bits_of(phone_number, phone_number_verified), of_roles = bits_of(roles);
// Texts that may come from attributes (OIDC Core 5.1). Whether an email is verified is known of the record's alone.
constexpr claim_set of_texts = (of_profile & ~bits_of(updated_at)) | bits_of(phone_number);

std::string full_name(const user& who) {
    const bool both = !who.first_name.empty() && !who.surname.empty();
    return who.first_name + (both ? " " : "") + who.surname;
}

// Of the user's record; empty if it has no such member.
std::string own_text(const user& who, claim_place place) {
    switch (place) {
    case name:
        return full_name(who);
    case given_name:
        return who.first_name;
    case family_name:
        return who.surname;
    case preferred_username:
        return who.username;
    default:
        return {};
    }
}

std::string array_of(const std::vector<std::string>& texts) {
    std::string list = "[";
    for (const std::string& text : texts) {
        list += list.size() > 1 ? "," : "";
        append_json_string(list, text);
    }
    return list + "]";
}

// The object, if its members are texts and there are any (OIDC Core 5.1.1).
std::optional<std::string> object_of_texts(const json_tape& tape, const json_item& object) {
    std::string json;
    for (const json_item* one = tape.first(object); one != nullptr; one = tape.next(object, *one)) {
        if (one->what != json_item::kind::string) {
            return std::nullopt;
        }
        json += json.empty() ? "{" : ",";
        append_json_string(json, one->name);
        json += ":";
        append_json_string(json, one->text);
    }
    return json.empty() ? std::nullopt : std::optional(json + "}");
}

// From attributes, as JSON, if the member is of the claim's type.
std::optional<std::string> attribute_value(const attribute_members& attributes, claim_place place) {
    const json_item* const found = attributes.find(names.at(place));
    if (found == nullptr) {
        return std::nullopt;
    }
    using kind = json_item::kind;
    if ((of_texts & bits_of(place)) != 0 && found->what == kind::string && !found->text.empty()) {
        std::string json;
        append_json_string(json, found->text);
        return json;
    }
    if (place == phone_number_verified && found->what == kind::boolean) {
        return found->integer != 0 ? "true" : "false";
    }
    if (place == updated_at && found->what == kind::integer) {
        return std::to_string(found->integer);
    }
    return place == address && found->what == kind::object ? object_of_texts(attributes.tape(), *found) : std::nullopt;
}

// What the record itself says, as JSON.
std::optional<std::string> own_value(const user& who, claim_place place) {
    if (place == roles) {
        return array_of(who.roles);
    }
    if (place == email_verified && !who.email.empty()) {
        return who.email_verified ? "true" : "false";
    }
    const std::string text = place == email ? who.email : own_text(who, place);
    if (text.empty()) {
        return std::nullopt;
    }
    std::string json;
    append_json_string(json, text);
    return json;
}

// The time of the last change of a user that was never changed: the record keeps no other.
std::optional<std::string> made_at(const user& who) {
    if (who.version != 1 || who.created_at <= timestamp{}) {
        return std::nullopt;
    }
    return std::to_string(who.created_at.time_since_epoch().count());
}

constexpr claim_set low_bits(unsigned count) {
    return (claim_set{1} << count) - 1;
}
constexpr unsigned half = 16, shared_in_half = shared_claims / 2;
static_assert(own_claims + shared_in_half == half && shared_in_half * 2 == shared_claims);

claim_set shared_of(std::uint32_t packed) {
    const claim_set first = packed >> own_claims & low_bits(shared_in_half);
    const claim_set second = packed >> (half + own_claims) & low_bits(shared_in_half);
    return (first | second << shared_in_half) << own_claims;
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
           (has(scopes, builtin_scope::address) ? of_address : 0) | (has(scopes, builtin_scope::phone) ? of_phone : 0) |
           (has(scopes, builtin_scope::roles) ? of_roles : 0);
}

std::string claim_members(const user& who, claim_set which) {
    const attribute_members attributes(who.attributes);
    std::string json;
    json_object_writer object(json);
    for (std::size_t i = 1; i < names.size(); ++i) {
        const auto place = static_cast<claim_place>(i);
        if ((which & bits_of(place)) == 0) {
            continue;
        }
        std::optional<std::string> value = own_value(who, place);
        value = value ? value : attribute_value(attributes, place);
        if (!value && place == updated_at) {
            value = made_at(who);
        }
        if (value) {
            object.raw(names.at(i), *value);
        }
    }
    object.end();
    // The members alone, to go behind others.
    json.front() = ',';
    json.pop_back();
    return json.size() == 1 ? std::string() : json;
}

std::uint32_t pack_claims(claim_set userinfo, claim_set id_token) {
    const claim_set shared = (userinfo | id_token) >> own_claims;
    const auto half_of = [](claim_set own, claim_set some) {
        return (own & low_bits(own_claims)) | (some & low_bits(shared_in_half)) << own_claims;
    };
    return half_of(userinfo, shared) | half_of(id_token, shared >> shared_in_half) << half;
}

claim_set userinfo_claims_of(std::uint32_t packed) {
    return (packed & low_bits(own_claims)) | shared_of(packed);
}

claim_set id_token_claims_of(std::uint32_t packed) {
    return (packed >> half & low_bits(own_claims)) | shared_of(packed);
}

} // namespace pawl
