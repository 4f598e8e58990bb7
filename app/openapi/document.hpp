// The OpenAPI 3.1 document. It is made of the frame (app/openapi/document.json), the descriptions beside the handlers
// (app/handler/*.json), the rows of the route table and the error table.
#pragma once

#include "app/http/route.hpp"
#include "core/account/sign_up_policy.hpp"

#include <span>
#include <string>
#include <string_view>

namespace pawl::app {

// What the page and the document say of this server.
struct server_texts {
    std::string_view issuer, version;
    std::string_view sign_up; // a sentence about it; empty if sign-up is open
};
std::string_view text_of(sign_up_mode mode);

// "get": the member of a path item that describes the method. Throws std::logic_error for those that no row may have.
std::string_view name_of(http_method method);

// The document that describes exactly `rows`, with the places of fill_template() still in it. Takes milliseconds. A row
// without a description, or with an unknown member in it, is a defect of ours: std::logic_error names it.
std::string openapi_template(std::span<const route> rows);

// `text` with each @ISSUER@, @VERSION@ and @SIGN_UP@ replaced. What is put in is escaped for JSON strings or for HTML
// text.
enum class template_kind { json, html };
std::string fill_template(std::string_view text, const server_texts& server, template_kind kind);

} // namespace pawl::app
