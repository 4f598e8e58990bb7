#include "app/transfer/import_line.hpp"

#include "app/http/json_body.hpp"
#include "core/password/stored_hash.hpp"
#include "core/service/admin_service.hpp"
#include "core/text/rfc3339.hpp"
#include "core/user/names.hpp"
#include "storage/store/embedded_store.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <vector>

namespace pawl::app {

namespace {

namespace json = boost::json;

constexpr std::int64_t five_years = 1827LL * 86400;
static_assert(five_years <= family_word::rotated_at_max);

// As a server takes it of a request: printable ASCII, cut. Other servers' sessions come with anything.
std::string clean_agent(std::string_view text) {
    std::string out;
    std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return c >= 0x20 && c < 0x7F; });
    out.resize(std::min(out.size(), family_use::agent_size_max));
    return out;
}

// Reads members of one object; remembers the first fault and which members were asked for.
class members {
public:
    members(const json::object& o, std::string& why) : o_(o), why_(why) {}

    bool has(std::string_view name) {
        asked_.insert(name);
        return o_.if_contains(name) != nullptr;
    }
    void text(std::string_view name, std::string& out, bool required = false) {
        if (const json::value* const v = find(name, required)) {
            if (v->is_string()) {
                out = std::string(v->get_string());
            } else {
                complain(name, "is no text");
            }
        }
    }
    void truth(std::string_view name, bool& out) {
        if (const json::value* const v = find(name, false)) {
            if (v->is_bool()) {
                out = v->get_bool();
            } else {
                complain(name, "is neither true nor false");
            }
        }
    }
    std::uint64_t number(std::string_view name, std::uint64_t max, std::uint64_t fallback, bool required = false) {
        const json::value* const v = find(name, required);
        if (v == nullptr) {
            return fallback;
        }
        const bool fits = v->is_int64() ? v->get_int64() >= 0 : v->is_uint64();
        const std::uint64_t n = !fits           ? 0
                                : v->is_int64() ? static_cast<std::uint64_t>(v->get_int64())
                                                : v->get_uint64();
        if (!fits || n > max) {
            complain(name, "is no whole number up to " + std::to_string(max));
            return fallback;
        }
        return n;
    }
    timestamp_ms time(std::string_view name, bool required = false) {
        std::string typed;
        text(name, typed, required);
        if (typed.empty()) {
            return {};
        }
        const auto t = from_rfc3339(typed);
        if (!t) {
            complain(name, "is no time as RFC 3339 writes it");
        }
        return t.value_or(timestamp_ms{});
    }
    void id(std::string_view name, family_id& out, bool required) {
        std::string typed;
        text(name, typed, required);
        if (typed.empty() && !required) {
            return;
        }
        const auto read = family_id_from_hex(typed);
        if (!read) {
            complain(name, "is no id of 32 hex digits");
        }
        out = read.value_or(family_id{});
    }
    void list(std::string_view name, std::vector<std::string>& out) {
        const json::value* const v = find(name, false);
        if (v == nullptr) {
            return;
        }
        if (!v->is_array()) {
            return complain(name, "is no list");
        }
        for (const json::value& one : v->get_array()) {
            if (!one.is_string()) {
                return complain(name, "is no list of texts");
            }
            out.emplace_back(one.get_string());
        }
    }
    const json::object* object(std::string_view name) {
        const json::value* const v = find(name, false);
        if (v != nullptr && !v->is_object()) {
            complain(name, "is no object");
        }
        return v == nullptr ? nullptr : v->if_object();
    }
    // After all were asked for.
    void no_others() {
        for (const auto& member : o_) {
            const std::string_view name(member.key().data(), member.key().size());
            if (!asked_.contains(name)) {
                complain(name, "is no member that is known here");
            }
        }
    }
    void complain(std::string_view name, const std::string& what) {
        if (why_.empty()) {
            why_ = std::string(name) + " " + what;
        }
    }

private:
    const json::value* find(std::string_view name, bool required) {
        asked_.insert(name);
        const json::value* const v = o_.if_contains(name);
        if (v == nullptr || v->is_null()) {
            if (required) {
                complain(name, "is missing");
            }
            return nullptr;
        }
        return v;
    }

    const json::object& o_;
    std::string& why_;
    std::set<std::string_view> asked_;
};

template <class Value, class Enum>
void read_name(members& from, std::string_view name, Enum last, Value& out) {
    std::string typed;
    from.text(name, typed);
    if (typed.empty()) {
        return;
    }
    for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) {
        const auto value = static_cast<Enum>(i);
        if (typed == name_of(value)) {
            out = value;
            return;
        }
    }
    from.complain(name, "is not one of the words that are known here");
}

import_record refuse(const std::string& why) {
    return import_refusal{why};
}

user read_user(const json::object& o, std::string& why) {
    members from(o, why);
    user u;
    u.id.value = from.number("id", storage::imported_id_max, 0);
    u.version = from.number("version", imported_version_max, 1);
    from.truth("deleted", u.deleted);
    from.text("email", u.email, !u.deleted);
    from.text("username", u.username);
    from.text("first_name", u.first_name);
    from.text("surname", u.surname);
    from.text("password_hash", u.password_hash);
    from.list("roles", u.roles);
    from.truth("email_verified", u.email_verified);
    from.truth("is_superuser", u.is_superuser);
    u.created_at = to_seconds(from.time("created_at"));
    u.gate.enabled = !u.deleted;
    if (const json::object* const o_gate = from.object("gate")) {
        members gate(*o_gate, why);
        u.gate.epoch = static_cast<std::uint32_t>(gate.number("epoch", imported_epoch_max, 0));
        gate.truth("enabled", u.gate.enabled);
        gate.id("survivor", u.gate.survivor, false);
        read_name(gate, "reason", gate_reason::restored, u.gate.reason);
        u.gate.changed_at = to_seconds(gate.time("changed_at"));
        gate.no_others();
    }
    from.no_others();
    if (u.version == 0) {
        from.complain("version", "starts at 1");
    }
    if (why.empty()) {
        why = check_imported_user(u);
    }
    return u;
}

storage::family_image read_family(const json::object& o, std::string& why) {
    members from(o, why);
    storage::family_image f;
    from.id("id", f.facts.id, true);
    f.facts.user.value = from.number("user", storage::imported_id_max, 0, true);
    f.facts.client.value = static_cast<std::uint32_t>(from.number("client", UINT32_MAX, 0));
    f.facts.epoch = static_cast<std::uint32_t>(from.number("epoch", imported_epoch_max, 0));
    f.facts.created_at = to_seconds(from.time("created_at", true));
    f.facts.idle_ttl = seconds(static_cast<std::int64_t>(from.number("idle_ttl", five_years, 0, true)));
    f.facts.absolute_ttl = seconds(static_cast<std::int64_t>(from.number("absolute_ttl", five_years, 0, true)));
    const timestamp rotated = to_seconds(from.time("rotated_at", true));
    const std::int64_t after = (rotated - f.facts.created_at).count();
    if (why.empty() && (after < 0 || after > f.facts.absolute_ttl.count())) { // five years fit in the word
        from.complain("rotated_at", "is not within the family's life");
    }
    family_status status = family_status::live;
    read_name(from, "status", family_status::ahead, status);
    bool confirmed = false;
    from.truth("confirmed", confirmed);
    const auto small = [&from](std::string_view name, std::uint64_t max) {
        return static_cast<std::uint32_t>(from.number(name, max, 0));
    };
    f.word = family_word()
                 .with_generation(small("generation", family_word::generation_max))
                 .with_rotated_at(
                     static_cast<std::uint32_t>(std::clamp<std::int64_t>(after, 0, family_word::rotated_at_max)))
                 .with_status(status)
                 .with_confirmed(confirmed)
                 .with_replays(small("replays", family_word::replays_max))
                 .with_streak(small("streak", family_word::streak_max));
    f.ended_after = small("ended_after", UINT32_MAX);
    if (const json::object* const o_use = from.object("last_use")) {
        members use(*o_use, why);
        f.use_generation = static_cast<std::uint32_t>(use.number("generation", family_word::generation_max, 0));
        f.use.at = to_seconds(use.time("at"));
        std::string ip;
        use.text("ip", ip);
        const auto address = peer_address_from_text(ip);
        if (!address) {
            use.complain("ip", "is no address");
        }
        f.use.address = address.value_or(peer_address{});
        std::string agent;
        use.text("user_agent", agent);
        f.use.agent = clean_agent(agent);
        use.no_others();
        if (f.use_generation > f.word.generation()) {
            use.complain("generation", "is higher than the family's");
        }
    }
    from.no_others();
    if (f.facts.user.value == 0 || f.facts.id == family_id{}) {
        from.complain("user and id", "are not zero");
    }
    if (f.facts.idle_ttl > f.facts.absolute_ttl) {
        from.complain("idle_ttl", "is longer than absolute_ttl");
    }
    if (f.word.live() && f.ended_after != 0) {
        from.complain("ended_after", "is for a family that has ended");
    }
    return f;
}

import_record read_head(const json::object& o) {
    std::string why;
    members from(o, why);
    export_head head;
    if (from.number("pawl_export", UINT64_MAX, 0) != static_cast<std::uint64_t>(export_version)) {
        return refuse("pawl_export is of a version that this program does not know");
    }
    from.text("store", head.uuid);
    head.lsn = from.number("lsn", UINT64_MAX, 0);
    head.time = from.time("time");
    head.next_user_id = from.number("next_user_id", storage::imported_id_max, 1); // it is taken over
    head.users = from.number("users", UINT64_MAX, 0);
    head.families = from.number("families", UINT64_MAX, 0);
    from.truth("users_only", head.users_only);
    from.no_others();
    return why.empty() ? import_record(head) : refuse(why);
}

} // namespace

std::string check_imported_user(user& u) {
    if (u.deleted) {
        const bool empty = u.email.empty() && u.username.empty() && u.password_hash.empty() && !u.gate.enabled;
        return empty ? std::string() : "deleted: a deleted user has no names, no hash and is not enabled";
    }
    std::string why;
    const auto email = check_email(u.email, why);
    if (!email) {
        return "email " + why;
    }
    u.email = *email;
    if (u.username.empty()) {
        u.username = u.email;
    }
    const auto username = check_username(u.username, u.email, why);
    if (!username) {
        return "username " + why;
    }
    u.username = *username;
    for (const auto& [name, text] : {std::pair{"first_name", &u.first_name}, std::pair{"surname", &u.surname}}) {
        const auto checked = check_personal_name(*text, why);
        if (!checked) {
            return std::string(name) + " " + why;
        }
        *text = *checked;
    }
    if (!u.password_hash.empty() && !parse_stored_hash(u.password_hash)) {
        return "password_hash is of no kind that is known here, or costs more than is allowed";
    }
    if (u.roles.size() > roles_max) {
        return "roles are more than " + std::to_string(roles_max);
    }
    for (std::string& role : u.roles) {
        const auto checked = check_personal_name(role, why);
        if (!checked || checked->empty() || checked->size() > role_size_max) {
            return "roles: each has 1 to " + std::to_string(role_size_max) + " bytes without control characters";
        }
        role = *checked;
    }
    return {};
}

import_record read_import_line(std::string_view line) {
    if (line.size() > import_line_size_max) {
        return refuse("the line is longer than 16 KiB");
    }
    const body_result strict = read_json_object(line); // names that come twice, depth, UTF-8
    if (strict.has_error()) {
        return refuse(strict.error().detail.empty() ? "the line is no JSON object" : strict.error().detail);
    }
    boost::system::error_code ec;
    const json::value parsed = json::parse(json::string_view{line.data(), line.size()}, ec);
    const json::object* const o = ec ? nullptr : parsed.if_object();
    if (o == nullptr) {
        return refuse("the line is no JSON object");
    }
    if (o->if_contains("pawl_export") != nullptr) {
        return read_head(*o);
    }
    if (o->size() != 1 || !o->begin()->value().is_object()) {
        return refuse("the line is none of {\"user\":{}}, {\"family\":{}}, {\"end\":{}}");
    }
    const std::string_view kind(o->begin()->key().data(), o->begin()->key().size());
    const json::object& inner = o->begin()->value().get_object();
    std::string why;
    if (kind == "user") {
        user u = read_user(inner, why);
        return why.empty() ? import_record(std::move(u)) : refuse(why);
    }
    if (kind == "family") {
        storage::family_image f = read_family(inner, why);
        return why.empty() ? import_record(std::move(f)) : refuse(why);
    }
    if (kind == "end") {
        members from(inner, why);
        const import_end end{from.number("users", UINT64_MAX, 0, true), from.number("families", UINT64_MAX, 0, true)};
        from.no_others();
        return why.empty() ? import_record(end) : refuse(why);
    }
    return refuse("the line is none of {\"user\":{}}, {\"family\":{}}, {\"end\":{}}");
}

} // namespace pawl::app
