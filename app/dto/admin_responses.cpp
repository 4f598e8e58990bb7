#include "app/dto/admin_responses.hpp"

#include "app/dto/json_text.hpp"
#include "app/dto/responses.hpp"
#include "app/dto/rfc3339.hpp"
#include "core/password/stored_hash.hpp"

#include <variant>

namespace pawl::app {

namespace {

std::string_view name_of(hash_scheme scheme) {
    switch (scheme) {
    case hash_scheme::argon2id:
        return "argon2id";
    case hash_scheme::argon2i:
        return "argon2i";
    case hash_scheme::argon2d:
        return "argon2d";
    default:
        return "unknown";
    }
}

std::string describe(const argon2_hash& h) {
    return std::string(name_of(h.kind)) + " m=" + std::to_string(h.memory_kib) + ",t=" + std::to_string(h.passes) +
           ",p=" + std::to_string(h.lanes);
}
std::string describe(const bcrypt_hash& h) {
    return "bcrypt " + std::to_string(h.cost);
}
std::string describe(const pbkdf2_hash& h) {
    return "pbkdf2-sha256 " + std::to_string(h.rounds);
}

std::string gate_json(const user_gate& gate) {
    std::string out;
    json_object_writer object(out);
    object.member("epoch", std::uint64_t{gate.epoch}).member("reason", to_text(gate.reason));
    if (gate.reason == gate_reason::none) {
        object.raw("changed_at", "null");
    } else {
        object.member("changed_at", to_rfc3339(gate.changed_at));
    }
    object.end();
    return out;
}

} // namespace

std::string admin_user_json(const user& u, std::size_t sessions) {
    std::string out;
    json_object_writer object(out);
    add_members(object, u)
        .member("enabled", u.gate.enabled)
        .member("hash", describe_hash(u.password_hash))
        .raw("gate", gate_json(u.gate))
        .member("sessions", std::uint64_t{sessions})
        .end();
    return out;
}

std::string user_page_json(std::string_view users, std::optional<user_id> next) {
    std::string out;
    json_object_writer(out)
        .raw("users", "[" + std::string(users) + "]")
        .raw("next", next ? std::to_string(next->value) : "null")
        .end();
    return out;
}

std::string describe_hash(std::string_view stored) {
    const std::optional<stored_hash> parsed = parse_stored_hash(stored);
    return parsed ? std::visit([](const auto& h) { return describe(h); }, *parsed) : "unknown";
}

std::string_view to_text(gate_reason why) {
    switch (why) {
    case gate_reason::none:
        return "none";
    case gate_reason::logout_all:
        return "logout_all";
    case gate_reason::password_change:
        return "password_change";
    case gate_reason::disabled:
        return "disabled";
    case gate_reason::deleted:
        return "deleted";
    }
    return "none";
}

} // namespace pawl::app
