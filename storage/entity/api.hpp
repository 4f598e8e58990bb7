// APIs on disk. Their own rules: core/provider/api.hpp.
#pragma once

#include "core/provider/api.hpp"
#include "storage/entity/provider_names.hpp"
#include "storage/record/bounded_form.hpp"
#include "storage/record/tell.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace pawl::storage {

template <>
struct declaration<api> {
    static constexpr record_type type = record_type::api;
    static constexpr const char* name = "api";
    static constexpr record_kind kind = record_kind::state;
    static constexpr std::uint16_t version = 1;
    using refers_to = entities<>;

    static constexpr std::tuple fields{
        at<&api::number>("number"),
        at<&api::version>("version"),
        flags("flags", bit<&api::removed>("removed")),
        at<&api::token_format>("token_format"),
        at<&api::access_token_ttl>("access_token_ttl"),
        at<&api::created_at>("created_at"),
        at_as<bounded_text<api_identifier_size_max>, &api::identifier>("identifier"),
        at_as<bounded_text<api_name_size_max>, &api::name>("name"),
    };
    static bool sound(const api& a) { return a.number.value != 0 && a.version != 0 && !a.identifier.empty(); }
    static std::uint32_t key(const api& a) { return a.number.value; }
    static bool newer(const api& read, const api& known) { return read.version > known.version; }
    static const std::string& name_of_one(const api& a) { return a.identifier; }

    static constexpr std::array exported{
        told<api>{.member = "number", .says = "1 to 65535", .absent = "the next free one"},
        told<api>{.member = "version", .says = "+1 with every change of the API", .absent = "1"},
        told<api>{.member = "identifier", .absent = "required"},
        told<api>{.member = "name", .absent = "`\"\"`"},
        told<api>{.member = "removed", .says = "a tombstone", .absent = "`false`"},
        told<api>{.member = "token_format", .says = "`jwt`, `opaque`", .absent = "`jwt`"},
        told<api>{.member = "access_token_ttl", .says = "seconds; 0: as the server has it", .absent = "0"},
        told<api>{.member = "created_at", .absent = "1970"},
    };
};

} // namespace pawl::storage
