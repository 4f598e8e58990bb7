// Whether an answer may go to a redirect URI (RFC 6749 3.1.2.3, RFC 9700 2.1). Pure.
#pragma once

#include "core/provider/client.hpp"

#include <string_view>

namespace pawl {

// Equal as text. Of a registered http URI with the host 127.0.0.1 or [::1], for native clients also localhost, the port
// may differ (RFC 8252 7.3): an app takes whichever is free.
bool is_same_redirect_uri(std::string_view registered, std::string_view asked, bool native);
// Whether it is one of the client's.
bool is_redirect_uri_of(const client& who, std::string_view asked);

// "https://app.example:8443" of an http or https URI, as browsers name the origin of its page where the URI is written
// in lower case and without a default port. Empty for any other: what it gives holds nothing that a header or a policy
// could take for its own.
std::string_view web_origin_of(std::string_view uri);

} // namespace pawl
