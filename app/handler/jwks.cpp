#include "app/handler/handlers.hpp"

namespace pawl::app {

// RFC 7517 5. Cached for a few minutes: who meets a kid that is not in it fetches it again.
task<http_response> handle_jwks(app_context& context, const http_request& /*request*/) {
    http_response response;
    response.content_type = "application/json"; // application/jwk-set+json puzzles more clients than it helps
    response.headers.emplace_back("Cache-Control", "public, max-age=300");
    response.body = context.keys()->jwks();
    co_return response;
}

} // namespace pawl::app
