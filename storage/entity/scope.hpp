// Scopes on disk. Their own rules: core/provider/scope.hpp.
#pragma once

#include "core/provider/scope.hpp"
#include "storage/entity/api.hpp"
#include "storage/record/bounded_form.hpp"
#include "storage/record/tell.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace pawl::storage {

template <>
struct declaration<scope> {
    static constexpr record_type type = record_type::scope;
    static constexpr const char* name = "scope";
    static constexpr record_kind kind = record_kind::state;
    static constexpr std::uint16_t version = 1;
    using refers_to = entities<api>;

    static constexpr std::tuple fields{
        at<&scope::number>("number"),
        at<&scope::version>("version"),
        flags("flags", bit<&scope::removed>("removed")),
        at<&scope::created_at>("created_at"),
        at_as<bounded_text<scope_name_size_max>, &scope::name>("name"),
        at_as<bounded_text<scope_text_size_max>, &scope::text_en>("text_en"),
        at_as<bounded_text<scope_text_size_max>, &scope::text_de>("text_de"),
        at_as<bounded_text<api_identifier_size_max>, &scope::api>("api"),
        at_as<bounded_texts<scope_roles_max, scope_role_size_max>, &scope::roles>("roles"),
    };
    static bool sound(const scope& s) {
        return s.number.value >= first_defined_scope && s.number.value < scopes_max && s.version != 0 &&
               !s.name.empty();
    }
    static std::uint32_t key(const scope& s) { return s.number.value; }
    static bool newer(const scope& read, const scope& known) { return read.version > known.version; }
    static const std::string& name_of_one(const scope& s) { return s.name; }

    static constexpr std::array exported{
        told<scope>{.member = "number", .says = "16 to 255", .absent = "the next free one"},
        told<scope>{.member = "version", .says = "+1 with every change of the scope", .absent = "1"},
        told<scope>{.member = "name", .absent = "required"},
        told<scope>{.member = "removed", .says = "a tombstone", .absent = "`false`"},
        told<scope>{.member = "text_en", .absent = "`\"\"`"},
        told<scope>{.member = "text_de", .absent = "`\"\"`"},
        told<scope>{.member = "api", .says = "the identifier of its API; `\"\"`: none", .absent = "`\"\"`"},
        told<scope>{.member = "roles", .says = "of the users who may have it; `[]`: all", .absent = "`[]`"},
        told<scope>{.member = "created_at", .absent = "1970"},
    };
};

} // namespace pawl::storage
