// /openapi.json and Swagger UI.
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/http/errors.hpp"
#include "app/http/negotiation.hpp"
#include "app/openapi/document.hpp"
#include "app/page/brand.hpp"
#include "app/web/assets.hpp"
#include "core/text/header_text.hpp"

#include <string>

namespace pawl::app {

namespace {

// Swagger UI sets styles through the CSSOM, which needs no exception; some of its icons are data: images.
constexpr std::string_view docs_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// RFC 9110 13.1.2: a list of tags, or "*"; compared weakly.
bool is_current(const http_request& request, std::string_view etag) {
    std::string_view rest = request.if_none_match.value_or("");
    const auto opaque = [](std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; };
    while (!rest.empty()) {
        const std::string_view tag = trim(take_until(rest, ','));
        if (tag == "*" || opaque(tag) == opaque(etag)) {
            return true;
        }
    }
    return false;
}

// Without a body yet: 304, or 200.
http_response kept_answer(const http_request& request, std::string_view etag) {
    http_response response;
    response.headers.emplace_back("ETag", etag);
    response.headers.emplace_back("Cache-Control", "no-cache"); // kept, but asked about: names carry no version
    response.status = is_current(request, etag) ? 304 : 200;
    return response;
}

http_response asset_answer(const http_request& request, const asset& a) {
    http_response response = kept_answer(request, a.etag);
    response.headers.emplace_back("Vary", "Accept-Encoding");
    if (response.status == 304) {
        return response;
    }
    response.content_type = a.content_type;
    if (accepts_gzip(request.accept_encoding)) {
        response.headers.emplace_back("Content-Encoding", "gzip");
        response.static_body = a.gzip;
    } else {
        response.static_body = plain_text(a);
    }
    return response;
}

// Made when it is first asked for, then kept.
std::string_view document_template(bool development) {
    if (development) {
        static const std::string with_dev = openapi_template(all_routes(true));
        return with_dev;
    }
    static const std::string text = openapi_template(all_routes(false));
    return text;
}

task<http_response> handle_openapi(app_context& context, const http_request& /*request*/) {
    http_response response;
    response.content_type = "application/json";
    response.headers.emplace_back("Cache-Control", "no-cache");
    const std::string_view sign_up = text_of(context.settings.sign_up.mode);
    response.body = fill_template(document_template(context.development),
                                  {context.settings.issuer, context.version, sign_up}, template_kind::json);
    co_return response;
}

task<http_response> handle_docs(app_context& /*context*/, const http_request& request) {
    http_response response = asset_answer(request, *find_asset("page/docs.html"));
    response.headers.emplace_back("Content-Security-Policy", docs_policy);
    co_return response;
}

task<http_response> handle_docs_asset(app_context& /*context*/, const http_request& request) {
    const asset* found = find_asset(request.path_parameter);
    if (found == nullptr) {
        co_return problem_response(request_problem::not_found);
    }
    co_return asset_answer(request, *found);
}

// Of the brand, whose texts live as long as the process.
http_response brand_answer(const http_request& request, std::string_view type, std::string_view etag,
                           std::string_view bytes) {
    http_response response = kept_answer(request, etag);
    if (response.status != 304) {
        response.content_type = type;
        response.static_body = bytes;
    }
    return response;
}

task<http_response> handle_page_style(app_context& /*context*/, const http_request& request) {
    const page_brand& brand = brand_of_pages();
    if (brand.style.empty()) {
        co_return asset_answer(request, *find_asset("page/pages.css"));
    }
    co_return brand_answer(request, "text/css; charset=utf-8", brand.style_etag, brand.style);
}

// Opened by itself, a picture runs nothing and loads nothing either.
task<http_response> handle_logo(app_context& /*context*/, const http_request& request) {
    const page_brand& brand = brand_of_pages();
    http_response response = brand.logo.empty() ? asset_answer(request, *find_asset("pawl.svg"))
                                                : brand_answer(request, brand.logo_type, brand.logo_etag, brand.logo);
    response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    co_return response;
}

using enum http_method;

constexpr route rows[] = {
    {get, "/openapi.json", handle_openapi, "openapi", refuses()},
    {get, "/docs", handle_docs, "docs", refuses()},
    {get, "/docs/{id}", handle_docs_asset, "docs_asset", refuses(request_problem::not_found)},
    {get, "/pages.css", handle_page_style, "pages_style", refuses()},
    {get, "/brand/logo", handle_logo, "brand_logo", refuses()},
    // Pages at protected hosts refer to what stands beside them.
    {get, "/.pawl/pages.css", handle_page_style, "forward_style", refuses()},
    {get, "/.pawl/brand/logo", handle_logo, "forward_mark", refuses()},
};

} // namespace

constinit const row_list docs_rows(rows);

} // namespace pawl::app
