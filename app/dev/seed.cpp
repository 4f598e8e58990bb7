#include "app/dev/seed.hpp"

#include "app/dev/json_lines.hpp"
#include "app/dev/seed_factors.hpp"
#include "app/http/json_tree.hpp"
#include "app/http/member_reader.hpp"
#include "app/http/object_text.hpp"
#include "core/password/stored_hash.hpp"
#include "core/provider/attributes.hpp"
#include "core/service/issue.hpp"
#include "core/user/names.hpp"
#include "storage/entity/record_codec.hpp"
#include "storage/plain_file.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace pawl::app {

namespace {

namespace json = boost::json;
constexpr std::uint64_t seed_version = 1;

std::optional<timestamp> read_time(member_reader& reader, std::string_view name) {
    const auto at = reader.optional_time(name, time_form::text_or_seconds);
    return at ? std::optional(to_seconds(*at)) : std::nullopt;
}

seed_session read_session(member_reader& reader) {
    seed_session s;
    s.id = reader.optional_id("id");
    if (s.id == family_id{}) {
        reader.blame("id", "must not be all 0");
    }
    s.generation =
        static_cast<std::uint32_t>(reader.optional_count("generation", 0, family_word::generation_max).value_or(0));
    s.created_at = read_time(reader, "created_at");
    s.rotated_at = read_time(reader, "rotated_at");
    s.use.agent = reader.optional_text("agent").value_or("");
    if (s.use.agent.size() > family_use::agent_size_max ||
        std::ranges::any_of(s.use.agent, [](char c) { return c < 0x20 || c > 0x7e; })) {
        reader.blame("agent", "must be at most 255 characters of printable ASCII");
    }
    if (const auto address = reader.optional_text("ip")) {
        const auto read = peer_address_from_text(*address);
        if (!read) {
            reader.blame("ip", "must be an IP address");
        }
        s.use.address = read.value_or(peer_address{});
    }
    s.ended = reader.optional_flag("ended").value_or(false);
    reader.refuse_others();
    return s;
}

void read_names(member_reader& reader, user& u) {
    std::string why;
    const auto checked = [&](std::string_view name, std::optional<std::string> good) {
        if (!good) {
            reader.blame(name, why);
        }
        return good.value_or("");
    };
    u.email = checked("email", check_email(reader.optional_text("email").value_or(""), why));
    const auto username = reader.optional_text("username");
    u.username = username ? checked("username", check_username(*username, u.email, why)) : u.email;
    u.first_name = checked("first_name", check_personal_name(reader.optional_text("first_name").value_or(""), why));
    u.surname = checked("surname", check_personal_name(reader.optional_text("surname").value_or(""), why));
}

void read_password(member_reader& reader, seed_user& s) {
    const auto typed = reader.optional_secret("password");
    const auto hash = reader.optional_text("password_hash");
    if (typed.has_value() == hash.has_value()) {
        reader.blame("password", "give either password or password_hash");
    } else if (hash) {
        if (!parse_stored_hash(*hash)) {
            reader.blame("password_hash", "is no password hash that can be imported");
        }
        s.record.password_hash = *hash;
    } else {
        s.password = normalize_password(typed->reveal());
        if (s.password->empty()) {
            reader.blame("password", "must be 1 to 1024 bytes of text");
        }
    }
}

void read_attributes(member_reader& reader, user& u) {
    const auto given = optional_object_text(reader, "attributes");
    std::string why;
    auto checked = check_attributes(given.value_or(""), why);
    if (!checked) {
        reader.blame("attributes", why);
    }
    u.attributes = std::move(checked).value_or("");
}

seed_user read_user(member_reader& reader) {
    seed_user s;
    user& u = s.record;
    read_names(reader, u);
    read_password(reader, s);
    u.roles = reader.optional_texts("roles", seed_roles_max).value_or(std::vector<std::string>());
    std::string why;
    if (std::ranges::any_of(u.roles, [&](const std::string& r) { return r.empty() || !check_personal_name(r, why); })) {
        reader.blame("roles", "must be plain words");
    }
    read_attributes(reader, u);
    read_seed_factors(reader, u);
    u.is_superuser = reader.optional_flag("is_superuser").value_or(false);
    u.email_verified = reader.optional_flag("email_verified").value_or(false);
    u.gate.enabled = reader.optional_flag("enabled").value_or(true);
    if (!u.gate.enabled) {
        u.gate.reason = gate_reason::disabled;
    }
    s.created_at = read_time(reader, "created_at");
    const std::size_t sessions = reader.count_elements("sessions", seed_sessions_max);
    for (std::size_t i = 0; i < sessions; ++i) {
        member_reader session(reader, "sessions", i);
        s.sessions.push_back(read_session(session));
    }
    reader.refuse_others();
    return s;
}

// What only shows when all are seen together.
void check_uniqueness(const seed& s, member_reader& reader) {
    std::map<std::string, std::size_t> names;
    std::set<family_id> ids;
    for (std::size_t i = 0; i < s.users.size(); ++i) {
        const std::string at = "users[" + std::to_string(i) + "]";
        for (const std::string* name : {&s.users[i].record.email, &s.users[i].record.username}) {
            const auto [place, fresh] = names.emplace(fold_login_name(*name), i);
            if (!fresh && place->second != i) {
                reader.blame(at, "has a login name of users[" + std::to_string(place->second) + "]");
            }
        }
        for (const seed_session& session : s.users[i].sessions) {
            if (session.id && !ids.insert(*session.id).second) {
                reader.blame(at, "has a session id that is given twice");
            }
        }
    }
}

void read_users(member_reader& reader, seed& s) {
    const std::size_t users = reader.count_elements("users", seed_users_max);
    for (std::size_t i = 0; i < users && !reader.failed(); ++i) {
        member_reader one(reader, "users", i);
        if (one.has_object()) {
            s.users.push_back(read_user(one));
            s.users.back().record.id = user_id{i + 1};
        }
    }
}

// By every login name, folded.
std::map<std::string, user_id> ids_by_name(const seed& s) {
    std::map<std::string, user_id> all;
    for (const seed_user& u : s.users) {
        all.emplace(fold_login_name(u.record.email), u.record.id);
        all.emplace(fold_login_name(u.record.username), u.record.id);
    }
    return all;
}

void add_session(storage::memory_image& image, const seed_session& s, const user& owner, const service_settings& rules,
                 random_source& random, timestamp now) {
    family_facts facts;
    facts.id = s.id ? *s.id : random_family_id(random);
    facts.user = owner.id;
    facts.client = first_party_client;
    facts.epoch = owner.gate.epoch;
    facts.created_at = s.created_at.value_or(now);
    facts.idle_ttl = rules.refresh_idle_ttl;
    facts.absolute_ttl = rules.refresh_absolute_ttl;
    const seconds since = std::clamp(s.rotated_at.value_or(facts.created_at) - facts.created_at, seconds(0),
                                     seconds(family_word::rotated_at_max));
    const family_word word = family_word{}
                                 .with_generation(s.generation)
                                 .with_rotated_at(static_cast<std::uint32_t>(since.count()))
                                 .with_status(s.ended ? family_status::logout : family_status::live);
    family_use use = s.use;
    use.at = facts.rotated_at(word);
    const auto ended_after = s.ended ? static_cast<std::uint32_t>(since.count()) : 0;
    const storage::family_created_record record{facts, word, ended_after, storage::view_of(s.generation, use)};
    storage::record_buffer buffer;
    image.add(static_cast<std::uint16_t>(storage::record_type::family_created), storage::version_of(record),
              buffer.encode(record));
    ++image.counts.families;
}

} // namespace

std::variant<seed, seed_fault> parse_seed(std::string_view text) {
    const tree_result tree = read_json_tree(text, seed_size_max);
    if (tree.has_error()) {
        const std::size_t line = text.size() > seed_size_max ? 0 : line_of_json_fault(text);
        // Well-formed, but no object: the line where it begins.
        return seed_fault{line == 0 && text.size() <= seed_size_max ? line_of_json(text, {}) : line,
                          sentence_of(tree.error())};
    }
    member_reader reader(*tree);
    seed s;
    reader.is_required("pawl_seed"); // the version of the format
    reader.optional_count("pawl_seed", seed_version, seed_version);
    read_users(reader, s);
    s.entities = read_seed_entities(reader);
    const std::map<std::string, user_id> ids = ids_by_name(s);
    s.consents = read_seed_consents(reader, s.entities, [&ids](std::string_view name) {
        const auto at = ids.find(fold_login_name(name));
        return at == ids.end() ? user_id{} : at->second;
    });
    member_reader time(reader, "clock");
    s.clock = time.optional_time("now", time_form::text_or_seconds);
    s.frozen = time.optional_flag("frozen").value_or(false);
    time.refuse_others();
    reader.refuse_others();
    if (!reader.failed()) {
        check_uniqueness(s, reader);
    }
    if (reader.failed()) {
        const field_error& first = reader.faults().front();
        return seed_fault{line_of_json(text, first.field), first.field + " " + first.message};
    }
    return s;
}

void hash_passwords(seed& s, const argon2_cost& cost, random_source& random) {
    std::map<std::string, std::string, std::less<>> known;
    for (seed_user& u : s.users) {
        if (!u.password) {
            continue;
        }
        std::string& hash = known[std::string(u.password->reveal())];
        if (hash.empty()) {
            hash = hash_password_blocking(*u.password, cost, random);
        }
        u.record.password_hash = hash;
        u.password.reset();
    }
}

storage::memory_image_ptr image_of(const seed& s, const service_settings& rules, random_source& random, timestamp now,
                                   const capsule_ring* ring) {
    auto image = std::make_shared<storage::memory_image>();
    for (const seed_user& one : s.users) {
        user u = one.record;
        u.created_at = one.created_at.value_or(now);
        u.gate.changed_at = u.created_at;
        complete_seed_factors(u, ring, random, now);
        image->add(static_cast<std::uint16_t>(storage::record_type::user), storage::version_of(u),
                   storage::encode_user(u));
        ++image->counts.users;
        for (const seed_session& session : one.sessions) {
            add_session(*image, session, u, rules, random, now);
        }
    }
    add_entities(*image, s.entities, ring, now);
    add_consents(*image, s.consents, now);
    image->counts.next_user_id = s.users.size() + 1;
    image->time = timestamp_ms(now);
    return image;
}

seed read_seed(const config& settings, random_source& random) {
    if (settings.seed_file.empty()) {
        return {};
    }
    const auto refuse = [&](const std::string& why, std::size_t line = 0) {
        const std::string place = line == 0 ? std::string() : ":" + std::to_string(line);
        return storage::refused(storage::exit_code::usage, "--seed " + settings.seed_file + place + ": " + why);
    };
    std::error_code ec;
    const std::string text = storage::read_plain_file(settings.seed_file, seed_size_max, ec);
    if (ec) {
        throw refuse("can't be read: " + storage::describe_plain_file_error(ec));
    }
    std::variant<seed, seed_fault> parsed = parse_seed(text);
    if (const seed_fault* fault = std::get_if<seed_fault>(&parsed)) {
        throw refuse(fault->what, fault->line);
    }
    seed s = std::get<seed>(std::move(parsed));
    hash_passwords(s, settings.argon2, random);
    return s;
}

} // namespace pawl::app
