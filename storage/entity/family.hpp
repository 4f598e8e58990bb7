// Refresh token families on disk: one record when they begin, one for each change of their word. Their own rules:
// core/family/.
#pragma once

#include "core/family/family.hpp"
#include "core/family/word.hpp"
#include "core/user/user.hpp"
#include "storage/entity/use.hpp"

#include <cstdint>

namespace pawl::storage {

// `ended_after`: seconds from creation to the end, 0 where live or not known.
struct family_word_record {
    family_id id;
    family_word word;
    std::uint32_t ended_after = 0;
    use_view use;
};
struct family_created_record {
    family_facts facts;
    family_word word;
    std::uint32_t ended_after = 0;
    use_view use;
};

template <>
struct declaration<family_created_record> {
    using record = family_created_record;
    static constexpr record_type type = record_type::family_created;
    static constexpr const char* name = "family_created";
    static constexpr record_kind kind = record_kind::state;
    static constexpr std::uint16_t version = 1;
    using refers_to = entities<user>;

    static constexpr std::tuple fields{
        at<&record::facts, &family_facts::id>("family"),
        at<&record::facts, &family_facts::user>("user"),
        at<&record::facts, &family_facts::client>("client"),
        at<&record::facts, &family_facts::epoch>("epoch"),
        at<&record::facts, &family_facts::created_at>("created_at"),
        at<&record::facts, &family_facts::idle_ttl>("idle_ttl"),
        at<&record::facts, &family_facts::absolute_ttl>("absolute_ttl"),
        at<&record::word>("word"),
        at<&record::ended_after>("ended_after"),
        at<&record::use>("use"),
        reserved{"scope"},
        reserved{"binding"}, // to drop one would loosen the family
    };
    static bool sound(const record& r) { return r.facts.id != family_id{} && r.facts.user != user_id{}; }
};

template <>
struct declaration<family_word_record> {
    using record = family_word_record;
    static constexpr record_type type = record_type::family_word;
    static constexpr const char* name = "family_word";
    static constexpr record_kind kind = record_kind::change;
    static constexpr std::uint16_t version = 1;
    using refers_to = entities<family_created_record>;

    static constexpr std::tuple fields{
        at<&record::id>("family"),
        at<&record::word>("word"),
        at<&record::ended_after>("ended_after"),
        at<&record::use>("use"),
    };
    static bool sound(const record& r) { return r.id != family_id{}; }
};

} // namespace pawl::storage
