// What /authorize and the pages behind it share: from a request for authorization to the page or the answer that comes
// next.
#pragma once

#include "app/http/context.hpp"
#include "app/http/errors.hpp"
#include "app/http/form.hpp"
#include "app/page/pages.hpp"
#include "core/provider/authorization_request.hpp"
#include "core/service/web_session_service.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::app {

// A target has room for 6 KiB; a capsule goes back into one.
inline constexpr std::size_t flow_text_size_max = 5 * 1024;
inline constexpr std::size_t posted_request_size_max = 4 * 1024; // of POST /authorize and /end_session

// Whether this server signs in people for clients: its keys are no secret that clients share (no HS256).
bool signs_in_for_clients(const app_context& context);

// unauthorized_client where the request wants an ID token and there is no key that signs it for this client: its code
// could never be exchanged.
std::optional<failure> no_key_for(const app_context& context, const authorization_request& asked, const client& who,
                                  timestamp now);

// --- The browser's session.
// The cookie as it came; empty: none.
std::string_view session_cookie_in(const app_context& context, const http_request& request);
// Sets or clears it, as the visit says.
void add_cookie(const app_context& context, const http_request& request, const web_visit& visit,
                http_response& response);

// Whether a form was sent by one of our own pages: another site's signs no user in, and allows nothing.
bool is_of_our_page(const http_request& request);

// How a page for this request looks: `ui_locales` says the language before the browser does; `redirect_uri` is where
// the answer to its form may go (empty: nowhere).
page_look look_of(const http_request& request, std::string_view ui_locales, std::string_view redirect_uri);

// Scopes by name, with their texts where they have one.
std::vector<std::pair<std::string, std::string>> scope_texts_of(const scope_set& scopes, const catalogue& all,
                                                                language tongue);

// --- Pages that say what is wrong, in the reader's language as far as the browser tells it.
http_response error_page(const http_request& request, unsigned status, std::string error, std::string sentence);
http_response error_page(const http_request& request, const failure& why);
http_response error_page(const http_request& request, request_problem problem);
http_response error_page_of_foreign_form(const http_request& request);
http_response error_page_of_lost_flow(const http_request& request); // the capsule is not ours
http_response error_page_of_no_provider(const http_request& request);

// --- Requests.
// Every name that may be in a request for authorization or sign-out, as often as it came: who reads them says which may
// not come twice. std::nullopt where the text is no form.
std::optional<authorization_parameters> read_parameters(std::string_view text);
// The text that a capsule may be in: `request_uri` of ours. Empty: none.
std::string_view capsule_of(const authorization_parameters& given, std::string_view prefix);

// To the client, or to a page where the refusal has no target.
http_response answer_refusal(const app_context& context, const http_request& request, const authorization_refusal& why);
// 303 (RFC 9700 4.12: never one that repeats the POST).
http_response see_other(std::string location);

// The flow of a capsule; one older than flow_ttl starts its request over. std::nullopt if it is not ours.
std::optional<flow> read_flow(const app_context& context, std::string_view capsule);
std::optional<std::string> write_flow(const app_context& context, const flow& f); // std::nullopt: it is too long

// Decides what comes next, and answers it. Awaited directly.
task<http_response> go_on(app_context& context, const http_request& request, flow f, web_visit visit,
                          authorization_progress progress);

// The page of the flow that asks who is there, whatever the browser's session says.
http_response sign_in_page(const app_context& context, const http_request& request, const flow& f,
                           sign_in_model model = {});

} // namespace pawl::app
