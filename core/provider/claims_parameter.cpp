#include "core/provider/claims_parameter.hpp"

#include "core/family/family.hpp"
#include "core/jwt/json_tape.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace pawl {

namespace {

using kind = json_item::kind;

bool is_of(const json_item* item, kind what) {
    return item == nullptr || item->what == what;
}

// null, or an object whose members that Core defines have their types.
bool is_claim_request(const json_tape& tape, const json_item& item) {
    return item.what == kind::null ||
           (item.what == kind::object && is_of(tape.find(item, "essential"), kind::boolean) &&
            is_of(tape.find(item, "values"), kind::array));
}

// False where the member is not what it must be.
bool read_member(const json_tape& tape, std::string_view name, claim_set& out) {
    const json_item* const asked = tape.find(tape.root(), name);
    if (asked == nullptr) {
        return true;
    }
    if (asked->what != kind::object) {
        return false;
    }
    for (const json_item* claim = tape.first(*asked); claim != nullptr; claim = tape.next(*asked, *claim)) {
        if (!is_claim_request(tape, *claim)) {
            return false;
        }
        out |= claim_bit(claim->name);
    }
    return true;
}

// The value that `sub` of the ID token must have. False where it is no text.
bool read_subject(const json_tape& tape, std::optional<std::string>& out) {
    const json_item* const asked = tape.find(tape.root(), "id_token");
    const json_item* const sub = asked == nullptr ? nullptr : tape.find(*asked, "sub");
    const json_item* const value = sub == nullptr || sub->what != kind::object ? nullptr : tape.find(*sub, "value");
    if (value == nullptr) {
        return true;
    }
    out = value->text;
    return value->what == kind::string;
}

std::uint8_t acr_bit(const json_item& value) {
    static_assert(std::size(acr_names) <= 8, "a bit of acr_set for each");
    const auto at = value.what == kind::string && !value.text.empty() ? std::ranges::find(acr_names, value.text)
                                                                      : std::end(acr_names);
    return at == std::end(acr_names) ? std::uint8_t{0} : static_cast<std::uint8_t>(1U << (at - std::begin(acr_names)));
}

// OIDC Core 5.5.1.1: of an essential `acr` of the ID token its `value`, or those of `values`.
acr_set read_acr(const json_tape& tape) {
    const json_item* const asked = tape.find(tape.root(), "id_token");
    const json_item* const acr = asked == nullptr ? nullptr : tape.find(*asked, "acr");
    if (acr == nullptr || acr->what != kind::object) {
        return std::nullopt;
    }
    const json_item* const essential = tape.find(*acr, "essential");
    const json_item* const value = tape.find(*acr, "value");
    const json_item* const values = tape.find(*acr, "values");
    if (essential == nullptr || essential->integer == 0 || (value == nullptr && values == nullptr)) {
        return std::nullopt;
    }
    std::uint8_t out = value == nullptr ? std::uint8_t{0} : acr_bit(*value);
    for (const json_item* one = values == nullptr ? nullptr : tape.first(*values); one != nullptr;
         one = tape.next(*values, *one)) {
        out = static_cast<std::uint8_t>(out | acr_bit(*one));
    }
    return out;
}

} // namespace

std::optional<asked_claims> read_claims_parameter(std::string_view json) {
    std::vector<json_item> items(claims_items_max);
    std::vector<char> characters(json.size());
    json_tape tape(items, characters);
    asked_claims out;
    if (!tape.parse(json, claims_depth_max) || tape.root().what != kind::object ||
        !read_member(tape, "userinfo", out.userinfo) || !read_member(tape, "id_token", out.id_token) ||
        !read_subject(tape, out.subject)) {
        return std::nullopt;
    }
    out.acr = read_acr(tape);
    return out;
}

} // namespace pawl
