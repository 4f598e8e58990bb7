#include "tools/import/foreign_table.hpp"

#include "app/transfer/import_line.hpp"
#include "core/password/stored_hash.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/store/embedded_store.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace pawl::tools {

namespace {

constexpr std::array<std::string_view, 12> known_members{
    "id",        "email", "username",       "hash",         "first_name", "surname",
    "full_name", "roles", "email_verified", "is_superuser", "enabled",    "created_at"};

std::optional<bool> read_truth(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    for (const char* const yes : {"1", "true", "t", "yes", "y"}) {
        if (text == yes) {
            return true;
        }
    }
    for (const char* const no : {"0", "false", "f", "no", "n"}) {
        if (text == no) {
            return false;
        }
    }
    return std::nullopt;
}

std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(at), text.size());
        if (end > 0) {
            out.emplace_back(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

// Django writes "argon2" before Argon2's own text, "bcrypt$" before that of bcrypt, and "!" for no password at all.
std::string plain_hash(const std::string& stored) {
    if (stored.starts_with("argon2$argon2")) {
        return stored.substr(std::string_view("argon2").size());
    }
    if (stored.starts_with("bcrypt$$2")) {
        return stored.substr(std::string_view("bcrypt$").size());
    }
    return stored.starts_with('!') ? std::string() : stored;
}

void split_full_name(const std::string& full, user& u) {
    const std::size_t space = full.find_last_of(' ');
    u.first_name = space == std::string::npos ? full : full.substr(0, space);
    u.surname = space == std::string::npos ? std::string() : full.substr(space + 1);
}

} // namespace

std::optional<column_map> column_preset(std::string_view name) {
    if (name == "passlib") {
        return column_map{{"email", "email"}, {"username", "username"}, {"hash", "password_hash"}};
    }
    if (name == "django") {
        return column_map{{"email", "email"},           {"username", "username"},     {"hash", "password"},
                          {"first_name", "first_name"}, {"surname", "last_name"},     {"is_superuser", "is_superuser"},
                          {"enabled", "is_active"},     {"created_at", "date_joined"}};
    }
    if (name == "fastapi") {
        return column_map{{"email", "email"},
                          {"hash", "hashed_password"},
                          {"enabled", "is_active"},
                          {"is_superuser", "is_superuser"},
                          {"full_name", "full_name"}};
    }
    return std::nullopt;
}

std::string add_columns(column_map& map, std::string_view text) {
    for (const std::string& pair : split(text, ',')) {
        const std::size_t equals = pair.find('=');
        const std::string member = pair.substr(0, equals);
        if (equals == std::string::npos || equals + 1 == pair.size()) {
            return "\"" + pair + "\" is not MEMBER=COLUMN";
        }
        if (std::find(known_members.begin(), known_members.end(), member) == known_members.end()) {
            std::string all;
            for (const std::string_view known : known_members) {
                all += (all.empty() ? "" : ", ") + std::string(known);
            }
            std::string line = "\"";
            return line.append(member).append("\" is none of ").append(all);
        }
        map[member] = pair.substr(equals + 1);
    }
    return {};
}

std::string unknown_hash_kind(std::string_view hash) {
    if (hash.empty() || parse_stored_hash(hash)) {
        return {};
    }
    for (const std::string_view kind : {"$1$",
                                        "$5$",
                                        "$6$",
                                        "$7$",
                                        "$y$",
                                        "$gy$",
                                        "$apr1$",
                                        "$P$",
                                        "$H$",
                                        "$sha1$",
                                        "$md5",
                                        "$scrypt$",
                                        "$pbkdf2$",
                                        "$pbkdf2-sha512$",
                                        "$bcrypt-sha256$",
                                        "$fbscrypt$",
                                        "$2a$",
                                        "$2b$",
                                        "$2y$",
                                        "$2x$",
                                        "$argon2id$",
                                        "$argon2i$",
                                        "$argon2d$",
                                        "$pbkdf2-sha256$",
                                        "pbkdf2_sha256$",
                                        "pbkdf2_sha512$",
                                        "pbkdf2_sha1$",
                                        "md5$",
                                        "sha1$",
                                        "scrypt$",
                                        "scrypt:",
                                        "pbkdf2:",
                                        "bcrypt_sha256$",
                                        "bcrypt$",
                                        "argon2$",
                                        "unsalted_md5$",
                                        "unsalted_sha1$",
                                        "crypt$",
                                        "{SSHA}",
                                        "{SHA}"}) {
        if (hash.starts_with(kind)) {
            return std::string(kind);
        }
    }
    return "other";
}

std::optional<timestamp_ms> read_database_time(std::string text) {
    if (text.size() > 10 && text[10] == ' ') {
        text[10] = 'T';
    }
    const std::size_t zone = text.size() > 11 ? text.find_first_of("Zz+-", 11) : std::string::npos;
    if (zone == std::string::npos) {
        text += "Z";
    } else if (text[zone] != 'Z' && text[zone] != 'z') {
        if (text.size() == zone + 3) {
            text += ":00";
        } else if (text.size() == zone + 5 && text[zone + 3] != ':') {
            text.insert(zone + 3, ":");
        }
    }
    return from_rfc3339(text);
}

user read_foreign_user(const foreign_row& row, const column_map& map, std::string& why) {
    const auto field = [&](std::string_view member) -> std::string {
        const auto column = map.find(member);
        const auto at = column == map.end() ? row.end() : row.find(column->second);
        return at == row.end() ? std::string() : at->second;
    };
    const auto complain = [&](std::string_view member, const char* what) {
        if (why.empty()) {
            const auto column = map.find(member);
            why = (column == map.end() ? std::string(member) : column->second) + " " + what;
        }
    };
    const auto truth = [&](std::string_view member, bool fallback) {
        const std::string text = field(member);
        const std::optional<bool> read = text.empty() ? std::optional(fallback) : read_truth(text);
        if (!read) {
            complain(member, "is neither true nor false");
        }
        return read.value_or(fallback);
    };
    user u;
    if (const std::string id = field("id"); !id.empty()) {
        const auto [end, ec] = std::from_chars(id.data(), id.data() + id.size(), u.id.value);
        if (ec != std::errc() || end != id.data() + id.size() || u.id.value == 0 ||
            u.id.value > storage::imported_id_max) {
            complain("id", "is no whole number above zero");
        }
    }
    u.email = field("email");
    u.username = field("username");
    u.password_hash = plain_hash(field("hash"));
    u.first_name = field("first_name");
    u.surname = field("surname");
    if (const std::string full = field("full_name"); !full.empty() && u.first_name.empty() && u.surname.empty()) {
        split_full_name(full, u);
    }
    u.roles = split(field("roles"), ';');
    u.email_verified = truth("email_verified", false);
    u.is_superuser = truth("is_superuser", false);
    u.gate.enabled = truth("enabled", true);
    if (!u.gate.enabled) {
        u.gate.reason = gate_reason::disabled;
    }
    if (const std::string at = field("created_at"); !at.empty()) {
        const auto t = read_database_time(at);
        if (!t) {
            complain("created_at", "is no time");
        }
        u.created_at = to_seconds(t.value_or(timestamp_ms{}));
    }
    if (why.empty()) {
        why = app::check_imported_user(u);
    }
    return u;
}

} // namespace pawl::tools
