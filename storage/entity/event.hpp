// Evidence on disk. Its meaning: core/family/event.hpp.
#pragma once

#include "core/family/event.hpp"
#include "core/user/user.hpp"
#include "storage/entity/family.hpp"

namespace pawl::storage {

template <>
struct declaration<security_event> {
    static constexpr record_type type = record_type::event;
    static constexpr const char* name = "event";
    static constexpr record_kind kind = record_kind::evidence;
    static constexpr std::uint16_t version = 2; // an operator's act, and every kind since
    using refers_to = entities<user, family_created_record>;

    static constexpr std::tuple fields{
        at<&security_event::kind>("kind"),
        at<&security_event::user>("user"),
        at<&security_event::family>("family"),
        at<&security_event::generation_presented>("generation_presented"),
        at<&security_event::generation_current>("generation_current"),
        at_as<use_without_generation, &security_event::presented>("presented"),
        at_as<use_without_generation, &security_event::last>("last"),
        at<&security_event::by>("by").in_version(2),
        at_as<short_form<security_event::about_size_max>, &security_event::about>("about").in_version(2),
    };
    static bool sound(const security_event& /*e*/) { return true; }
    static bool of_family(const security_event& e) { return e.family != family_id{}; }
    static bool told_by(const security_event& e) { return has_actor(e.kind); }
    static bool told_about(const security_event& e) { return has_words(e.kind); }
    static bool told_generations(const security_event& e) { return has_generations(e.kind) && of_family(e); }
    // Else nothing was rotated: a login, an operator's act.
    static bool had_use(const security_event& e) { return e.last.at != timestamp{}; }
    static constexpr std::array dumped{
        told<security_event>{"kind"},
        told<security_event>{"user"},
        told<security_event>{"family", "family", of_family},
        told<security_event>{"by", "by", told_by},
        told<security_event>{"about", "about", told_about},
        told<security_event>{"generation_presented", "generation_presented", told_generations},
        told<security_event>{"generation_current", "generation_current", told_generations},
        told<security_event>{"presented"},
        told<security_event>{"last", "last", had_use},
    };

    static constexpr std::uint16_t version_of(const security_event& e) { return has_words(e.kind) ? 2 : 1; }
};

} // namespace pawl::storage
