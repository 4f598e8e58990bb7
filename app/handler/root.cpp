#include "app/dto/json_text.hpp"
#include "app/handler/handlers.hpp"
#include "app/negotiation.hpp"
#include "app/openapi/document.hpp"
#include "app/web/assets.hpp"

namespace pawl::app {

namespace {

constexpr std::string_view page_policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
                                         "form-action 'none'; frame-ancestors 'none'";

// Relative, so that they hold behind a proxy that serves Pawl under a prefix.
constexpr std::string_view links = R"({"openapi":"openapi.json","docs":"docs","jwks":".well-known/jwks.json",)"
                                   R"("health":"healthz","ready":"readyz","metrics":"metrics"})";

} // namespace

task<http_response> handle_root(app_context& context, const http_request& request) {
    http_response response;
    response.headers.emplace_back("Vary", "Accept");
    response.headers.emplace_back("Cache-Control", "no-cache");
    if (prefers_html(request.accept)) {
        const asset& page = *find_asset("page/index.html");
        response.content_type = page.content_type;
        response.headers.emplace_back("Content-Security-Policy", page_policy);
        response.body = fill_template(plain_text(page), context.settings.issuer, context.version, template_kind::html);
        co_return response;
    }
    response.content_type = "application/json";
    json_object_writer(response.body)
        .member("name", "pawl")
        .member("version", context.version)
        .member("issuer", context.settings.issuer)
        .raw("links", links)
        .end();
    co_return response;
}

} // namespace pawl::app
