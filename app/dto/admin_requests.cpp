#include "app/dto/admin_requests.hpp"

#include "app/http/member_reader.hpp"
#include "app/http/object_text.hpp"
#include "core/service/client_service.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace pawl::app {

namespace {

// A decimal number of a query, from `low`; blames `name` where it is none.
std::optional<std::uint64_t> query_number(member_reader& reader, std::string_view name, std::uint64_t low,
                                          std::uint64_t high) {
    const auto text = reader.optional_text(name);
    if (!text) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size() || value < low || value > high) {
        reader.blame(name, "must be a number from " + std::to_string(low) + " to " + std::to_string(high));
        return std::nullopt;
    }
    return value;
}

constexpr auto id_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

user_id required_user(member_reader& reader) {
    reader.is_required("user_id");
    const auto id = reader.optional_integer("user_id", 1, std::numeric_limits<std::int64_t>::max());
    return user_id{static_cast<std::uint64_t>(id.value_or(0))};
}

} // namespace

result<new_user> read_new_user(member_reader& reader) {
    new_user wanted;
    wanted.email = reader.required_text("email");
    wanted.username = reader.optional_text("username");
    wanted.password = reader.optional_secret("password");
    wanted.password_hash = reader.optional_secret("password_hash");
    wanted.first_name = reader.optional_text("first_name").value_or("");
    wanted.surname = reader.optional_text("surname").value_or("");
    wanted.roles = reader.optional_texts("roles").value_or(std::vector<std::string>());
    wanted.attributes = optional_object_text(reader, "attributes").value_or("");
    wanted.is_superuser = reader.optional_flag("is_superuser").value_or(false);
    wanted.email_verified = reader.optional_flag("email_verified").value_or(false);
    wanted.enabled = reader.optional_flag("enabled").value_or(true);
    if (reader.failed()) {
        return reader.why();
    }
    return wanted;
}

result<user_changes> read_user_changes(member_reader& reader) {
    user_changes wanted;
    wanted.email = reader.optional_text("email");
    wanted.username = reader.optional_text("username");
    wanted.first_name = reader.optional_text("first_name");
    wanted.surname = reader.optional_text("surname");
    wanted.roles = reader.optional_texts("roles");
    wanted.attributes = reader.presence_of("attributes") == presence::null ? std::optional(std::string())
                                                                           : optional_object_text(reader, "attributes");
    wanted.is_superuser = reader.optional_flag("is_superuser");
    wanted.email_verified = reader.optional_flag("email_verified");
    wanted.enabled = reader.optional_flag("enabled");
    wanted.password = reader.optional_secret("password");
    wanted.password_hash = reader.optional_secret("password_hash");
    if (reader.failed()) {
        return reader.why();
    }
    return wanted;
}

namespace {

user_id required_query_user(member_reader& reader) {
    if (!reader.given("user_id")) {
        reader.blame("user_id", "is required, in the query");
    }
    return {query_number(reader, "user_id", 1, id_max).value_or(0)};
}

} // namespace

result<consent_of> read_query_consent(const parameters& query) {
    member_reader reader(query);
    consent_of wanted;
    wanted.user = required_query_user(reader);
    wanted.client = reader.optional_text("client_id").value_or("");
    if (wanted.client.empty()) {
        reader.blame("client_id", "is required, in the query");
    }
    if (reader.failed()) {
        return reader.why();
    }
    return wanted;
}

result<user_id> read_query_user(const parameters& query) {
    member_reader reader(query);
    const user_id id = required_query_user(reader);
    if (reader.failed()) {
        return reader.why();
    }
    return id;
}

result<user_id> read_user_of(const parameters& body) {
    member_reader reader(body);
    const user_id id = required_user(reader);
    if (reader.failed()) {
        return reader.why();
    }
    return id;
}

result<minting> read_minting(const parameters& body) {
    member_reader reader(body);
    minting wanted;
    wanted.user = required_user(reader);
    wanted.client = reader.optional_text("client").value_or("");
    const auto is_printable = [](char c) { return c >= 0x20 && c < 0x7f; };
    if (wanted.client.size() > family_use::agent_size_max || !std::ranges::all_of(wanted.client, is_printable)) {
        reader.blame("client", "must be printable ASCII of at most " + std::to_string(family_use::agent_size_max) +
                                   " characters");
    }
    if (reader.failed()) {
        return reader.why();
    }
    return wanted;
}

result<key_rotation> read_key_rotation(const parameters& body) {
    member_reader reader(body);
    key_rotation wanted;
    const std::string kind = reader.optional_text("kind").value_or("signing");
    if (kind == "refresh") {
        wanted.kind = key_kind::refresh;
    } else if (kind == "capsule") {
        wanted.kind = key_kind::capsule;
    } else if (kind != "signing") {
        reader.blame("kind", "must be signing, refresh or capsule");
    }
    wanted.now = reader.optional_flag("now").value_or(false);
    if (const std::optional<std::string> alg = reader.optional_text("alg")) {
        wanted.algorithm = jws_algorithm_from_text(*alg);
        if (!wanted.algorithm) {
            reader.blame("alg", "must be ES256, EdDSA, RS256 or HS256");
        }
    }
    for (const std::string_view name : {"now", "alg"}) {
        if (wanted.kind != key_kind::signing && reader.given(name)) {
            reader.blame(name, "is for signing keys only");
        }
    }
    if (reader.failed()) {
        return reader.why();
    }
    return wanted;
}

result<key_retirement> read_key_retirement(const parameters& body) {
    member_reader reader(body);
    key_retirement wanted;
    wanted.kid = reader.optional_text("kid").value_or("");
    wanted.force = reader.optional_flag("force").value_or(false);
    int given = reader.given("kid") ? 1 : 0;
    for (const auto& [name, kind] :
         {std::pair("refresh_id", key_kind::refresh), std::pair("capsule_id", key_kind::capsule)}) {
        const auto id = reader.optional_integer(name, 0, 255);
        if (reader.given(name)) {
            wanted.kind = kind;
            wanted.id = static_cast<std::uint8_t>(id.value_or(0));
            ++given;
        }
    }
    if (given != 1) {
        reader.blame("kid", "give exactly one of kid, refresh_id and capsule_id");
    }
    if (wanted.kind == key_kind::capsule && reader.given("force")) {
        reader.blame("force", "is not for capsule keys");
    }
    if (reader.failed()) {
        return reader.why();
    }
    return wanted;
}

result<client_query> read_client_query(const parameters& query) {
    member_reader reader(query);
    client_query wanted;
    constexpr std::uint64_t number_max = std::numeric_limits<std::uint32_t>::max();
    wanted.after.value = static_cast<std::uint32_t>(query_number(reader, "after", 0, number_max).value_or(0));
    wanted.limit = query_number(reader, "limit", 1, clients_page_max).value_or(wanted.limit);
    if (reader.failed()) {
        return reader.why();
    }
    return wanted;
}

result<seconds> read_secret_overlap(member_reader& reader) {
    const auto given = reader.optional_integer("overlap", 0, secret_overlap_max.count());
    reader.refuse_others();
    if (reader.failed()) {
        return reader.why();
    }
    return given ? seconds(*given) : secret_overlap_default;
}

result<user_query> read_user_query(const parameters& query) {
    member_reader reader(query);
    user_query wanted;
    wanted.login = reader.optional_text("login");
    wanted.after.value = query_number(reader, "after", 0, id_max).value_or(0);
    wanted.limit = query_number(reader, "limit", 1, users_page_max).value_or(wanted.limit);
    if (wanted.login && (reader.given("after") || reader.given("limit"))) {
        reader.blame("login", "does not go with after and limit");
    }
    if (reader.failed()) {
        return reader.why();
    }
    return wanted;
}

} // namespace pawl::app
