#include "app/dto/requests.hpp"

#include "app/dto/factor_json.hpp"
#include "app/http/member_reader.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::app {

result<sign_up_request> read_sign_up(const parameters& body) {
    member_reader reader(body);
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
    member_reader reader(body);
    login_request request;
    const auto grant_type = reader.optional_text("grant_type");
    if (grant_type && !grant_type->empty() && *grant_type != "password") {
        reader.blame("grant_type", "must be password here");
    }
    const auto email = reader.optional_text("email");
    const auto username = reader.optional_text("username");
    if (!reader.given("email") && !reader.given("username")) {
        reader.blame("username", "is required, or email");
    }
    request.name = email ? *email : username.value_or("");
    request.password = reader.required_secret("password");
    request.scope = reader.optional_text("scope");
    request.codes = read_codes(reader);
    request.device = reader.optional_secret("device").value_or(secret_string());
    request.remember = reader.optional_flag("remember").value_or(false);
    if (reader.failed()) {
        return reader.why();
    }
    return request;
}

result<code_request> read_code_request(const parameters& body) {
    member_reader reader(body);
    code_request request;
    // RFC 6749 3.2: a parameter without a value is as good as absent.
    const auto given_text = [&](const char* name) {
        auto text = reader.optional_text(name);
        return text && text->empty() ? std::nullopt : text;
    };
    request.code = reader.required_secret("code");
    request.redirect_uri = given_text("redirect_uri");
    request.code_verifier = given_text("code_verifier");
    if (reader.failed()) {
        return reader.why();
    }
    return request;
}

result<refresh_request> read_refresh(const parameters& body) {
    member_reader reader(body);
    refresh_request request;
    request.token = reader.required_secret("refresh_token");
    request.scope = reader.optional_text("scope");
    if (reader.failed()) {
        return reader.why();
    }
    return request;
}

result<profile_change> read_profile_change(const parameters& body) {
    member_reader reader(body);
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
    member_reader reader(body);
    password_change change;
    change.current = reader.required_secret("current_password");
    change.desired = reader.required_secret("new_password");
    if (reader.failed()) {
        return reader.why();
    }
    return change;
}

result<secret_string> read_secret(const parameters& body, std::string_view name) {
    member_reader reader(body);
    secret_string secret = reader.required_secret(name);
    if (reader.failed()) {
        return reader.why();
    }
    return secret;
}

result<clock_change> read_clock_change(const parameters& body) {
    member_reader reader(body);
    const bool advance = reader.given("advance");
    const bool set = reader.given("set");
    const bool freeze = reader.given("freeze");
    const int count = (advance ? 1 : 0) + (set ? 1 : 0) + (freeze ? 1 : 0);
    clock_change change;
    if (count != 1) {
        reader.blame("advance", "give exactly one of advance, set and freeze");
    } else if (advance) {
        constexpr std::int64_t most = clock_advance_max.count();
        change = clock_advance{seconds(reader.optional_integer("advance", -most, most).value_or(0))};
    } else if (set) {
        change = clock_set{reader.optional_time("set").value_or(timestamp_ms{})};
    } else {
        change = clock_freeze{reader.optional_flag("freeze").value_or(false)};
    }
    if (reader.failed()) {
        return reader.why();
    }
    return change;
}

} // namespace pawl::app
