// Mails on disk. Their own rules: core/mail/mail.hpp.
#pragma once

#include "core/mail/mail.hpp"
#include "storage/record/bounded_form.hpp"
#include "storage/record/declaration.hpp"
#include "storage/record/log_types.hpp"
#include "storage/record/tell.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace pawl {

inline void tell_value(json_object_writer& w, std::string_view name, const mail_id& id) {
    w.member(name, to_hex(id));
}
// A state_tag: no text has it (exposure::unshown).
inline void tell_value(json_object_writer& /*w*/, std::string_view /*name*/,
                       const std::array<std::uint8_t, 8>& /*state_tag*/) {}

} // namespace pawl

namespace pawl::storage {

template <>
struct declaration<mail> {
    static constexpr record_type type = record_type::mail;
    static constexpr const char* name = "mail";
    static constexpr record_kind kind = record_kind::work;
    static constexpr std::uint16_t version = 1;
    using refers_to = entities<>; // its user may be gone, or not be there yet

    static constexpr std::tuple fields{
        at<&mail::id>("id"),
        at<&mail::kind>("kind"),
        at<&mail::user>("user"),
        at<&mail::status>("status"),
        at<&mail::attempts>("attempts"),
        at<&mail::wanted_at>("wanted_at"),
        at<&mail::not_before>("not_before"),
        at<&mail::expires_at>("expires_at"),
        at<&mail::state_tag>("state_tag").with(exposure::unshown),
        at_as<short_form<mail_lang_size_max>, &mail::lang>("lang"),
        at_as<short_form<mail_address_size_max>, &mail::address>("address"),
        at_as<bounded_text<mail_body_size_max>, &mail::body>("body").with(exposure::unshown),
    };
    static bool sound(const mail& m) { return is_sound(m); }
};
static_assert(mails_of_a_change_max < group_records_max, "a user's record goes with them");
static_assert(mails_of_a_change_max * (record_header_size + body_size_max<mail>) <= group_extra_size_max);

} // namespace pawl::storage
