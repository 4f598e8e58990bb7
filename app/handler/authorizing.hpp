// What /authorize and the pages behind it share: from a request for authorization to the page or the answer that comes
// next.
#pragma once

#include "app/http/context.hpp"
#include "core/provider/authorization_request.hpp"
#include "core/service/web_session_service.hpp"

#include <string>
#include <string_view>

namespace pawl::app {

// A target has room for 6 KiB; a capsule goes back into one.
inline constexpr std::size_t flow_text_size_max = 5 * 1024;

// The cookie of the browser's session, as it came; empty: none.
std::string_view session_cookie_in(const app_context& context, const http_request& request);
// Sets or clears it, as the visit says.
void add_cookie(const app_context& context, const http_request& request, const web_visit& visit,
                http_response& response);

// Whether a form was sent by one of our own pages.
bool is_of_our_page(const app_context& context, const http_request& request);

// A page that says what is wrong.
http_response authorization_error_page(const http_request& request, unsigned status, std::string error,
                                       std::string sentence);
// To the client, or to a page where the refusal has no target.
http_response answer_refusal(const app_context& context, const http_request& request, const authorization_refusal& why);
// 303 to GET /authorize with the capsule.
http_response see_authorize(std::string_view capsule);

// The flow of a capsule; one older than flow_ttl starts its request over. std::nullopt if it is not ours.
std::optional<flow> read_flow(const app_context& context, std::string_view capsule);

// Decides what comes next and answers it. Awaited directly.
task<http_response> go_on(app_context& context, const http_request& request, flow f, web_visit visit,
                          authorization_progress progress);

} // namespace pawl::app
