// Authorization codes and what they are exchanged for (RFC 6749 4.1, OIDC Core 3.1.3), and /userinfo.
#pragma once

#include "core/provider/authorization_code.hpp"
#include "core/service/services.hpp"

#include <optional>
#include <string>
#include <string_view>

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
    explicit code_service(service_context context) : context_(std::move(context)) {}

    // The text of a code, once all that it rests on is durable. storage_unavailable.
    task<result<secret_string>> issue(authorization_code code);

    // C1 to C6 (docs/architecture.md). invalid_grant (also where the code was used: then it ends the family, with an
    // event, and the sentence says so), invalid_target, storage_unavailable. With `openid` there is an ID token.
    task<result<issued_tokens>> exchange(token_client asking, code_presentation shown, caller from);

    // The JSON of /userinfo for this access token (OIDC Core 5.3). missing_access_token, invalid_access_token,
    // insufficient_scope (no `openid`), storage_unavailable.
    task<result<std::string>> userinfo(std::string_view access_token);

private:
    service_context context_;
};

} // namespace pawl
