// HTTP as handlers see it: a request already parsed and bounded, a response not yet written. No Beast, no sockets, so a
// handler compiles fast and is tested without either.
#pragma once

#include "app/http/response_stream.hpp"
#include "core/family/family.hpp"
#include "core/service/services.hpp"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pawl::app {

enum class http_method : std::uint8_t { get, head, post, put, patch, delete_, options, other };

// Views point into the connection's buffer and live until the response has been written.
struct http_request {
    http_method method = http_method::other;
    std::string_view method_text;
    std::string_view target; // as sent: origin-form
    std::string_view path;   // the target before '?'; visible ASCII; as routed
    std::string_view realm;  // --dev: what stood before it as /t/{name}; else empty
    std::string_view head;   // the header block as it came
    std::string_view query;  // after '?', undecoded
    std::string_view body;
    // Header fields the program cares about; empty and absent are told apart where it matters.
    std::optional<std::string_view> authorization, content_type, origin, user_agent, accept, host, cookie,
        access_control_request_method, access_control_request_headers, sec_fetch_site, if_none_match, forwarded,
        x_forwarded_for, accept_encoding, accept_language;
    // X-Forwarded-Method, -Proto, -Host, -Uri as they came, from anyone: of the first line of each.
    std::optional<std::string_view> x_forwarded_method, x_forwarded_proto, x_forwarded_host, x_forwarded_uri;
    bool x_forwarded_twice = false;  // one of these four came more than once
    bool from_trusted_proxy = false; // the direct peer is one of --trusted-proxy
    std::string path_parameter;      // what {id} matched, as sent
    std::string second_parameter;    // what {serial} matched, too
    std::string request_id;          // also in the response and in the log
    std::string_view trace_id;       // of `traceparent`; empty: none. Only for the log
    caller from;                     // address after --trusted-proxy, and agent
    bool keep_alive = true;
    bool from_admin_socket = false; // came over the admin socket, whose peers may administer
};

struct http_response {
    unsigned status = 200;
    std::string_view content_type; // static text; empty with an empty body
    std::string body;
    // Names are static text; values free of CR and LF. As many as nearly every answer has need no memory of their own.
    boost::container::small_vector<std::pair<std::string_view, std::string>, 4> headers;
    std::string_view static_body;            // instead of body, for embedded assets: outlives the program
    std::shared_ptr<response_stream> stream; // instead of body: what is sent until it ends, and the connection with it
    bool close = false;                      // close the connection after it
    bool dropped = false;                    // --dev: nothing is sent at all, the connection just ends
};

} // namespace pawl::app
