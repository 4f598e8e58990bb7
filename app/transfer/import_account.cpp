#include "app/transfer/import_account.hpp"

#include "core/text/ascii.hpp"
#include "core/user/names.hpp"
#include "storage/entity/user.hpp"

#include <algorithm>
#include <array>

namespace pawl::app {

bool is_empty(member_reader& from, std::string_view name) {
    return from.kind_of(name) == parameter_kind::string && from.optional_text(name)->empty();
}

timestamp read_time(member_reader& from, std::string_view name) {
    return is_empty(from, name) ? timestamp{} : to_seconds(from.optional_time(name).value_or(timestamp_ms{}));
}

std::uint32_t read_small(member_reader& from, std::string_view name, std::uint64_t max) {
    return static_cast<std::uint32_t>(from.optional_count(name, 0, max).value_or(0));
}

void read_factor_facts(member_reader& from, user_factor& f) {
    static constexpr std::array<std::string_view, 2> kinds{"totp", "recovery"};
    static constexpr std::array<std::string_view, 3> algorithms{"SHA1", "SHA256", "SHA512"};
    f.kind = static_cast<factor_kind>(from.optional_word("kind", kinds).value_or(0) + 1);
    f.name = from.optional_text("name").value_or("");
    f.salt = from.optional_id("salt").value_or(family_id{}).bytes; // 16 bytes in hex, as ids are
    if (f.kind == factor_kind::totp) {
        f.digits = static_cast<std::uint8_t>(from.optional_count("digits", 6, 8).value_or(6));
        f.period = static_cast<std::uint8_t>(from.optional_count("period", 15, 120).value_or(30));
        f.algorithm = static_cast<std::uint8_t>(from.optional_word("algorithm", algorithms).value_or(0) + 1);
        f.proven_step = from.optional_count("proven_step", 0, totp_step_max).value_or(0);
    } else {
        f.count = static_cast<std::uint8_t>(from.optional_count("count", 1, recovery_codes_max).value_or(1));
    }
}

namespace {

user_factor read_factor(member_reader& from) {
    user_factor f;
    f.number = read_small(from, "number", UINT32_MAX);
    f.key_id = static_cast<std::uint8_t>(read_small(from, "key_id", UINT8_MAX));
    f.created_at = read_time(from, "created_at");
    from.is_required("salt");
    read_factor_facts(from, f);
    from.refuse_others();
    return f;
}

void read_former_addresses(member_reader& from, user& u) {
    const std::size_t formers = from.count_elements("former_addresses", former_addresses_max);
    for (std::size_t i = 0; i < formers; ++i) {
        member_reader one(from, "former_addresses", i);
        former_address& a = u.former_addresses.emplace_back();
        a.email = one.optional_text("email").value_or("");
        a.until = read_time(one, "until");
        one.refuse_others();
    }
}

} // namespace

void read_account(member_reader& from, user& u) {
    constexpr std::uint64_t counts_max = std::uint64_t{1} << 53U;
    u.factor_epoch = from.optional_count("factor_epoch", 0, counts_max).value_or(0);
    u.password_changed_at = read_time(from, "password_changed_at");
    u.email_verified_at = read_time(from, "email_verified_at");
    u.undo_floor = read_time(from, "undo_floor");
    u.locale = from.optional_text("locale").value_or("");
    u.must_change_password = from.optional_flag("must_change_password").value_or(false);
    u.pending_approval = from.optional_flag("pending_approval").value_or(false);
    u.no_notices = from.optional_flag("no_notices").value_or(false);
    u.next_factor = read_small(from, "next_factor", UINT32_MAX);
    const std::size_t count = from.count_elements("factors", factors_max);
    for (std::size_t i = 0; i < count; ++i) {
        member_reader one(from, "factors", i);
        u.factors.push_back(read_factor(one));
    }
    read_former_addresses(from, u);
}

std::string check_imported_account(const user& u) {
    const auto is_of_tag = [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; };
    if (u.locale.size() > locale_size_max || !std::ranges::all_of(u.locale, is_of_tag)) {
        return "locale is no language tag of at most 35 characters";
    }
    for (const user_factor& f : u.factors) {
        std::string why;
        const auto checked = check_personal_name(f.name, why);
        if (!checked || *checked != f.name || !storage::declaration<user_factor>::sound(f)) {
            return "factors: one has no number, or a name that is too long or not in NFC";
        }
    }
    for (const former_address& a : u.former_addresses) {
        std::string why;
        if (!check_email(a.email, why)) {
            return "former_addresses: one is no email address";
        }
    }
    return storage::declaration<user>::has_factors_in_order(u)
               ? std::string()
               : "factors: their numbers rise, and none is higher than next_factor";
}

} // namespace pawl::app
