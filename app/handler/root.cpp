#include "app/handler/rows.hpp"
#include "app/http/negotiation.hpp"
#include "app/openapi/document.hpp"
#include "app/web/assets.hpp"
#include "core/text/json_text.hpp"

namespace pawl::app {

namespace {

constexpr std::string_view page_policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
                                         "form-action 'none'; frame-ancestors 'none'";

// Relative, so that they hold behind a proxy that serves Pawl under a prefix.
constexpr std::string_view links = R"({"openapi":"openapi.json","docs":"docs","jwks":".well-known/jwks.json",)"
                                   R"("health":"healthz","ready":"readyz","metrics":"metrics")";
constexpr std::string_view development_links =
    R"(,"clock":"dev/clock","realms":"dev/realms","requests":"dev/requests","faults":"dev/faults")";

// Where the page has what only --dev offers.
constexpr std::string_view development_place = "@DEVELOPMENT@";

std::string page_text(bool development) {
    std::string text(plain_text(*find_asset("page/index.html")));
    const std::string_view section = development ? plain_text(*find_asset("page/dev.html")) : std::string_view();
    return text.replace(text.find(development_place), development_place.size(), section);
}

task<http_response> handle_root(app_context& context, const http_request& request) {
    http_response response;
    response.headers.emplace_back("Vary", "Accept");
    response.headers.emplace_back("Cache-Control", "no-cache");
    const std::string_view sign_up = text_of(context.settings.sign_up.mode);
    if (prefers_html(request.accept)) {
        response.content_type = find_asset("page/index.html")->content_type;
        response.headers.emplace_back("Content-Security-Policy", page_policy);
        response.body = fill_template(page_text(context.development),
                                      {context.settings.issuer, context.version, sign_up}, template_kind::html);
        co_return response;
    }
    response.content_type = "application/json";
    json_object_writer(response.body)
        .member("name", "pawl")
        .member("version", context.version)
        .member("issuer", context.settings.issuer)
        .member("sign_up", to_text(context.settings.sign_up.mode))
        .raw("links", std::string(links) + std::string(context.development ? development_links : "") + "}")
        .end();
    co_return response;
}

using enum http_method;

constexpr route rows[] = {
    {get, "/", handle_root, "root", refuses()},
};

} // namespace

constinit const row_list root_rows(rows);

} // namespace pawl::app
