#include "app/transfer/import_line.hpp"

#include "app/http/json_body.hpp"
#include "app/transfer/import_entities.hpp"
#include "app/transfer/line_members.hpp"
#include "core/password/stored_hash.hpp"
#include "core/service/admin_service.hpp"
#include "core/user/names.hpp"
#include "storage/store/embedded_store.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
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

constexpr char none_of_these[] = "the line is none of {\"user\":{}}, {\"family\":{}}, {\"client\":{}}, {\"api\":{}}, "
                                 "{\"scope\":{}}, {\"revoked_token\":{}}, {\"end\":{}}";

// Of lines that are neither users nor families.
void read_counts(members& from, entity_counts& out) {
    for_each_counted([&](const std::string& name) {
        if (const std::uint64_t count = from.number(name, UINT64_MAX, 0); count > 0) {
            out[name] = count;
        }
    });
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
    const std::uint64_t version = from.number("pawl_export", UINT64_MAX, 0);
    if (version == 0 || version > static_cast<std::uint64_t>(export_version)) {
        return refuse("pawl_export is of a version that this program does not know");
    }
    from.text("store", head.uuid);
    head.lsn = from.number("lsn", UINT64_MAX, 0);
    head.time = from.time("time");
    head.next_user_id = from.number("next_user_id", storage::imported_id_max, 1); // it is taken over
    head.users = from.number("users", UINT64_MAX, 0);
    head.families = from.number("families", UINT64_MAX, 0);
    read_counts(from, head.others);
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
        return refuse("the line is longer than 256 KiB");
    }
    const body_result strict = read_json_object(line, import_line_size_max); // names that come twice, depth, UTF-8
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
        return refuse(none_of_these);
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
        import_end end{from.number("users", UINT64_MAX, 0, true), from.number("families", UINT64_MAX, 0, true), {}};
        read_counts(from, end.others);
        from.no_others();
        return why.empty() ? import_record(end) : refuse(why);
    }
    std::optional<import_record> entity = read_entity_line(kind, inner);
    return entity ? std::move(*entity) : refuse(none_of_these);
}

} // namespace pawl::app
