// Users on disk. Their own rules: core/user/user.hpp.
#pragma once

#include "core/user/names.hpp"
#include "core/user/user.hpp"
#include "storage/record/bounded_form.hpp"
#include "storage/record/declaration.hpp"
#include "storage/record/tell.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// Factors as dumps and comparisons tell them: without their salts.
void tell_value(json_object_writer& w, std::string_view name, const std::vector<user_factor>& factors);
std::string text_of(const std::vector<user_factor>& factors);
void tell_value(json_object_writer& w, std::string_view name, const std::vector<former_address>& addresses);
std::string text_of(const std::vector<former_address>& addresses);

} // namespace pawl

namespace pawl::storage {

template <>
struct declaration<user_factor> {
    using record = user_factor;
    static constexpr const char* name = "factor";
    static constexpr const char* list_text = "u8 count, count x factor";

    static constexpr std::tuple fields{
        at<&record::number>("number"),
        at<&record::kind>("kind"),
        at<&record::key_id>("key_id"),
        at<&record::created_at>("created_at"),
        at_as<bounded_text<factor_name_size_max>, &record::name>("name"),
        at<&record::salt>("salt").with(exposure::guarded),
        at<&record::digits>("digits"),
        at<&record::period>("period"),
        at<&record::algorithm>("algorithm"),
        at<&record::proven_step>("proven_step"),
        at<&record::count>("count"),
    };
    static bool sound(const record& f) {
        const bool of_totp = f.digits != 0 || f.period != 0 || f.algorithm != 0 || f.proven_step != 0;
        const bool fits = f.kind == factor_kind::totp ? is_sound_totp(f.digits, f.period, f.algorithm) &&
                                                            f.count == 0 && f.proven_step <= totp_step_max
                                                      : !of_totp && f.count > 0 && f.count <= recovery_codes_max;
        return fits && f.number != 0 && f.name.size() <= factor_name_size_max;
    }
};

template <>
struct declaration<former_address> {
    using record = former_address;
    static constexpr const char* name = "former";
    static constexpr const char* list_text = "u8 count, count x former";

    static constexpr std::tuple fields{
        at_as<bounded_text<email_size_max>, &record::email>("email"),
        at<&record::until>("until"),
    };
    static bool sound(const record& f) { return !f.email.empty() && f.email.size() <= email_size_max; }
};

template <>
struct declaration<user> {
    static constexpr record_type type = record_type::user;
    static constexpr const char* name = "user";
    static constexpr const char* within = "user"; // a dump has it in an object
    static constexpr record_kind kind = record_kind::state;
    static constexpr std::uint16_t version = 3; // 2: attributes; 3: factors, times, locale
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
        at<&user::factor_epoch>("factor_epoch").in_version(3),
        at<&user::password_changed_at>("password_changed_at").in_version(3),
        at<&user::email_verified_at>("email_verified_at").in_version(3),
        at<&user::undo_floor>("undo_floor").in_version(3),
        at_as<bounded_text<locale_size_max>, &user::locale>("locale").in_version(3),
        flags("flags_2", bit<&user::must_change_password>("must_change_password"),
              bit<&user::pending_approval>("pending_approval"), bit<&user::no_notices>("no_notices"))
            .in_version(3),
        at<&user::next_factor>("next_factor").in_version(3),
        at_as<bounded_parts<user_factor, factors_max>, &user::factors>("factors").with(exposure::guarded).in_version(3),
        at_as<bounded_parts<former_address, former_addresses_max>, &user::former_addresses>("former_addresses")
            .in_version(3),
    };
    // Their numbers rise, and none is higher than the highest ever.
    static bool has_factors_in_order(const user& u) {
        std::uint32_t last = 0;
        for (const user_factor& f : u.factors) {
            if (f.number <= last) {
                return false;
            }
            last = f.number;
        }
        return last <= u.next_factor;
    }
    static bool sound(const user& u) { return u.id.value != 0 && u.version != 0 && has_factors_in_order(u); }

    static void export_factors(json_object_writer& w, const user& u);
    static bool had_other_address(const user& u) { return !u.former_addresses.empty(); }
    static bool has_factor_epoch(const user& u) { return u.factor_epoch != 0; }
    static bool has_password_change(const user& u) { return u.password_changed_at != timestamp{}; }
    static bool has_verified_at(const user& u) { return u.email_verified_at != timestamp{}; }
    static bool has_undo_floor(const user& u) { return u.undo_floor != timestamp{}; }
    static bool has_locale(const user& u) { return !u.locale.empty(); }
    static bool must_change(const user& u) { return u.must_change_password; }
    static bool is_pending(const user& u) { return u.pending_approval; }
    static bool is_unnoticed(const user& u) { return u.no_notices; }
    static bool had_factors(const user& u) { return u.next_factor != 0; }
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
        told<user>{"factor_epoch", "factor_epoch", has_factor_epoch},
        told<user>{"password_changed_at", "password_changed_at", has_password_change},
        told<user>{"email_verified_at", "email_verified_at", has_verified_at},
        told<user>{"undo_floor", "undo_floor", has_undo_floor},
        told<user>{"locale", "locale", has_locale},
        told<user>{"must_change_password", "must_change_password", must_change},
        told<user>{"pending_approval", "pending_approval", is_pending},
        told<user>{"no_notices", "no_notices", is_unnoticed},
        told<user>{"next_factor", "next_factor", had_factors},
        told<user>{"factors", "factors", had_factors},
        told<user>{"former_addresses", "former_addresses", had_other_address},
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
        told<user>{.member = "factor_epoch",
                   .when = has_factor_epoch,
                   .says = "+1 whenever remembered devices are forgotten: version 3",
                   .absent = "0"},
        told<user>{.member = "password_changed_at", .when = has_password_change, .says = "version 3", .absent = "1970"},
        told<user>{.member = "email_verified_at", .when = has_verified_at, .says = "version 3", .absent = "1970"},
        told<user>{.member = "undo_floor",
                   .when = has_undo_floor,
                   .says = "changes of the address asked for until then can't be undone: version 3",
                   .absent = "1970"},
        told<user>{.member = "locale",
                   .when = has_locale,
                   .says = "a language tag of at most 35 bytes: version 3",
                   .absent = "`\"\"`"},
        told<user>{.member = "must_change_password", .when = must_change, .says = "version 3", .absent = "`false`"},
        told<user>{.member = "pending_approval", .when = is_pending, .says = "version 3", .absent = "`false`"},
        told<user>{.member = "no_notices", .when = is_unnoticed, .says = "version 3", .absent = "`false`"},
        told<user>{.member = "next_factor",
                   .when = had_factors,
                   .says = "the highest number a factor ever had: version 3",
                   .absent = "0"},
        told<user>{
            .member = "factors",
            .when = had_factors,
            .write = export_factors,
            .says =
                "at most 20 of `number`, `kind` (`totp`, `recovery`), `key_id`, `created_at`, `name`, `salt` "
                "(32 hex digits), and `digits`, `period`, `algorithm` (`SHA1`, `SHA256`, `SHA512`), `proven_step` or "
                "`count`: good with the same key file alone; version 3",
            .absent = "`[]`"},
        told<user>{.member = "former_addresses",
                   .when = had_other_address,
                   .says = "at most 3 of `email`, `until`: addresses that the account gave up, and that no other may "
                           "have until then; version 3",
                   .absent = "`[]`"},
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
        compared_field<user>{"factor_epoch"},
        compared_field<user>{"password_changed_at"},
        compared_field<user>{"email_verified_at"},
        compared_field<user>{"undo_floor"},
        compared_field<user>{"locale"},
        compared_field<user>{"must_change_password"},
        compared_field<user>{"pending_approval"},
        compared_field<user>{"no_notices"},
        compared_field<user>{"factors"},
        compared_field<user>{"former_addresses"},
        compared_field<user>{"is_superuser"},
        compared_field<user>{"enabled", "gate.enabled"},
        compared_field<user>{"deleted"},
        compared_field<user>{"password", "password_hash"},
        compared_field<user>{"gate", {}, gate_text},
    };
};

} // namespace pawl::storage
