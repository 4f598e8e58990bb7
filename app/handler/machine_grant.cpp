// The grant client_credentials (RFC 6749 4.4): a token for the client itself.
#include "core/provider/machine_grant.hpp"
#include "app/handler/grants.hpp"
#include "app/handler/support.hpp"
#include "core/service/machine_service.hpp"
#include "core/text/json_text.hpp"
#include "core/text/string_pool.hpp"

#include <string>
#include <utility>

namespace pawl::app {

namespace {

// `audience` says the same as `resource`; libraries differ in which of them they can send.
result<machine_ask> read_ask(const parameters& form) {
    machine_ask ask;
    const parameter* const scope = form.find("scope");
    if (scope != nullptr && !read_scope_parameter(scope->text.reveal(), ask.scopes)) {
        return errc::invalid_scope;
    }
    auto resources = read_resources(form, true);
    if (!resources) {
        return resources.error();
    }
    ask.resources = *std::move(resources);
    return ask;
}

http_response answer_of(issued_machine_token& token) {
    std::string out = take_pooled_string();
    out.reserve(token.access_token.size() + token.scope.size() + 128);
    json_object_writer(out)
        .plain("access_token", token.access_token)
        .plain("token_type", "Bearer")
        .member("expires_in", std::int64_t{token.expires_in.count()})
        .member("scope", token.scope)
        .end();
    give_pooled_string(std::move(token.access_token)); // wiped
    return json_answer(200, std::move(out));
}

} // namespace

task<http_response> client_credentials_grant(const token_request& asked) {
    if (asked.client.record == nullptr || asked.context.machines == nullptr) {
        co_return oauth_response(failure(errc::invalid_client)); // RFC 6749 4.4: it has to prove who it is
    }
    result<machine_ask> ask = read_ask(asked.body);
    if (!ask) {
        co_return oauth_response(ask.error());
    }
    auto pending = asked.context.machines->issue(asked.client.number(), *std::move(ask));
    auto token = co_await std::move(pending);
    if (!token) {
        co_return oauth_response(token.error());
    }
    co_return answer_of(*token);
}

} // namespace pawl::app
