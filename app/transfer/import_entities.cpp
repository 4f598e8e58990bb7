#include "app/transfer/import_entities.hpp"

#include "app/http/member_reader.hpp"
#include "core/provider/forward.hpp"
#include "storage/entity/plain.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace pawl::app {

bool read_numbers(std::string_view text, unsigned max, const std::function<bool(unsigned)>& take) {
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find(' '));
        unsigned number = 0;
        const auto [end, failed] = std::from_chars(one.data(), one.data() + one.size(), number);
        if (failed != std::errc() || end != one.data() + one.size() || number > max || !take(number)) {
            return false;
        }
        text.remove_prefix(std::min(text.size(), one.size() + 1));
    }
    return true;
}

namespace {

constexpr std::int64_t five_years = 1827LL * 86400; // as of sessions

// Two lower-case hex digits a byte, as an export has them.
template <std::size_t Size>
void read_hex(member_reader& from, std::string_view name, std::array<std::uint8_t, Size>& out) {
    if (!from.is_required(name)) {
        return;
    }
    const std::string typed = from.optional_text(name).value_or("");
    constexpr std::string_view digits = "0123456789abcdef";
    if (typed.size() != 2 * Size || typed.find_first_not_of(digits) != std::string::npos) {
        from.blame(name, "must be " + std::to_string(2 * Size) + " lower-case hex digits");
        return;
    }
    for (std::size_t i = 0; i < Size; ++i) {
        out[i] = static_cast<std::uint8_t>(digits.find(typed[2 * i]) * 16 + digits.find(typed[2 * i + 1]));
    }
}

// --- One for each type that a field has. What is absent is as in a new record.
void read_value(member_reader& from, std::string_view name, std::string& out) {
    out = from.optional_text(name).value_or("");
}
void read_value(member_reader& from, std::string_view name, std::vector<std::string>& out) {
    out = from.optional_texts(name).value_or(std::vector<std::string>());
}
void read_value(member_reader& from, std::string_view name, bool& out) {
    out = from.optional_flag(name).value_or(out);
}
void read_value(member_reader& from, std::string_view name, seconds& out) {
    out = seconds(from.optional_integer(name, 0, five_years).value_or(0));
}
void read_value(member_reader& from, std::string_view name, timestamp& out) {
    out = to_seconds(from.optional_time(name).value_or(timestamp_ms{}));
}
void read_value(member_reader& from, std::string_view name, token_id& out) {
    read_hex(from, name, out.bytes);
}
void read_value(member_reader& from, std::string_view name, scope_set& out) {
    const auto add = [&out](unsigned number) {
        out.insert(number);
        return true;
    };
    if (!read_numbers(from.optional_text(name).value_or(""), scope_set::size_max - 1, add)) {
        from.blame(name, "is no list of numbers up to 255, with blanks between them");
    }
}
void read_value(member_reader& from, std::string_view name, peer_address& out) {
    const auto address = peer_address_from_text(from.optional_text(name).value_or(""));
    if (!address) {
        from.blame(name, "must be an IP address");
    }
    out = address.value_or(peer_address{});
}
// 64 bits of a factor's use, which are no count: a text of digits. Exports before had a number.
void read_word(member_reader& from, std::string_view name, std::uint64_t& out) {
    if (from.kind_of(name) != parameter_kind::string) {
        out = from.optional_count(name, 0, std::numeric_limits<std::uint64_t>::max()).value_or(out);
        return;
    }
    const std::string digits = from.optional_text(name).value_or("");
    const char* const end = digits.data() + digits.size();
    std::uint64_t read = 0;
    const auto [at, error] = std::from_chars(digits.data(), end, read);
    if (error != std::errc() || at != end) {
        from.blame(name, "must be a whole number of 64 bits, as a text of digits");
        return;
    }
    out = read;
}
template <std::unsigned_integral Number>
void read_value(member_reader& from, std::string_view name, Number& out) {
    const std::uint64_t max = std::min<std::uint64_t>(std::numeric_limits<Number>::max(), imported_version_max);
    if constexpr (std::same_as<Number, std::uint64_t>) {
        if (name == "word") {
            read_word(from, name, out);
            return;
        }
    }
    out = static_cast<Number>(from.optional_count(name, 0, max).value_or(out));
}
template <class Id>
    requires std::unsigned_integral<decltype(Id::value)>
void read_value(member_reader& from, std::string_view name, Id& out) {
    read_value(from, name, out.value);
}
template <class Enum>
    requires std::is_enum_v<Enum>
void read_value(member_reader& from, std::string_view name, Enum& out) {
    std::vector<std::string_view> words;
    for (unsigned i = 0; i <= static_cast<unsigned>(storage::enumeration<Enum>::last); ++i) {
        words.push_back(name_of(static_cast<Enum>(i)));
    }
    if (const auto place = from.optional_word(name, words)) {
        out = static_cast<Enum>(*place);
    }
}
void read_value(member_reader& from, std::string_view name, std::vector<client_secret_entry>& out) {
    const std::size_t count = from.count_elements(name, client_secrets_max);
    for (std::size_t i = 0; i < count; ++i) {
        member_reader secret(from, name, i);
        client_secret_entry& s = out.emplace_back();
        read_value(secret, "serial", s.serial);
        read_value(secret, "what", s.what);
        read_value(secret, "key_id", s.key_id);
        read_hex(secret, "proof", s.proof);
        read_value(secret, "created_at", s.created_at);
        read_value(secret, "expires_at", s.expires_at);
        secret.refuse_others();
    }
}

bool is_json_object(const std::string& text) {
    boost::system::error_code ec;
    const boost::json::value parsed = boost::json::parse(text, ec);
    return text.empty() || (!ec && parsed.is_object());
}

// --- What is wrong with a record; empty: nothing.
std::string fault_of(const client& c) {
    const bool may_be_forward = c.is_forward() || c.removed;
    if (!is_client_id(c.client_id) && !(may_be_forward && is_forward_client_id(c.client_id))) {
        return "client_id is none that a client may have";
    }
    if (c.is_forward() && (is_client_id(c.client_id) || !std::ranges::all_of(c.forward.hosts, is_forward_host))) {
        return "forward_hosts are of a client whose client_id begins with forward:, and are hosts in lower case";
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
    if (!std::ranges::all_of(c.forward.scopes, is_allowed)) {
        return "forward_scopes are not within scopes";
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
std::string fault_of(const factor_state& f) {
    return storage::is_known(f.kind) ? "" : "kind is missing";
}
std::string fault_of(const consent& c) {
    const bool was_made = stands(c) || c.withdrawn_at != timestamp{};
    return was_made ? "" : "scopes are empty, which only those of a withdrawn consent are: withdrawn_at is missing";
}

template <class Record>
import_record read_entity(const boost::json::object& o) {
    member_reader from(o);
    Record r;
    const auto one = [&](std::string_view name, auto& value) { read_value(from, name, value); };
    std::apply([&](const auto&... f) { (f.each_member(r, one), ...); }, storage::declaration<Record>::fields);
    from.refuse_others();
    if (from.failed()) {
        const field_error& first = from.faults().front();
        return import_refusal{first.field + " " + first.message};
    }
    std::string why = fault_of(r);
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
