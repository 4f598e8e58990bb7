// Users on disk. Their own rules: core/user/user.hpp.
#pragma once

#include "core/user/user.hpp"
#include "storage/record/declaration.hpp"

namespace pawl::storage {

template <>
struct declaration<user> {
    static constexpr record_type type = record_type::user;
    static constexpr const char* name = "user";
    static constexpr record_kind kind = record_kind::state;
    static constexpr std::uint16_t version = 1;
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
    };
    static bool sound(const user& u) { return u.id.value != 0 && u.version != 0; }
};

} // namespace pawl::storage
