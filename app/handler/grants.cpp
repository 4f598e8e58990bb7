#include "app/handler/grants.hpp"

#include "app/dto/factor_json.hpp"
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/factors.hpp"
#include "app/handler/refused_login.hpp"
#include "app/handler/support.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace pawl::app {

namespace {

// An `email` instead of the username is taken, as at /login; RFC 6749 4.3.2 knows no such parameter.
constexpr std::array<std::string_view, 7> password_parameters{"username",      "password", "scope",   "totp",
                                                              "recovery_code", "device",   "remember"};
constexpr std::array<std::string_view, 3> refresh_parameters{"refresh_token", "scope", "resource"};
constexpr std::array<std::string_view, 4> code_parameters{"code", "redirect_uri", "code_verifier", "resource"};
constexpr std::array<std::string_view, 3> machine_parameters{"scope", "resource", "audience"};
constexpr std::array<std::string_view, 2> repeatable{"resource", "audience"};

// RFC 9700: users give their passwords to the first party alone.
task<http_response> password_grant(const token_request& asked) {
    if (asked.client.record != nullptr) {
        co_return oauth_response(failure(errc::unauthorized_client));
    }
    auto pending = answer_login(asked, oauth_response, factor_wanted_oauth);
    co_return co_await std::move(pending);
}

task<http_response> refresh_token_grant(const token_request& asked) {
    return answer_refresh(begin_refresh(asked, oauth_response), oauth_response);
}

// The first is the one of a form that names none.
constexpr std::array grants{
    grant{"password", password_parameters, password_grant},
    grant{"refresh_token", refresh_parameters, refresh_token_grant},
    grant{"authorization_code", code_parameters, authorization_code_grant},
    grant{"client_credentials", machine_parameters, client_credentials_grant},
};

std::string_view to_text(refresh_kind kind) {
    switch (kind) {
    case refresh_kind::rotated:
        return "rotated";
    case refresh_kind::replayed:
        return "replayed";
    case refresh_kind::healed:
        return "healed";
    }
    return "rotated";
}

} // namespace

std::span<const std::string_view> repeatable_parameters() {
    return repeatable;
}

std::span<const grant> all_grants() {
    return grants;
}

const grant* grant_of(const parameters& form) {
    const parameter* const given = form.find("grant_type");
    if (given == nullptr || given->text.empty()) { // RFC 6749 3.2: without a value it is as good as absent
        return &grants.front();
    }
    const auto* const row = std::ranges::find(grants, given->text.reveal(), &grant::name);
    return row == grants.end() ? nullptr : row;
}

token_client client_of(const token_request& asked) {
    const client_ptr& record = asked.client.record;
    return {asked.client.number(), record == nullptr ? std::string(first_party_client_id) : record->client_id};
}

result<std::vector<std::string>> read_resources(const parameters& form, bool takes_audience) {
    std::vector<std::string> out;
    for (const parameter& given : form.all()) {
        const bool is_one = given.name == "resource" || (takes_audience && given.name == "audience");
        if (!is_one || given.text.empty()) { // RFC 6749 3.2: without a value it is as good as absent
            continue;
        }
        if (!is_api_identifier(given.text.reveal()) || out.size() > client_apis_max) { // with our own, it has no more
            return errc::invalid_target;
        }
        if (std::ranges::find(out, given.text.reveal()) == out.end()) {
            out.emplace_back(given.text.reveal());
        }
    }
    return out;
}

http_response as_problem(const failure& why) {
    return problem_response(why);
}

task<http_response> answer_login(const token_request& asked, refusal_answer refused, factor_answer factor_wanted) {
    auto wanted = read_login(asked.body);
    if (!wanted) {
        co_return refused(wanted.error());
    }
    const std::string name = wanted->name; // as typed, for a line of the log
    new_session session{client_of(asked), asked.request.from, std::move(wanted->scope)};
    auto pending =
        asked.context.sessions.sign_in(std::move(wanted->name), std::move(wanted->password), std::move(session),
                                       std::move(wanted->codes), std::move(wanted->device), wanted->remember);
    auto answer = co_await std::move(pending);
    if (!answer) {
        log_refused_login(asked.context, asked.request, name, answer.error());
        co_return refused(answer.error());
    }
    if (answer->wanted) {
        co_return factor_wanted(*answer->wanted);
    }
    co_return json_answer(200, login_json_and_wipe(*answer));
}

meaning<task<result<refreshed>>> begin_refresh(const token_request& asked, refusal_answer refused) {
    auto wanted = read_refresh(asked.body);
    if (!wanted) {
        return refused(wanted.error());
    }
    std::vector<std::string> narrowed;
    if (asked.client.record != nullptr) { // the first party's tokens are for one audience
        auto resources = read_resources(asked.body, false);
        if (!resources) {
            return refused(resources.error());
        }
        narrowed = *std::move(resources);
    }
    return asked.context.sessions.refresh(std::move(wanted->token), client_of(asked), asked.request.from,
                                          std::move(wanted->scope), std::move(narrowed));
}

task<http_response> answer_refresh(meaning<task<result<refreshed>>> begun, refusal_answer refused) {
    if (!begun) {
        co_return std::move(begun).error();
    }
    auto pending = *std::move(begun);
    auto outcome = co_await std::move(pending);
    if (!outcome) {
        co_return refused(outcome.error());
    }
    http_response response = json_answer(200, to_json_and_wipe(outcome->tokens));
    response.headers.emplace_back("Pawl-Refresh", to_text(outcome->kind));
    co_return response;
}

} // namespace pawl::app
