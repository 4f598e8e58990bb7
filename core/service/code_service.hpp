// Authorization codes and what they are exchanged for (RFC 6749 4.1, OIDC Core 3.1.3), and /userinfo.
#pragma once

#include "core/provider/authorization_code.hpp"
#include "core/service/grant_tokens.hpp"
#include "core/service/services.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

struct code_presentation {
    secret_string code;
    std::optional<std::string> redirect_uri;
    std::optional<std::string> code_verifier;
    std::vector<std::string> resources; // RFC 8707: narrows the access token
};

class code_service {
public:
    // `context.entities` and `context.signer` are not null.
    explicit code_service(service_context context);

    // The text of a code, once all that it rests on is durable. It is good for --code-ttl from now on. Where its family
    // is there already (Back, and Allow once more) it is made for another. storage_unavailable.
    task<result<secret_string>> issue(authorization_code code);

    // C1 to C6 (docs/architecture.md). invalid_code; code_reused where the code was used: then its family is ended,
    // with an event; unauthorized_client where the client's grants have no authorization_code; invalid_target,
    // claims_too_large; password_queue_full where too many signatures wait, which uses no code up;
    // storage_unavailable. With `openid` there is an ID token. Where a signature fails after all, the family is ended.
    task<result<issued_tokens>> exchange(token_client asking, code_presentation shown, caller from);

    // The claims of a genuine, unexpired token of a client's family, or of the first party's where those name an
    // audience, for any audience, which the caller looks at; its signature is not checked again where it was a moment
    // ago.
    std::optional<access_claims> read(std::string_view access_token) const;

    // The JSON of /userinfo for this access token (OIDC Core 5.3). missing_access_token, invalid_access_token,
    // insufficient_scope (no `openid`), storage_unavailable. Awaited directly: the view outlives the call.
    task<result<std::string>> userinfo(std::string_view access_token);

private:
    service_context context_;
    grant_token_reader tokens_;
    std::unique_ptr<verified_tokens> known_; // of the first party, to read()
};

} // namespace pawl
