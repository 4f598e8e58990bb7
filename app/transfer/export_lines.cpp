#include "app/transfer/export_lines.hpp"

#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"

#include <array>
#include <cstdio>

namespace pawl::app {

namespace {

std::string with_milliseconds(timestamp_ms t) {
    std::string text = to_rfc3339(to_seconds(t));
    std::array<char, 8> fraction{};
    const auto ms = static_cast<int>((t - to_seconds(t)).count());
    std::snprintf(fraction.data(), fraction.size(), ".%03dZ", ms);
    text.pop_back();
    return text + fraction.data();
}

std::string quoted_list(const std::vector<std::string>& texts) {
    std::string out = "[";
    for (const std::string& text : texts) {
        out += out.size() > 1 ? "," : "";
        append_json_string(out, text);
    }
    return out + "]";
}

// {"name":{...}}
std::string wrapped(std::string_view name, const std::string& object) {
    std::string out;
    json_object_writer(out).raw(name, object).end();
    return out;
}

} // namespace

std::string export_line(const export_head& head) {
    std::string out;
    json_object_writer(out)
        .member("pawl_export", std::int64_t{export_version})
        .member("store", head.uuid)
        .member("lsn", head.lsn)
        .member("time", with_milliseconds(head.time))
        .member("next_user_id", head.next_user_id)
        .member("users", head.users)
        .member("families", head.families)
        .member("users_only", head.users_only)
        .end();
    return out;
}

std::string export_line(const user& u) {
    std::string gate;
    json_object_writer(gate)
        .member("epoch", std::uint64_t{u.gate.epoch})
        .member("enabled", u.gate.enabled)
        .member("survivor", u.gate.survivor == family_id{} ? std::string() : to_hex(u.gate.survivor))
        .member("reason", name_of(u.gate.reason))
        .member("changed_at", to_rfc3339(u.gate.changed_at))
        .end();
    std::string object;
    json_object_writer(object)
        .member("id", u.id.value)
        .member("version", u.version)
        .member("email", u.email)
        .member("username", u.username)
        .member("first_name", u.first_name)
        .member("surname", u.surname)
        .member("password_hash", u.password_hash)
        .raw("roles", quoted_list(u.roles))
        .member("email_verified", u.email_verified)
        .member("is_superuser", u.is_superuser)
        .member("deleted", u.deleted)
        .member("created_at", to_rfc3339(u.created_at))
        .raw("gate", gate)
        .end();
    return wrapped("user", object);
}

std::string export_line(const storage::family_image& f) {
    std::string use;
    json_object_writer(use)
        .member("generation", std::uint64_t{f.use_generation})
        .member("at", to_rfc3339(f.use.at))
        .member("ip", to_text(f.use.address))
        .member("user_agent", f.use.agent)
        .end();
    std::string object;
    json_object_writer(object)
        .member("id", to_hex(f.facts.id))
        .member("user", f.facts.user.value)
        .member("client", std::uint64_t{f.facts.client.value})
        .member("epoch", std::uint64_t{f.facts.epoch})
        .member("created_at", to_rfc3339(f.facts.created_at))
        .member("idle_ttl", std::int64_t{f.facts.idle_ttl.count()})
        .member("absolute_ttl", std::int64_t{f.facts.absolute_ttl.count()})
        .member("generation", std::uint64_t{f.word.generation()})
        .member("rotated_at", to_rfc3339(f.facts.rotated_at(f.word)))
        .member("status", name_of(f.word.status()))
        .member("confirmed", f.word.confirmed())
        .member("replays", std::uint64_t{f.word.replays()})
        .member("streak", std::uint64_t{f.word.streak()})
        .member("ended_after", std::uint64_t{f.ended_after})
        .raw("last_use", use)
        .end();
    return wrapped("family", object);
}

std::string export_end_line(std::uint64_t users, std::uint64_t families) {
    std::string counts;
    json_object_writer(counts).member("users", users).member("families", families).end();
    return wrapped("end", counts);
}

} // namespace pawl::app
