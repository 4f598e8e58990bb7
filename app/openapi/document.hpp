// The OpenAPI 3.1 document: app/openapi/*.json, assembled at build time (assemble.py) and embedded.
#pragma once

#include <string>
#include <string_view>

namespace pawl::app {

// What the page and the document say of this server.
struct server_texts {
    std::string_view issuer, version;
    std::string_view sign_up; // a sentence about it; empty where it is open
};
inline constexpr std::string_view sign_up_closed_text =
    "This server takes no sign-ups: an operator makes the accounts.";

// Filled in; with /dev/* where `development`.
std::string openapi_document(const server_texts& server, bool development);

// `text` with each @ISSUER@, @VERSION@ and @SIGN_UP@ replaced. What is put in is escaped for JSON strings or for HTML
// text.
enum class template_kind { json, html };
std::string fill_template(std::string_view text, const server_texts& server, template_kind kind);

} // namespace pawl::app
