// Refresh token families on disk: one record when they begin, one for each change of their word. Their own rules:
// core/family/.
#pragma once

#include "core/family/family.hpp"
#include "core/family/word.hpp"
#include "core/user/user.hpp"
#include "storage/entity/use.hpp"
#include "storage/record/tell.hpp"

#include <array>
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

// A family as a whole, with texts of its own: what an import reads and an export writes.
struct family_image {
    family_facts facts;
    family_word word;
    std::uint32_t ended_after = 0; // seconds from creation to the end; 0 where live or not known
    std::uint32_t use_generation = 0;
    family_use use;
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

    using writer = json_object_writer;
    static constexpr std::array exported{
        told<record>{
            .member = "id", .field = "family", .says = "32 hex digits; `sid` of access tokens", .absent = "required"},
        told<record>{.member = "user", .says = "the user's `id`", .absent = "required"},
        told<record>{.member = "client", .says = "0: the first party", .absent = "0"},
        told<record>{
            .member = "epoch", .says = "the user's gate's, at login: not above the gate's here", .absent = "0"},
        told<record>{.member = "created_at", .absent = "required"},
        told<record>{.member = "idle_ttl", .says = "seconds", .absent = "required"},
        told<record>{
            .member = "absolute_ttl", .says = "seconds; idle_ttl <= absolute_ttl <= 5 years", .absent = "required"},
        told<record>{.member = "generation",
                     .field = "word",
                     .write = [](writer& w, const record& r) { tell_value(w, "generation", r.word.generation()); },
                     .says = "of the current refresh token"},
        told<record>{
            .member = "rotated_at",
            .field = "word",
            .write = [](writer& w, const record& r) { tell_value(w, "rotated_at", r.facts.rotated_at(r.word)); },
            .says = "when that was made: within `absolute_ttl` of the creation",
            .absent = "0"},
        told<record>{.member = "status",
                     .field = "word",
                     .write = [](writer& w, const record& r) { tell_value(w, "status", r.word.status()); },
                     .says = "`live`, `logout`, `reuse`, `admin`, `evicted`, `exhausted`, `ahead`",
                     .absent = "`live`"},
        told<record>{.member = "confirmed",
                     .field = "word",
                     .write = [](writer& w, const record& r) { tell_value(w, "confirmed", r.word.confirmed()); },
                     .says = "a hint of the reuse detection",
                     .absent = "`false`"},
        told<record>{.member = "replays",
                     .field = "word",
                     .write = [](writer& w, const record& r) { tell_value(w, "replays", r.word.replays()); },
                     .says = "the same",
                     .absent = "0"},
        told<record>{.member = "streak",
                     .field = "word",
                     .write = [](writer& w, const record& r) { tell_value(w, "streak", r.word.streak()); },
                     .says = "the same",
                     .absent = "0"},
        told<record>{
            .member = "ended_after", .says = "seconds from `created_at` to the end; 0 where live", .absent = "0"},
        told<record>{.member = "last_use",
                     .field = "use",
                     .says = "`generation`, not above the family's; `at`, `ip` (`\"\"`: none), `user_agent`: an import "
                             "keeps its printable ASCII, as a server does of a request",
                     .absent = "1970, from nowhere"},
    };
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
