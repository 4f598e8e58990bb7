// From a request to its client: what RFC 6749 2.3 and RFC 7521 4.2 send it in, and what is said where it is refused.
#include "app/handler/grants.hpp"
#include "app/handler/refused_login.hpp"
#include "app/process/logging.hpp"
#include "core/provider/client_authentication.hpp"
#include "core/service/client_guard.hpp"
#include "core/text/header_text.hpp"

#include <array>
#include <chrono>
#include <string>
#include <utility>

namespace pawl::app {

namespace {

constexpr std::string_view basic_challenge = "Basic realm=\"pawl\"";
constexpr std::array<std::string_view, 4> form_parameters{"client_id", "client_secret", "client_assertion",
                                                          "client_assertion_type"};

std::string_view text_of(const parameters& form, std::string_view name) {
    const parameter* const given = form.find(name);
    return given == nullptr ? std::string_view() : given->text.reveal();
}

client_claim claim_of(const http_request& request, const parameters& form) {
    shown_credentials shown;
    shown.authorization = request.authorization.value_or("");
    shown.client_id = text_of(form, "client_id");
    shown.client_secret = text_of(form, "client_secret");
    shown.client_assertion = text_of(form, "client_assertion");
    shown.assertion_type = text_of(form, "client_assertion_type");
    return read_client_claim(shown);
}

// The URL of RFC 6749 3.2 as the metadata have it.
std::string token_endpoint_of(std::string_view issuer) {
    std::string url(issuer.substr(0, issuer.size() - (issuer.ends_with('/') ? 1 : 0)));
    return url.append("/token");
}

std::string_view reason_of(const claim_result& found) {
    switch (found.check) {
    case claim_check::proven:
        return "used_before";
    case claim_check::bad_assertion:
        return to_text(found.assertion);
    default:
        return to_text(found.check);
    }
}

// A line for each refused client, at most throttled_lines_max a second. The id is named only if there is such a client.
void log_refusal(const app_context& context, const http_request& request, const client_claim& claim,
                 const client_answer& answer) {
    static line_budget lines(throttled_lines_max);
    if (context.log == nullptr || answer.refused->code == errc::storage_unavailable) {
        return;
    }
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    if (!lines.take(std::chrono::duration_cast<std::chrono::seconds>(now).count())) {
        return;
    }
    const bool was_checked = answer.refused->code == errc::invalid_client;
    context.log->warn("client.refused",
                      {{"address", to_text(request.from.address)},
                       {"code", row_of(answer.refused->code).code},
                       trace_field(request.trace_id),
                       {"method", client_auth_method_names()[static_cast<std::size_t>(claim.method)]},
                       {was_checked ? "reason" : "", reason_of(answer.found)},
                       {answer.record ? "client_id" : "", answer.record ? answer.record->client_id : std::string()}});
}

} // namespace

task<result<asking_client>> authenticated_client(app_context& context, const http_request& request,
                                                 const parameters& form) {
    if (context.client_proofs == nullptr) {
        co_return asking_client{};
    }
    const client_claim claim = claim_of(request, form);
    const std::string token_endpoint = token_endpoint_of(context.settings.issuer);
    auto asking = context.client_proofs->authenticate(claim, text_of(form, "grant_type"), token_endpoint, request.from);
    client_answer answer = co_await std::move(asking);
    if (answer.refused) {
        log_refusal(context, request, claim, answer);
        co_return *std::move(answer.refused);
    }
    co_return asking_client{std::move(answer.record), std::move(answer.found.taken)};
}

std::span<const std::string_view> client_parameters() {
    return form_parameters;
}

std::span<const std::string_view> client_authentication_methods() {
    return client_auth_method_names();
}

http_response client_refusal(const http_request& request, const failure& why) {
    http_response response = oauth_response(why);
    const std::string_view field = trim(request.authorization.value_or(""));
    if (why.code == errc::invalid_client && equals_ignoring_case(field.substr(0, field.find(' ')), "basic")) {
        response.headers.emplace_back("WWW-Authenticate", basic_challenge);
    }
    return response;
}

http_response with_proof_spent(app_context& context, const http_request& request, const asking_client& client,
                               http_response answer) {
    if (client.proof.id.empty() || context.client_proofs == nullptr || answer.status >= 300) {
        return answer;
    }
    const result<void> spent = context.client_proofs->spend(client.number(), client.proof);
    return spent ? std::move(answer) : client_refusal(request, spent.error());
}

} // namespace pawl::app
