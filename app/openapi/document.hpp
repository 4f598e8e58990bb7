// The OpenAPI 3.1 document: app/openapi/*.json, assembled at build time (assemble.py) and embedded.
#pragma once

#include <string>
#include <string_view>

namespace pawl::app {

// With the server's URL and version filled in; with /dev/* where `development`.
std::string openapi_document(std::string_view issuer, std::string_view version, bool development);

// `text` with each @ISSUER@ and @VERSION@ replaced. What is put in is escaped for JSON strings or for HTML text.
enum class template_kind { json, html };
std::string fill_template(std::string_view text, std::string_view issuer, std::string_view version, template_kind kind);

} // namespace pawl::app
