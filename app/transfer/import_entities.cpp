#include "app/transfer/import_entities.hpp"

#include "app/transfer/line_members.hpp"
#include "storage/entity/plain.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace pawl::app {

namespace {

constexpr std::uint64_t five_years = 1827ULL * 86400; // as of sessions

// Two lower-case hex digits a byte, as an export has them.
template <std::size_t Size>
void read_hex(members& from, std::string_view name, std::array<std::uint8_t, Size>& out) {
    std::string typed;
    from.text(name, typed, true);
    constexpr std::string_view digits = "0123456789abcdef";
    const bool good = typed.size() == 2 * Size && typed.find_first_not_of(digits) == std::string::npos;
    if (!good) {
        from.complain(name, "is no text of " + std::to_string(2 * Size) + " hex digits");
    }
    for (std::size_t i = 0; good && i < Size; ++i) {
        out[i] = static_cast<std::uint8_t>(digits.find(typed[2 * i]) * 16 + digits.find(typed[2 * i + 1]));
    }
}

// --- One for each type that a field has. What is absent is as in a new record.
void read_value(members& from, std::string_view name, std::string& out) {
    from.text(name, out);
}
void read_value(members& from, std::string_view name, std::vector<std::string>& out) {
    from.list(name, out);
}
void read_value(members& from, std::string_view name, bool& out) {
    from.truth(name, out);
}
void read_value(members& from, std::string_view name, seconds& out) {
    out = seconds(static_cast<std::int64_t>(from.number(name, five_years, 0)));
}
void read_value(members& from, std::string_view name, timestamp& out) {
    out = to_seconds(from.time(name));
}
void read_value(members& from, std::string_view name, token_id& out) {
    read_hex(from, name, out.bytes);
}
template <std::unsigned_integral Number>
void read_value(members& from, std::string_view name, Number& out) {
    const std::uint64_t max = std::min<std::uint64_t>(std::numeric_limits<Number>::max(), imported_version_max);
    out = static_cast<Number>(from.number(name, max, out));
}
template <class Id>
    requires std::unsigned_integral<decltype(Id::value)>
void read_value(members& from, std::string_view name, Id& out) {
    read_value(from, name, out.value);
}
template <class Enum>
    requires std::is_enum_v<Enum>
void read_value(members& from, std::string_view name, Enum& out) {
    read_name(from, name, storage::enumeration<Enum>::last, out);
}
void read_value(members& from, std::string_view name, std::vector<client_secret_entry>& out) {
    const boost::json::array* const list = from.array(name);
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const boost::json::object* const one = (*list)[i].if_object();
        if (one == nullptr) {
            return from.complain(name, "is no list of objects");
        }
        std::string why;
        members secret(*one, why);
        client_secret_entry& s = out.emplace_back();
        read_value(secret, "serial", s.serial);
        read_value(secret, "what", s.what);
        read_value(secret, "key_id", s.key_id);
        read_hex(secret, "proof", s.proof);
        read_value(secret, "created_at", s.created_at);
        read_value(secret, "expires_at", s.expires_at);
        secret.no_others();
        if (!why.empty()) {
            return from.complain(name, "has one whose " + why);
        }
    }
}

bool is_json_object(const std::string& text) {
    boost::system::error_code ec;
    const boost::json::value parsed = boost::json::parse(text, ec);
    return text.empty() || (!ec && parsed.is_object());
}

// --- What is wrong with a record; empty: nothing.
std::string fault_of(const client& c) {
    if (!is_client_id(c.client_id)) {
        return "client_id is none that a client may have";
    }
    if (c.removed && c != tombstone_of(c)) {
        return "removed: of a removed client nothing but who it was is kept";
    }
    if (!std::ranges::all_of(c.scopes, is_scope_name)) {
        return "scopes has a text that is no name of one";
    }
    const auto is_allowed = [&](const std::string& name) {
        return std::ranges::find(c.scopes, name) != c.scopes.end();
    };
    if (!std::ranges::all_of(c.default_scopes, is_allowed)) {
        return "default_scopes are not within scopes";
    }
    if (!std::ranges::all_of(c.apis, is_api_identifier)) {
        return "apis has a text that is no identifier of one";
    }
    return is_json_object(c.jwks) && is_json_object(c.attributes) ? "" : "jwks or attributes is no JSON object";
}
std::string fault_of(const api& a) {
    return is_api_identifier(a.identifier) ? "" : "identifier is none that an API may have";
}
std::string fault_of(const scope& s) {
    if (!is_scope_name(s.name) || is_builtin_scope(s.name)) {
        return "name is none that a scope may have";
    }
    return s.api.empty() || is_api_identifier(s.api) ? "" : "api is no identifier of one";
}
std::string fault_of(const revoked_token& /*t*/) {
    return {};
}

template <class Record>
import_record read_entity(const boost::json::object& o) {
    std::string why;
    members from(o, why);
    Record r;
    const auto one = [&](std::string_view name, auto& value) { read_value(from, name, value); };
    std::apply([&](const auto&... f) { (f.each_member(r, one), ...); }, storage::declaration<Record>::fields);
    from.no_others();
    if (why.empty()) {
        why = fault_of(r);
    }
    Record numbered = r;
    if constexpr (storage::named_entity<Record>) {
        if (r.number.value == 0) { // the next free one is for it
            numbered.number.value = storage::registry_bounds<Record>::first;
        }
    }
    if (why.empty() && !(storage::within_bounds(numbered) && storage::declaration<Record>::sound(numbered))) {
        why = "a member is out of its bounds, or contradicts another";
    }
    return why.empty() ? import_record(std::move(r)) : import_record(import_refusal{why});
}

} // namespace

std::optional<import_record> read_entity_line(std::string_view kind, const boost::json::object& inner) {
    std::optional<import_record> read;
    storage::for_each_record([&]<class Record>(storage::as<Record>) {
        if constexpr (storage::plain_entity<Record>) {
            if (kind == storage::declaration<Record>::name) {
                read = read_entity<Record>(inner);
            }
        }
    });
    return read;
}

} // namespace pawl::app
