#include "app/transfer/import_line.hpp"

#include "app/http/json_tree.hpp"
#include "app/http/member_reader.hpp"
#include "app/transfer/import_entities.hpp"
#include "core/password/stored_hash.hpp"
#include "core/provider/attributes.hpp"
#include "core/service/admin_service.hpp"
#include "core/text/ascii.hpp"
#include "core/text/encoding.hpp"
#include "core/user/names.hpp"
#include "storage/store/embedded_store.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace pawl::app {

namespace {

namespace json = boost::json;

constexpr std::int64_t five_years = 1827LL * 86400;
static_assert(five_years <= family_word::rotated_at_max);

// As a server takes it of a request: printable ASCII, cut. Other servers' sessions come with anything.
std::string clean_agent(std::string_view text) {
    std::string out;
    std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return c >= 0x20 && c < 0x7F; });
    out.resize(std::min(out.size(), family_use::agent_size_max));
    return out;
}

// As other members of a line, empty text is as good as none: exports of other programs have it.
bool is_empty(member_reader& from, std::string_view name) {
    return from.kind_of(name) == parameter_kind::string && from.optional_text(name)->empty();
}

timestamp read_time(member_reader& from, std::string_view name) {
    return is_empty(from, name) ? timestamp{} : to_seconds(from.optional_time(name).value_or(timestamp_ms{}));
}

std::uint32_t read_small(member_reader& from, std::string_view name, std::uint64_t max) {
    static_assert(family_word::generation_max <= UINT32_MAX && imported_epoch_max <= UINT32_MAX);
    return static_cast<std::uint32_t>(from.optional_count(name, 0, max).value_or(0));
}

// One of the words that name the values up to `last`.
template <auto Last>
void read_word(member_reader& from, std::string_view name, decltype(Last)& out) {
    using word = decltype(Last);
    static const auto words = [] {
        std::array<std::string_view, static_cast<std::size_t>(Last) + 1> all;
        for (std::size_t i = 0; i < all.size(); ++i) {
            all.at(i) = name_of(static_cast<word>(i));
        }
        return all;
    }();
    if (is_empty(from, name)) {
        return;
    }
    if (const auto place = from.optional_word(name, words)) {
        out = static_cast<word>(*place);
    }
}

constexpr char none_of_these[] = "the line is none of {\"user\":{}}, {\"family\":{}}, {\"client\":{}}, {\"api\":{}}, "
                                 "{\"scope\":{}}, {\"revoked_token\":{}}, {\"consent\":{}}, {\"end\":{}}";

// Of lines that are neither users nor families.
void read_counts(member_reader& from, entity_counts& out) {
    for_each_counted([&](const std::string& name) {
        const std::uint64_t count = from.optional_count(name, 0, UINT64_MAX).value_or(0);
        if (count > 0) {
            out[name] = count;
        }
    });
}

import_record refuse(const std::string& why) {
    return import_refusal{why};
}

// What was read, or the first fault.
template <class Read>
import_record outcome_of(const member_reader& from, Read&& read) {
    if (!from.failed()) {
        return std::forward<Read>(read);
    }
    const field_error& first = from.faults().front();
    return refuse(first.field + " " + first.message);
}

void read_gate(member_reader& from, user_gate& out) {
    member_reader gate(from, "gate");
    out.epoch = read_small(gate, "epoch", imported_epoch_max);
    out.enabled = gate.optional_flag("enabled").value_or(out.enabled);
    if (!is_empty(gate, "survivor")) {
        out.survivor = gate.optional_id("survivor").value_or(family_id{});
    }
    read_word<gate_reason::restored>(gate, "reason", out.reason);
    out.changed_at = read_time(gate, "changed_at");
    gate.refuse_others();
}

user_factor read_factor(member_reader& from) {
    static constexpr std::array<std::string_view, 2> kinds{"totp", "recovery"};
    static constexpr std::array<std::string_view, 3> algorithms{"SHA1", "SHA256", "SHA512"};
    user_factor f;
    f.number = read_small(from, "number", UINT32_MAX);
    f.kind = static_cast<factor_kind>(from.optional_word("kind", kinds).value_or(0) + 1);
    f.key_id = static_cast<std::uint8_t>(read_small(from, "key_id", UINT8_MAX));
    f.created_at = read_time(from, "created_at");
    f.name = from.optional_text("name").value_or("");
    if (from.is_required("salt")) { // 16 bytes in hex, as ids are
        f.salt = from.optional_id("salt").value_or(family_id{}).bytes;
    }
    if (f.kind == factor_kind::totp) {
        f.digits = static_cast<std::uint8_t>(from.optional_count("digits", 6, 8).value_or(6));
        f.period = static_cast<std::uint8_t>(from.optional_count("period", 15, 120).value_or(30));
        f.algorithm = static_cast<std::uint8_t>(from.optional_word("algorithm", algorithms).value_or(0) + 1);
        f.proven_step = from.optional_count("proven_step", 0, totp_step_max).value_or(0);
    } else {
        f.count = static_cast<std::uint8_t>(from.optional_count("count", 1, recovery_codes_max).value_or(1));
    }
    from.refuse_others();
    return f;
}

// What users have since version 3 of their record.
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
    const std::size_t formers = from.count_elements("former_addresses", former_addresses_max);
    for (std::size_t i = 0; i < formers; ++i) {
        member_reader one(from, "former_addresses", i);
        former_address& a = u.former_addresses.emplace_back();
        a.email = one.optional_text("email").value_or("");
        a.until = read_time(one, "until");
        one.refuse_others();
    }
}

user read_user(member_reader& from) {
    user u;
    u.id.value = from.optional_count("id", 0, storage::imported_id_max).value_or(0);
    u.version = from.optional_count("version", 1, imported_version_max).value_or(1);
    u.deleted = from.optional_flag("deleted").value_or(false);
    if (!u.deleted) {
        from.is_required("email");
    }
    u.email = from.optional_text("email").value_or("");
    u.username = from.optional_text("username").value_or("");
    u.first_name = from.optional_text("first_name").value_or("");
    u.surname = from.optional_text("surname").value_or("");
    u.password_hash = from.optional_text("password_hash").value_or("");
    u.roles = from.optional_texts("roles").value_or(std::vector<std::string>());
    u.attributes = from.optional_text("attributes").value_or("");
    u.email_verified = from.optional_flag("email_verified").value_or(false);
    u.is_superuser = from.optional_flag("is_superuser").value_or(false);
    u.created_at = read_time(from, "created_at");
    read_account(from, u);
    u.gate.enabled = !u.deleted;
    read_gate(from, u.gate);
    from.refuse_others();
    return u;
}

void read_use(member_reader& from, storage::family_image& f) {
    member_reader use(from, "last_use");
    if (!use.has_object()) {
        return;
    }
    f.use_generation = read_small(use, "generation", family_word::generation_max);
    f.use.at = read_time(use, "at");
    const auto address = peer_address_from_text(use.optional_text("ip").value_or(""));
    if (!address) {
        use.blame("ip", "must be an IP address");
    }
    f.use.address = address.value_or(peer_address{});
    f.use.agent = clean_agent(use.optional_text("user_agent").value_or(""));
    use.refuse_others();
    if (f.use_generation > f.word.generation()) {
        use.blame("generation", "is higher than the family's");
    }
}

family_word read_family_word(member_reader& from, const family_facts& facts) {
    from.is_required("rotated_at");
    const std::int64_t after = (read_time(from, "rotated_at") - facts.created_at).count();
    if (!from.failed() && (after < 0 || after > facts.absolute_ttl.count())) { // five years fit in the word
        from.blame("rotated_at", "is not within the family's life");
    }
    family_status status = family_status::live;
    read_word<last_family_status>(from, "status", status);
    return family_word()
        .with_generation(read_small(from, "generation", family_word::generation_max))
        .with_rotated_at(static_cast<std::uint32_t>(std::clamp<std::int64_t>(after, 0, family_word::rotated_at_max)))
        .with_status(status)
        .with_confirmed(from.optional_flag("confirmed").value_or(false))
        .with_replays(read_small(from, "replays", family_word::replays_max))
        .with_streak(read_small(from, "streak", family_word::streak_max));
}

void read_grant(member_reader& from, family_grant& grant) {
    const auto add_scope = [&grant](unsigned number) {
        grant.scopes.insert(number);
        return true;
    };
    if (!read_numbers(from.optional_text("scopes").value_or(""), scope_set::size_max - 1, add_scope)) {
        from.blame("scopes", "is no list of numbers up to 255, with blanks between them");
    }
    std::size_t apis = 0;
    const auto add_api = [&](unsigned number) {
        if (number == 0 || apis == grant.apis.size()) {
            return false;
        }
        grant.apis.at(apis++) = static_cast<std::uint16_t>(number);
        return true;
    };
    if (!read_numbers(from.optional_text("apis").value_or(""), UINT16_MAX, add_api)) {
        from.blame("apis", "is no list of up to 4 numbers from 1 to 65535, with blanks between them");
    }
    grant.claims = read_small(from, "claims", UINT32_MAX);
    grant.client_epoch = read_small(from, "client_epoch", UINT32_MAX);
}

void read_origin(member_reader& from, family_origin& origin) {
    origin.parent = from.optional_id("parent").value_or(family_id{});
    read_word<binding_kind::certificate>(from, "bound_to", origin.binding.kind);
    const std::string thumbprint = from.optional_text("thumbprint").value_or("");
    const bool is_bound = origin.binding.kind != binding_kind::none;
    const std::optional<std::vector<std::uint8_t>> bytes = base64url_decode(thumbprint);
    if (!bytes || bytes->size() != (is_bound ? origin.binding.thumbprint.size() : 0)) {
        from.blame("thumbprint", "is no SHA-256 in base64url of what the family is bound to");
    } else {
        std::ranges::copy(*bytes, origin.binding.thumbprint.begin());
    }
    origin.auth_time = read_time(from, "auth_time");
    origin.acr = static_cast<std::uint8_t>(read_small(from, "acr", UINT8_MAX));
    origin.amr = static_cast<std::uint16_t>(read_small(from, "amr", UINT16_MAX));
}

storage::family_image read_family(member_reader& from) {
    for (const std::string_view name : {"id", "user", "created_at", "idle_ttl", "absolute_ttl"}) {
        from.is_required(name);
    }
    const auto lifetime = [&from](std::string_view name) {
        return seconds(from.optional_integer(name, 0, five_years).value_or(0));
    };
    storage::family_image f;
    f.facts.id = from.optional_id("id").value_or(family_id{});
    f.facts.user.value = from.optional_count("user", 0, storage::imported_id_max).value_or(0);
    f.facts.client.value = read_small(from, "client", UINT32_MAX);
    f.facts.epoch = read_small(from, "epoch", imported_epoch_max);
    f.facts.created_at = read_time(from, "created_at");
    f.facts.idle_ttl = lifetime("idle_ttl");
    f.facts.absolute_ttl = lifetime("absolute_ttl");
    f.word = read_family_word(from, f.facts);
    f.ended_after = read_small(from, "ended_after", UINT32_MAX);
    read_use(from, f);
    read_grant(from, f.facts.grant);
    read_origin(from, f.facts.origin);
    from.refuse_others();
    if (f.facts.user.value == 0 || f.facts.id == family_id{}) {
        from.blame("user and id", "are not zero");
    }
    if (f.facts.idle_ttl > f.facts.absolute_ttl) {
        from.blame("idle_ttl", "is longer than absolute_ttl");
    }
    if (f.word.live() && f.ended_after != 0) {
        from.blame("ended_after", "is for a family that has ended");
    }
    return f;
}

import_record read_head(const json::object& line) {
    member_reader from(line);
    export_head head;
    const std::uint64_t version = from.optional_count("pawl_export", 0, UINT64_MAX).value_or(0);
    if (version == 0 || version > static_cast<std::uint64_t>(export_version)) {
        return refuse("pawl_export is of a version that this program does not know");
    }
    head.uuid = from.optional_text("store").value_or("");
    head.lsn = from.optional_count("lsn", 0, UINT64_MAX).value_or(0);
    head.time = is_empty(from, "time") ? timestamp_ms{} : from.optional_time("time").value_or(timestamp_ms{});
    head.next_user_id =
        from.optional_count("next_user_id", 0, storage::imported_id_max).value_or(1); // it is taken over
    head.users = from.optional_count("users", 0, UINT64_MAX).value_or(0);
    head.families = from.optional_count("families", 0, UINT64_MAX).value_or(0);
    read_counts(from, head.others);
    head.users_only = from.optional_flag("users_only").value_or(false);
    from.refuse_others();
    return outcome_of(from, head);
}

import_end read_end(member_reader& from) {
    from.is_required("users");
    from.is_required("families");
    import_end end{from.optional_count("users", 0, UINT64_MAX).value_or(0),
                   from.optional_count("families", 0, UINT64_MAX).value_or(0),
                   {}};
    read_counts(from, end.others);
    from.refuse_others();
    return end;
}

} // namespace

namespace {

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

} // namespace

std::string check_imported_user(user& u) {
    if (u.deleted) {
        const bool empty = u.email.empty() && u.username.empty() && u.password_hash.empty() && u.attributes.empty() &&
                           u.factors.empty() && u.former_addresses.empty() && !u.gate.enabled;
        return empty ? std::string()
                     : "deleted: a deleted user has no names, no hash, no attributes, no factors and is not enabled";
    }
    std::string why;
    const auto email = check_email(u.email, why);
    if (!email) {
        return "email " + why;
    }
    u.email = *email;
    if (u.username.empty()) {
        u.username = u.email;
    }
    const auto username = check_username(u.username, u.email, why);
    if (!username) {
        return "username " + why;
    }
    u.username = *username;
    for (const auto& [name, text] : {std::pair{"first_name", &u.first_name}, std::pair{"surname", &u.surname}}) {
        const auto checked = check_personal_name(*text, why);
        if (!checked) {
            return std::string(name) + " " + why;
        }
        *text = *checked;
    }
    if (!u.password_hash.empty() && !parse_stored_hash(u.password_hash)) {
        return "password_hash is of no kind that is known here, or costs more than is allowed";
    }
    if (u.roles.size() > roles_max) {
        return "roles are more than " + std::to_string(roles_max);
    }
    for (std::string& role : u.roles) {
        const auto checked = check_personal_name(role, why);
        if (!checked || checked->empty() || checked->size() > role_size_max) {
            return "roles: each has 1 to " + std::to_string(role_size_max) + " bytes without control characters";
        }
        role = *checked;
    }
    auto attributes = check_attributes(u.attributes, why);
    if (!attributes) {
        return "attributes " + why;
    }
    u.attributes = *std::move(attributes);
    return check_imported_account(u);
}

import_record read_import_line(std::string_view line) {
    if (line.size() > import_line_size_max) {
        return refuse("the line is longer than 256 KiB");
    }
    const tree_result tree = read_json_tree(line, import_line_size_max);
    if (tree.has_error()) {
        return refuse(tree.error().detail.empty() ? "the line is no JSON object" : tree.error().detail);
    }
    if (tree->contains("pawl_export")) {
        return read_head(*tree);
    }
    const json::object* const inner = tree->size() == 1 ? tree->begin()->value().if_object() : nullptr;
    const std::string_view kind = inner == nullptr ? std::string_view() : std::string_view(tree->begin()->key());
    if (kind != "user" && kind != "family" && kind != "end") {
        std::optional<import_record> entity = inner == nullptr ? std::nullopt : read_entity_line(kind, *inner);
        return entity ? std::move(*entity) : refuse(none_of_these);
    }
    member_reader from(*inner);
    if (kind == "end") {
        return outcome_of(from, read_end(from));
    }
    if (kind == "family") {
        return outcome_of(from, read_family(from));
    }
    user u = read_user(from);
    const std::string why = from.failed() ? std::string() : check_imported_user(u);
    return why.empty() ? outcome_of(from, std::move(u)) : refuse(why);
}

} // namespace pawl::app
