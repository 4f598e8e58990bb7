// What a token says of itself, without any key: never proof of anything.
#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

namespace pawl::tools {

// {"kind":"access","header":{},"claims":{},"signature_bytes":N} of a compact JWS (RFC 7515), or
// {"kind":"refresh","version":1,"key_id":N,"family":"hex","generation":N} of a refresh token. Nothing for text
// that is neither, or not strict base64url of strict JSON objects. Pure.
std::optional<boost::json::object> decode_token(std::string_view token);

} // namespace pawl::tools
