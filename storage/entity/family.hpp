// Refresh token families on disk: one record when they begin, one for each change of their word. Their own rules:
// core/family/.
#pragma once

#include "core/family/family.hpp"
#include "core/family/word.hpp"
#include "core/user/user.hpp"
#include "storage/entity/use.hpp"
#include "storage/record/tell.hpp"

#include <algorithm>
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
    static constexpr std::uint16_t version = 3; // 2: what was granted, where it came from, later statuses
    static std::uint16_t version_of(const record& r) {
        constexpr std::uint16_t with_later_statuses = 2;
        const std::uint16_t lowest = lowest_version_of(r);
        return is_status_of_first_format(r.word.status()) ? lowest : std::max(lowest, with_later_statuses);
    }
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
        at<&record::facts, &family_facts::grant, &family_grant::scopes>("scopes").in_version(2),
        at<&record::facts, &family_facts::grant, &family_grant::apis>("apis").in_version(2),
        at<&record::facts, &family_facts::grant, &family_grant::claims>("claims").in_version(2),
        at<&record::facts, &family_facts::grant, &family_grant::client_epoch>("client_epoch").in_version(2),
        at<&record::facts, &family_facts::origin, &family_origin::parent>("parent").in_version(2),
        at<&record::facts, &family_facts::origin, &family_origin::binding, &key_binding::kind>("bound_to")
            .in_version(2),
        at<&record::facts, &family_facts::origin, &family_origin::binding, &key_binding::thumbprint>("thumbprint")
            .in_version(2),
        at<&record::facts, &family_facts::origin, &family_origin::auth_time>("auth_time").in_version(2),
        at<&record::facts, &family_facts::origin, &family_origin::acr>("acr").in_version(2),
        at<&record::facts, &family_facts::origin, &family_origin::amr>("amr").in_version(2),
        at<&record::facts, &family_facts::grant, &family_grant::consent_era>("consent_era").in_version(3),
    };
    static bool sound(const record& r) {
        const key_binding& binding = r.facts.origin.binding;
        return r.facts.id != family_id{} && r.facts.user != user_id{} &&
               (binding.kind != binding_kind::none || binding == key_binding{});
    }
    // A dump and an export speak of these where they say something.
    static const family_grant& grant(const record& r) { return r.facts.grant; }
    static const family_origin& origin(const record& r) { return r.facts.origin; }
    static bool has_scopes(const record& r) { return !grant(r).scopes.empty(); }
    static bool has_apis(const record& r) { return grant(r).apis != family_grant{}.apis; }
    static bool has_claims(const record& r) { return grant(r).claims != 0; }
    static bool has_client_epoch(const record& r) { return grant(r).client_epoch != 0; }
    static bool has_consent_era(const record& r) { return grant(r).consent_era != 0; }
    static bool has_parent(const record& r) { return origin(r).parent != family_id{}; }
    static bool is_bound(const record& r) { return origin(r).binding.kind != binding_kind::none; }
    static bool has_auth_time(const record& r) { return origin(r).auth_time != timestamp{}; }
    static bool has_acr(const record& r) { return origin(r).acr != 0; }
    static bool has_amr(const record& r) { return origin(r).amr != 0; }

    using writer = json_object_writer;
    static constexpr std::array dumped{
        told<record>{"family"},
        told<record>{"user"},
        told<record>{"client"},
        told<record>{"epoch"},
        told<record>{"created_at"},
        told<record>{"idle_ttl"},
        told<record>{"absolute_ttl"},
        told<record>{"word"},
        told<record>{"ended_after"},
        told<record>{"use"},
        told<record>{"scopes", "scopes", has_scopes},
        told<record>{"apis", "apis", has_apis},
        told<record>{"claims", "claims", has_claims},
        told<record>{"client_epoch", "client_epoch", has_client_epoch},
        told<record>{"consent_era", "consent_era", has_consent_era},
        told<record>{"parent", "parent", has_parent},
        told<record>{"bound_to", "bound_to", is_bound},
        told<record>{"thumbprint", "thumbprint", is_bound},
        told<record>{"auth_time", "auth_time", has_auth_time},
        told<record>{"acr", "acr", has_acr},
        told<record>{"amr", "amr", has_amr},
    };
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
                     .says = "`live`, `logout`, `reuse`, `admin`, `evicted`, `exhausted`, `ahead`, `superseded`, "
                             "`denied`, `code_reuse`, `signed_out`, `client`, `consent`, `revoked`",
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
        told<record>{
            .member = "scopes", .when = has_scopes, .says = "numbers of scopes, blanks between them", .absent = "none"},
        told<record>{.member = "apis", .when = has_apis, .says = "the same of APIs, at most 4", .absent = "none"},
        told<record>{.member = "claims",
                     .when = has_claims,
                     .says = "asked for by name: bits, of which some stand for several",
                     .absent = "0"},
        told<record>{
            .member = "client_epoch", .when = has_client_epoch, .says = "the client's, at login", .absent = "0"},
        told<record>{.member = "consent_era",
                     .when = has_consent_era,
                     .says = "the consent's `era`, at login; without it `withdrawn_at` decides by `created_at`",
                     .absent = "0"},
        told<record>{.member = "parent", .when = has_parent, .says = "32 hex digits", .absent = "none"},
        told<record>{.member = "bound_to", .when = is_bound, .says = "`proof_key`, `certificate`", .absent = "`none`"},
        told<record>{.member = "thumbprint", .when = is_bound, .says = "SHA-256 in base64url", .absent = "none"},
        told<record>{.member = "auth_time", .when = has_auth_time, .absent = "1970: not told"},
        told<record>{
            .member = "acr", .when = has_acr, .says = "how strongly the user signed in", .absent = "0: not told"},
        told<record>{.member = "amr", .when = has_amr, .says = "by what; a bit each", .absent = "0"},
    };
};

template <>
struct declaration<family_word_record> {
    using record = family_word_record;
    static constexpr record_type type = record_type::family_word;
    static constexpr const char* name = "family_word";
    static constexpr record_kind kind = record_kind::change;
    static constexpr std::uint16_t version = 2; // statuses that 0.1 takes for broken ones
    static std::uint16_t version_of(const record& r) { return is_status_of_first_format(r.word.status()) ? 1 : 2; }
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
