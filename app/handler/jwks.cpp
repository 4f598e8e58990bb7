#include "app/handler/rows.hpp"
#include "core/jwt/key_ring.hpp"

#include <string>

namespace pawl::app {

namespace {

// RFC 7517 5. Cached for a few minutes: a key is in it for twice as long before it signs, so that also a verifier that
// does not ask again for a kid it does not know has it by then.
task<http_response> handle_jwks(app_context& context, const http_request& /*request*/) {
    http_response response;
    response.content_type = "application/json"; // application/jwk-set+json puzzles more clients than it helps
    response.headers.emplace_back("Cache-Control", "public, max-age=" + std::to_string(jwks_max_age.count()));
    response.body = context.keys()->jwks();
    co_return response;
}

using enum http_method;

constexpr route rows[] = {
    {get, "/.well-known/jwks.json", handle_jwks, "jwks", refuses()},
};

} // namespace

constinit const row_list jwks_rows(rows);

} // namespace pawl::app
