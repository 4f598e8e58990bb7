// What /token can do: its grants (RFC 6749 1.3), one row each, and before them who the client is. A grant that is added
// is a function and a row (docs/adding.md).
#pragma once

#include "app/handler/support.hpp"
#include "app/http/context.hpp"
#include "app/http/parameters.hpp"
#include "core/jwt/client_assertion.hpp"
#include "core/provider/client.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

// The client that asks. Without a record: the first party's, which proves nothing.
struct asking_client {
    client_ptr record;
    assertion_claims proof{}; // of private_key_jwt: with_proof_spent() takes it
    client_number number() const { return record == nullptr ? first_party_client : record->number; }
};

// A request for tokens, once its client is known. Views and references outlive the coroutines that are given it.
struct token_request {
    app_context& context;
    const http_request& request;
    const parameters& body;
    asking_client client;
};

// Which client asks (RFC 6749 2.3), proven in the way that its record wants. Refuses invalid_client,
// validation_failed (invalid_request), too_many_attempts, too_many_assertions and storage_unavailable. Awaited
// directly.
task<result<asking_client>> authenticated_client(app_context& context, const http_request& request,
                                                 const parameters& form);
// oauth_response(), and the challenge that RFC 6749 5.2 wants where the client used Basic. For every refusal of a
// handler that asks authenticated_client().
http_response client_refusal(const http_request& request, const failure& why);
// The answer, once what proved the client is spent; the refusal instead of a good answer, where it was spent meanwhile.
// The last thing that a handler does that asked authenticated_client().
http_response with_proof_spent(app_context& context, const http_request& request, const asking_client& client,
                               http_response answer);
// What it reads of the form, beside grant_type. Static.
std::span<const std::string_view> client_parameters();
// The ways of proof by their names in the registry of RFC 7591, "token_endpoint_auth_method". Static.
std::span<const std::string_view> client_authentication_methods();

struct grant {
    std::string_view name;                        // the value of grant_type
    std::span<const std::string_view> parameters; // that it reads, beside grant_type; it ignores all others
    task<http_response> (*handle)(const token_request& asked);
};

// The table. Static; tests compare it with the OpenAPI document and with the metadata.
std::span<const grant> all_grants();
// The row of the form's grant_type; the password's where that is absent or empty, as FastAPI's
// OAuth2PasswordRequestForm allows. Null if there is none of that name.
const grant* grant_of(const parameters& form);

// How a refusal is said: as a problem (RFC 9457), or as RFC 6749 5.2 has it.
using refusal_answer = http_response (*)(const failure& why);
using factor_answer = http_response (*)(const wanted_factor& wanted); // where a second factor is wanted
http_response as_problem(const failure& why);

// Parameters of any grant that may be given more than once (RFC 8707, RFC 8693). Static.
std::span<const std::string_view> repeatable_parameters();

// What `resource` (and `audience`, if the grant says the same by it) names, each once; at most as many as a client may
// have. invalid_target for what is no API's identifier, or more.
result<std::vector<std::string>> read_resources(const parameters& form, bool takes_audience);

// As families and access tokens know the client that asks.
token_client client_of(const token_request& asked);

// The exchange of an authorization code (RFC 6749 4.1.3); app/handler/code_grant.cpp. Awaited directly.
task<http_response> authorization_code_grant(const token_request& asked);

// A token for the client itself (RFC 6749 4.4); app/handler/machine_grant.cpp. Awaited directly.
task<http_response> client_credentials_grant(const token_request& asked);

// Log in by name and password, and answer with tokens. /login does it for the first party, /token as a grant. Awaited
// directly.
task<http_response> answer_login(const token_request& asked, refusal_answer refused, factor_answer factor_wanted);

// Exchange a refresh token, as /refresh does for the first party and /token as a grant. begin_refresh() reads the
// request and gives the exchange, which refers to nothing of it; or the answer to a request that is refused. Only
// answer_refresh() is a coroutine: Asio does not reuse a frame of over a kilobyte (docs/performance-notes.md).
meaning<task<result<refreshed>>> begin_refresh(const token_request& asked, refusal_answer refused);
task<http_response> answer_refresh(meaning<task<result<refreshed>>> begun, refusal_answer refused);

} // namespace pawl::app
