// Users on disk. Their own rules: core/user/user.hpp.
#pragma once

#include "core/user/user.hpp"
#include "storage/record/bounded_form.hpp"
#include "storage/record/declaration.hpp"
#include "storage/record/tell.hpp"

#include <array>
#include <string>

namespace pawl::storage {

template <>
struct declaration<user> {
    static constexpr record_type type = record_type::user;
    static constexpr const char* name = "user";
    static constexpr const char* within = "user"; // a dump has it in an object
    static constexpr record_kind kind = record_kind::state;
    static constexpr std::uint16_t version = 2; // attributes
    using refers_to = entities<>;

    static constexpr std::tuple fields{
        at<&user::id>("id"),
        at<&user::version>("version"),
        at<&user::created_at>("created_at"),
        flags("flags", bit<&user::email_verified>("email_verified"), bit<&user::is_superuser>("is_superuser"),
              bit<&user::deleted>("deleted"), bit<&user::gate, &user_gate::enabled>("gate.enabled")),
        at<&user::gate, &user_gate::epoch>("gate.epoch"),
        at<&user::gate, &user_gate::survivor>("gate.survivor"),
        at<&user::gate, &user_gate::reason>("gate.reason"),
        at<&user::gate, &user_gate::changed_at>("gate.changed_at"),
        at<&user::email>("email"),
        at<&user::username>("username"),
        at<&user::first_name>("first_name"),
        at<&user::surname>("surname"),
        at<&user::password_hash>("password_hash").with(exposure::guarded),
        at<&user::roles>("roles"),
        at_as<bounded_text<attributes_size_max>, &user::attributes>("attributes").in_version(2),
    };
    static bool sound(const user& u) { return u.id.value != 0 && u.version != 0; }

    static bool has_attributes(const user& u) { return !u.attributes.empty(); }
    static bool spares_one(const user& u) { return u.gate.survivor != family_id{}; }
    static void tell_survivor(json_object_writer& w, const user& u) {
        w.member("survivor", spares_one(u) ? to_hex(u.gate.survivor) : std::string());
    }
    static std::string gate_text(const user& u) {
        return "epoch " + std::to_string(u.gate.epoch) + " " + name_of(u.gate.reason);
    }

    static constexpr std::array dumped{
        told<user>{"id"},
        told<user>{"version"},
        told<user>{"email"},
        told<user>{"username"},
        told<user>{"first_name"},
        told<user>{"surname"},
        told<user>{"password", "password_hash"},
        told<user>{"roles"},
        told<user>{"attributes", "attributes", has_attributes},
        told<user>{"email_verified"},
        told<user>{"is_superuser"},
        told<user>{"enabled", "gate.enabled"},
        told<user>{"deleted"},
        told<user>{"created_at"},
        told<user>{"gate.epoch"},
        told<user>{"gate.reason"},
        told<user>{"gate.changed_at"},
        told<user>{"gate.survivor", "gate.survivor", spares_one},
    };
    static constexpr std::array exported{
        told<user>{.member = "id", .says = "1 to 2^53 - 1", .absent = "the next free one"},
        told<user>{.member = "version", .says = "1 to 2^53; +1 with every change of the user", .absent = "1"},
        told<user>{.member = "email", .absent = "required, but of a deleted user"},
        told<user>{.member = "username", .absent = "the email"},
        told<user>{.member = "first_name", .absent = "`\"\"`"},
        told<user>{.member = "surname", .absent = "`\"\"`"},
        told<user>{.member = "password_hash",
                   .says = "a hash as its system writes it (*Hashes*, below); `\"\"`: no password",
                   .absent = "`\"\"`"},
        told<user>{.member = "roles", .says = "list of texts", .absent = "`[]`"},
        told<user>{.member = "attributes",
                   .when = has_attributes,
                   .says = "a JSON object, as a text, of at most 4 KiB: version 2; left out where there is none",
                   .absent = "`\"\"`"},
        told<user>{.member = "email_verified", .absent = "`false`"},
        told<user>{.member = "is_superuser", .absent = "`false`"},
        told<user>{.member = "deleted",
                   .says = "a tombstone: its names and hash are empty, its number is not given again",
                   .absent = "`false`"},
        told<user>{.member = "created_at", .absent = "with `id`: 1970; without: now"},
        told<user>{.member = "gate.epoch", .says = "at most 2^31: sessions of another one are dead", .absent = "0"},
        told<user>{.member = "gate.enabled", .absent = "`true`, but of a deleted user"},
        told<user>{.member = "gate.survivor",
                   .write = tell_survivor,
                   .says = "but this session; `\"\"`: none",
                   .absent = "`\"\"`"},
        told<user>{.member = "gate.reason",
                   .says = "why it last closed: `none`, `logout_all`, `password_change`, `disabled`, `deleted`, "
                           "`restored`",
                   .absent = "`none`"},
        told<user>{.member = "gate.changed_at", .absent = "1970"},
    };
    static constexpr std::array compared{
        compared_field<user>{"email"},
        compared_field<user>{"username"},
        compared_field<user>{"first_name"},
        compared_field<user>{"surname"},
        compared_field<user>{"roles"},
        compared_field<user>{"attributes"},
        compared_field<user>{"email_verified"},
        compared_field<user>{"is_superuser"},
        compared_field<user>{"enabled", "gate.enabled"},
        compared_field<user>{"deleted"},
        compared_field<user>{"password", "password_hash"},
        compared_field<user>{"gate", {}, gate_text},
    };
};

} // namespace pawl::storage
