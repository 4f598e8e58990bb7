#include "app/dto/admin_requests.hpp"

#include "app/dto/body_reader.hpp"

#include <charconv>
#include <limits>
#include <utility>

namespace pawl::app {

namespace {

// A decimal number of a query, from `low`; blames `name` where it is none.
std::optional<std::uint64_t> query_number(body_reader& reader, std::string_view name, std::uint64_t low,
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

} // namespace

result<new_user> read_new_user(const parameters& body) {
    body_reader reader(body);
    new_user wanted;
    wanted.email = reader.required_text("email");
    wanted.username = reader.optional_text("username");
    wanted.password = reader.optional_secret("password");
    wanted.password_hash = reader.optional_secret("password_hash");
    wanted.first_name = reader.optional_text("first_name").value_or("");
    wanted.surname = reader.optional_text("surname").value_or("");
    wanted.roles = reader.optional_texts("roles").value_or(std::vector<std::string>());
    wanted.is_superuser = reader.optional_flag("is_superuser").value_or(false);
    wanted.email_verified = reader.optional_flag("email_verified").value_or(false);
    wanted.enabled = reader.optional_flag("enabled").value_or(true);
    if (reader.failed()) {
        return reader.why();
    }
    return wanted;
}

result<user_changes> read_user_changes(const parameters& body) {
    body_reader reader(body);
    user_changes wanted;
    wanted.email = reader.optional_text("email");
    wanted.username = reader.optional_text("username");
    wanted.first_name = reader.optional_text("first_name");
    wanted.surname = reader.optional_text("surname");
    wanted.roles = reader.optional_texts("roles");
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

result<user_query> read_user_query(const parameters& query) {
    body_reader reader(query);
    user_query wanted;
    wanted.login = reader.optional_text("login");
    constexpr auto id_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    wanted.after.value = query_number(reader, "after", 0, id_max).value_or(0);
    wanted.limit = query_number(reader, "limit", 1, users_page_max).value_or(wanted.limit);
    if (wanted.login && (reader.given("after") != nullptr || reader.given("limit") != nullptr)) {
        reader.blame("login", "does not go with after and limit");
    }
    if (reader.failed()) {
        return reader.why();
    }
    return wanted;
}

} // namespace pawl::app
