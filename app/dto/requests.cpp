#include "app/dto/requests.hpp"

#include "app/dto/body_reader.hpp"
#include "core/text/rfc3339.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::app {

result<sign_up_request> read_sign_up(const parameters& body) {
    body_reader reader(body);
    sign_up_request request;
    request.email = reader.required_text("email");
    request.username = reader.optional_text("username");
    request.password = reader.required_secret("password");
    request.first_name = reader.optional_text("first_name").value_or("");
    request.surname = reader.optional_text("surname").value_or("");
    if (reader.failed()) {
        return reader.why();
    }
    return request;
}

result<login_request> read_login(const parameters& body) {
    body_reader reader(body);
    login_request request;
    const auto grant_type = reader.optional_text("grant_type");
    if (grant_type && !grant_type->empty() && *grant_type != "password") {
        reader.blame("grant_type", "must be password here");
    }
    const auto email = reader.optional_text("email");
    const auto username = reader.optional_text("username");
    if (reader.given("email") == nullptr && reader.given("username") == nullptr) {
        reader.blame("username", "is required, or email");
    }
    request.name = email ? *email : username.value_or("");
    request.password = reader.required_secret("password");
    if (reader.failed()) {
        return reader.why();
    }
    return request;
}

result<profile_change> read_profile_change(const parameters& body) {
    body_reader reader(body);
    profile_change change;
    change.username = reader.optional_text("username");
    change.first_name = reader.optional_text("first_name");
    change.surname = reader.optional_text("surname");
    if (reader.failed()) {
        return reader.why();
    }
    return change;
}

result<password_change> read_password_change(const parameters& body) {
    body_reader reader(body);
    password_change change;
    change.current = reader.required_secret("current_password");
    change.desired = reader.required_secret("new_password");
    if (reader.failed()) {
        return reader.why();
    }
    return change;
}

result<secret_string> read_secret(const parameters& body, std::string_view name) {
    body_reader reader(body);
    secret_string secret = reader.required_secret(name);
    if (reader.failed()) {
        return reader.why();
    }
    return secret;
}

result<clock_change> read_clock_change(const parameters& body) {
    body_reader reader(body);
    const parameter* advance = reader.given("advance");
    const parameter* set = reader.given("set");
    const parameter* freeze = reader.given("freeze");
    const int count = (advance != nullptr ? 1 : 0) + (set != nullptr ? 1 : 0) + (freeze != nullptr ? 1 : 0);
    clock_change change;
    if (count != 1) {
        reader.blame("advance", "give exactly one of advance, set and freeze");
    } else if (advance != nullptr) {
        const bool fits = advance->kind == parameter_kind::integer && advance->integer >= -clock_advance_max.count() &&
                          advance->integer <= clock_advance_max.count();
        if (fits) {
            change = clock_advance{seconds(advance->integer)};
        } else {
            reader.blame("advance", "must be whole seconds, at most a hundred years either way");
        }
    } else if (set != nullptr) {
        const auto time = set->kind == parameter_kind::string ? from_rfc3339(set->text.reveal()) : std::nullopt;
        if (time) {
            change = clock_set{*time};
        } else {
            reader.blame("set", "must be a time like 2026-11-21T23:44:00Z");
        }
    } else if (freeze->kind == parameter_kind::boolean) {
        change = clock_freeze{freeze->truth};
    } else {
        reader.blame("freeze", "must be true or false");
    }
    if (reader.failed()) {
        return reader.why();
    }
    return change;
}

} // namespace pawl::app
