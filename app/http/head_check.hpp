// The strict layer in front of Beast's parser: what a request's header block must be before anything believes it.
//
// Beast 1.81 is lenient where an authentication server must not be (any Transfer-Encoding, trailers, obs-fold, several
// Hosts, 0x80 in a target ...). Everything of that kind is refused here, on the raw bytes. Where framing is in doubt
// the answer ends the connection, so that no byte of a refused message is ever taken for the next request. Pure; no
// allocation; views point into the block.
#pragma once

#include "app/http/errors.hpp"
#include "app/http/limits.hpp"
#include "app/http/message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::app {

// Why the check refused. Also the label of a metric; the table in head_check.cpp gives problem and sentence of each.
enum class head_refusal : std::uint8_t {
    none,
    bad_line_ending,    // LF without CR, CR without LF
    control_byte,       // NUL, DEL or another control byte in the header block
    folded_field,       // obs-fold, or white space before the first field
    bad_request_line,   // no method, target, version
    bad_method,         // not a token, too long
    bad_target,         // not origin-form, not visible ASCII, bad percent-encoding, dot segments
    foreign_authority,  // absolute-form for somebody else
    bad_version,        // HTTP/2.0 and the like
    bad_field,          // a name that is no token, white space before the colon
    transfer_encoding,  // a Transfer-Encoding other than chunked, or a Trailer
    bad_chunking,       // chunked twice, with Content-Length or in HTTP/1.0; a chunked body that is malformed
    bad_expectation,    // an Expect other than 100-continue
    bad_content_length, // not plain digits, or several
    duplicate_field,    // a second Authorization, Content-Type or Origin
    bad_host,           // none, several, malformed
    unknown_host,       // well-formed, not ours
    unexpected_body,    // with GET, HEAD, OPTIONS
    content_coding,     // a Content-Encoding other than identity
    target_too_long,
    headers_too_large,
    too_many_headers,
    body_too_large,
};
inline constexpr std::size_t head_refusal_count = 23;

std::string_view to_text(head_refusal why); // "bad_line_ending"
request_problem problem_of(head_refusal why);
std::string_view detail_of(head_refusal why); // a sentence for a person

// The hosts that requests may be for. Names compare without case. An entry without a port allows any port.
class host_list {
public:
    // False for text that is no host: name, IPv4, [IPv6], each with optional :port; "*" allows every well-formed host.
    bool add(std::string_view entry);
    // Others are allowed where `also` says so of a well-formed host. Any thread calls it; set before the first does.
    void allow_also(std::function<bool(std::string_view host)> also) { also_ = std::move(also); }
    // `host` is a well-formed Host value.
    bool allows(std::string_view host) const;
    bool empty() const { return entries_.empty() && !any_; }

private:
    std::vector<std::string> entries_; // lower case
    bool any_ = false;
    std::function<bool(std::string_view)> also_; // may be empty
};

// uri-host [ ":" port ] (RFC 9110 7.2), without registered names beyond letters, digits, "-", "." and "_".
bool is_well_formed_host(std::string_view host);
// Whether a well-formed host is an IPv4 address or an [IPv6] one: no name, so none that a page could have rebound.
bool is_address_host(std::string_view host);

// Looks for the end of a header block as bytes arrive, refusing early what no valid block contains: a client that
// speaks TLS or ends lines with LF gets its answer at once.
class header_scanner {
public:
    enum class outcome : std::uint8_t { incomplete, complete, refused };
    // `bytes` is all that is buffered of this request; what was seen before must be unchanged at its start.
    outcome scan(std::string_view bytes);
    std::size_t block_size() const { return line_begin_; } // where complete
    head_refusal why() const { return why_; }              // where refused
    void reset() { *this = header_scanner(); }

private:
    std::size_t line_begin_ = 0; // of the line that is not complete yet
    std::size_t seen_ = 0;       // bytes looked at
    head_refusal why_ = head_refusal::none;
};

// A header block that passed. Views into the block.
// All but the lists of lines, which only their counts make speak.
struct request_head_fields {
    http_method method = http_method::other;
    std::string_view method_text, target, path, query, host;
    std::size_t content_length = 0;
    bool http_1_1 = true;
    bool keep_alive = true;
    bool expects_continue = false;
    bool chunked = false; // then content_length is 0 until the body has been decoded
    std::optional<std::string_view> authorization, content_type, origin, user_agent, accept, accept_encoding,
        access_control_request_method, access_control_request_headers, sec_fetch_site, if_none_match, request_id,
        traceparent, accept_language;
    // The first line of each, and whether there was a second one of any of them.
    std::optional<std::string_view> x_forwarded_method, x_forwarded_proto, x_forwarded_host, x_forwarded_uri;
    bool x_forwarded_twice = false;
    std::size_t forwarded_count = 0, x_forwarded_for_count = 0, cookie_count = 0;
};

struct request_head : request_head_fields {
    // All lines of these, in order: a proxy may append a line of its own. What stands from the count on means nothing.
    static constexpr std::size_t forwarded_lines_max = 8;
    std::array<std::string_view, forwarded_lines_max> forwarded, x_forwarded_for;
    // All Cookie lines (RFC 9113 8.2.3: to be read as one, joined by "; ").
    std::array<std::string_view, cookie_lines_max> cookies;

    // As a new one, but for lines that no count has.
    void clear() { static_cast<request_head_fields&>(*this) = request_head_fields(); }
};

// `block` is a header block up to and including its empty line, nothing after. On `none` the head is filled; otherwise
// only its `origin` is specified: the one Origin that was read, if any. Every refusal closes the connection.
//
// The Host must be one of `hosts`, but for probes, which know addresses only: GET and HEAD of /healthz take any Host,
// /readyz and /metrics one that is an address. In HTTP/1.0 these and `OPTIONS /` go without a Host.
head_refusal check_header_block(std::string_view block, const host_list& hosts, request_head& head);

} // namespace pawl::app
