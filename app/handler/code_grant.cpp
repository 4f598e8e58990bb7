// The grant authorization_code (RFC 6749 4.1.3, OIDC Core 3.1.3): a code for tokens of the user who allowed it.
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/grants.hpp"
#include "app/handler/support.hpp"
#include "core/service/code_service.hpp"

#include <utility>

namespace pawl::app {

task<http_response> authorization_code_grant(const token_request& asked) {
    if (asked.client.record == nullptr || asked.context.codes == nullptr) {
        co_return oauth_response(failure(errc::invalid_client)); // RFC 6749 4.1.3: it says who it is
    }
    // Codes for forward auth are exchanged by /.pawl/callback, within the process.
    if (!asked.client.record->authorization_code || asked.client.record->is_forward()) {
        co_return oauth_response(failure(errc::unauthorized_client));
    }
    auto wanted = read_code_request(asked.body);
    if (!wanted) {
        co_return oauth_response(wanted.error());
    }
    auto resources = read_resources(asked.body, false);
    if (!resources) {
        co_return oauth_response(resources.error());
    }
    code_presentation shown{std::move(wanted->code), std::move(wanted->redirect_uri), std::move(wanted->code_verifier),
                            *std::move(resources)};
    auto pending = asked.context.codes->exchange(client_of(asked), std::move(shown), asked.request.from);
    auto tokens = co_await std::move(pending);
    if (!tokens) {
        co_return oauth_response(tokens.error());
    }
    co_return json_answer(200, to_json_and_wipe(*tokens));
}

} // namespace pawl::app
