#include "app/http/head_check.hpp"

#include "app/http/request_target.hpp"
#include "core/text/ascii.hpp"

#include <boost/assert.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace pawl::app {
namespace {

namespace http = boost::beast::http;
using boost::beast::iequals;
using beast_view = boost::beast::string_view;

struct refusal_row {
    std::string_view name;
    request_problem problem;
    std::string_view detail;
};

// In the order of head_refusal.
constexpr std::array<refusal_row, head_refusal_count> refusal_table{{
    {"none", request_problem::internal, ""},
    {"bad_line_ending", request_problem::malformed_request, "Lines of a header must end in CR LF."},
    {"control_byte", request_problem::malformed_request, "The header contains a control byte."},
    {"folded_field", request_problem::malformed_request, "Header fields must not be folded over several lines."},
    {"bad_request_line", request_problem::malformed_request, "The request line is not \"method target version\"."},
    {"bad_method", request_problem::malformed_request, "The method is not a token or too long."},
    {"bad_target", request_problem::malformed_request, "The request target is not a plain path with a query."},
    {"foreign_authority", request_problem::malformed_request, "The request target names another host than Host."},
    {"bad_version", request_problem::http_version, "Only HTTP/1.1 and HTTP/1.0 are spoken here."},
    {"bad_field", request_problem::malformed_request, "A header field is malformed."},
    {"transfer_encoding", request_problem::transfer_encoding,
     "The only Transfer-Encoding that is taken is chunked, without trailers."},
    {"bad_chunking", request_problem::malformed_request,
     "The body is not well-formed in chunks, or has both chunks and a Content-Length."},
    {"bad_expectation", request_problem::expectation_failed, ""},
    {"bad_content_length", request_problem::malformed_request, "Content-Length must be one decimal number."},
    {"duplicate_field", request_problem::malformed_request, "A header field that may appear once appears twice."},
    {"bad_host", request_problem::malformed_request, "Exactly one well-formed Host is required."},
    {"unknown_host", request_problem::misdirected_request,
     "This server does not answer for that Host. If it should, start it with --allowed-host."},
    {"unexpected_body", request_problem::malformed_request, "This method takes no body."},
    {"content_coding", request_problem::unsupported_media_type, "Encoded bodies are not supported."},
    {"target_too_long", request_problem::target_too_long, ""},
    {"headers_too_large", request_problem::headers_too_large, ""},
    {"too_many_headers", request_problem::headers_too_large, "Too many header fields."},
    {"body_too_large", request_problem::body_too_large, ""},
}};

const refusal_row& row_of(head_refusal why) {
    return refusal_table[static_cast<std::size_t>(why)];
}

http_method method_of(http::verb v) {
    switch (v) {
    case http::verb::get:
        return http_method::get;
    case http::verb::head:
        return http_method::head;
    case http::verb::post:
        return http_method::post;
    case http::verb::put:
        return http_method::put;
    case http::verb::patch:
        return http_method::patch;
    case http::verb::delete_:
        return http_method::delete_;
    case http::verb::options:
        return http_method::options;
    default:
        return http_method::other;
    }
}

// Digits only: Beast takes "5,5".
std::optional<std::size_t> content_length_of(std::string_view text) {
    constexpr std::size_t digits_max = 18; // no overflow
    if (text.empty() || text.size() > digits_max || !std::all_of(text.begin(), text.end(), is_digit)) {
        return std::nullopt;
    }
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

constexpr std::string_view forwarded_names = "x-forwarded-";

// Beast's parser does the syntax; the callbacks keep what the program cares about and refuse what it must not believe.
class head_parser final : public http::basic_parser<true> {
public:
    explicit head_parser(request_head& head) : head_(head) {
        body_limit(boost::none);
        header_limit(static_cast<std::uint32_t>(long_header_block_size_max));
    }
    head_refusal why = head_refusal::none;
    std::string_view authority; // of absolute-form
    bool has_host = false, has_length = false;

private:
    using error_code = boost::beast::error_code;

    void refuse(head_refusal w, error_code& ec) {
        why = w;
        ec = http::error::bad_value; // any: `why` is what counts
    }
    void keep_once(std::optional<std::string_view>& slot, std::string_view value, error_code& ec) {
        if (slot) {
            slot.reset(); // of two, neither is believed
            return refuse(head_refusal::duplicate_field, ec);
        }
        slot = value;
    }
    static void keep_first(std::optional<std::string_view>& slot, std::string_view value) {
        if (!slot) {
            slot = value;
        }
    }

    void on_request_impl(http::verb v, beast_view method, beast_view target, int version, error_code& ec) override {
        if (method.size() > method_size_max) {
            return refuse(head_refusal::bad_method, ec);
        }
        head_.method = method_of(v);
        head_.method_text = method;
        head_.target = target;
        head_.http_1_1 = version == 11;
        const head_refusal w = split_target(head_, authority);
        if (w != head_refusal::none) {
            refuse(w, ec);
        }
    }

    void on_field_impl(http::field f, beast_view name, beast_view value, error_code& ec) override {
        if (++count_ > header_count_max) {
            return refuse(head_refusal::too_many_headers, ec);
        }
        if (f == http::field::unknown) {
            return on_other_field(name, value);
        }
        on_known_field(f, value, ec);
    }

    void on_known_field(http::field f, std::string_view value, error_code& ec) {
        switch (f) {
        case http::field::host:
            if (has_host || !is_well_formed_host(value)) {
                return refuse(head_refusal::bad_host, ec);
            }
            has_host = true;
            head_.host = value;
            return;
        case http::field::content_length: {
            const std::optional<std::size_t> length = content_length_of(value);
            if (has_length || !length) {
                return refuse(head_refusal::bad_content_length, ec);
            }
            has_length = true;
            head_.content_length = *length;
            return;
        }
        case http::field::transfer_encoding:
            // Exactly so: any other spelling is one that somebody on the way may read otherwise.
            if (value != "chunked") {
                return refuse(head_refusal::transfer_encoding, ec);
            }
            head_.chunked = true;
            return;
        case http::field::trailer:
            return refuse(head_refusal::transfer_encoding, ec);
        case http::field::content_encoding:
            if (!iequals(value, "identity")) {
                refuse(head_refusal::content_coding, ec);
            }
            return;
        case http::field::expect:
            head_.expects_continue = iequals(value, "100-continue");
            if (!head_.expects_continue && head_.http_1_1) { // RFC 9110 10.1.1: 1.0 does not know it
                refuse(head_refusal::bad_expectation, ec);
            }
            return;
        case http::field::authorization:
            return keep_once(head_.authorization, value, ec);
        case http::field::content_type:
            return keep_once(head_.content_type, value, ec);
        case http::field::origin:
            return keep_once(head_.origin, value, ec);
        case http::field::cookie:
            return keep_cookie(value, ec);
        case http::field::user_agent:
            return keep_first(head_.user_agent, value);
        case http::field::accept:
            return keep_first(head_.accept, value);
        case http::field::accept_encoding:
            return keep_first(head_.accept_encoding, value);
        case http::field::accept_language:
            return keep_first(head_.accept_language, value);
        case http::field::if_none_match:
            return keep_first(head_.if_none_match, value);
        case http::field::sec_fetch_site:
            return keep_first(head_.sec_fetch_site, value);
        case http::field::forwarded:
            return keep_line(head_.forwarded, head_.forwarded_count, value);
        case http::field::access_control_request_method:
            return keep_first(head_.access_control_request_method, value);
        case http::field::access_control_request_headers:
            return keep_first(head_.access_control_request_headers, value);
        default:
            return;
        }
    }

    void on_other_field(std::string_view name, std::string_view value) {
        if (iequals(name, "x-request-id")) {
            // Two of them: neither is believed.
            head_.request_id = head_.request_id ? std::string_view() : value;
        } else if (iequals(name, "x-forwarded-for")) {
            keep_line(head_.x_forwarded_for, head_.x_forwarded_for_count, value);
        } else if (iequals(name, "traceparent")) {
            head_.traceparent = head_.traceparent ? std::string_view() : value; // as of two ids
        } else if (iequals(name.substr(0, forwarded_names.size()), forwarded_names)) {
            on_forwarded_field(name.substr(forwarded_names.size()), value);
        }
    }

    void on_forwarded_field(std::string_view name, std::string_view value) {
        std::optional<std::string_view>* const slot = iequals(name, "method")  ? &head_.x_forwarded_method
                                                      : iequals(name, "proto") ? &head_.x_forwarded_proto
                                                      : iequals(name, "host")  ? &head_.x_forwarded_host
                                                      : iequals(name, "uri")   ? &head_.x_forwarded_uri
                                                                               : nullptr;
        if (slot != nullptr) {
            head_.x_forwarded_twice = head_.x_forwarded_twice || slot->has_value();
            keep_first(*slot, value);
        }
    }

    void keep_cookie(std::string_view value, error_code& ec) {
        if (head_.cookie_count == head_.cookies.size()) {
            return refuse(head_refusal::too_many_headers, ec);
        }
        head_.cookies[head_.cookie_count++] = value;
    }

    // The proxy next to us writes the last line, so where there are too many it is the first that go.
    static void keep_line(std::array<std::string_view, request_head::forwarded_lines_max>& lines, std::size_t& count,
                          std::string_view value) {
        if (count == lines.size()) {
            std::rotate(lines.begin(), lines.begin() + 1, lines.end());
            --count;
        }
        lines[count++] = value;
    }

    void on_header_impl(error_code&) override {}
    void on_finish_impl(error_code&) override {}
    // A response, a body: never, since nothing but a request's header block is put.
    void on_response_impl(int, beast_view, int, error_code&) override { BOOST_ASSERT(false); }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override { BOOST_ASSERT(false); }
    std::size_t on_body_impl(beast_view, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, beast_view, error_code&) override { BOOST_ASSERT(false); }
    std::size_t on_chunk_body_impl(std::uint64_t, beast_view, error_code&) override { return 0; }

    request_head& head_;
    std::size_t count_ = 0;
};

// Beast calls "GET / x" and "GET /a b HTTP/1.1" bad versions, too.
bool ends_in_other_version(std::string_view block) {
    const std::string_view line = block.substr(0, block.find('\r'));
    const std::string_view last = line.substr(line.rfind(' ') + 1);
    const auto is_version = [](std::string_view v) {
        return (v.size() == 1 && is_digit(v[0])) || (v.size() == 3 && is_digit(v[0]) && v[1] == '.' && is_digit(v[2]));
    };
    return last.starts_with("HTTP/") && is_version(last.substr(5)) && last != "HTTP/1.1" && last != "HTTP/1.0";
}

head_refusal refusal_of(http::error e, std::string_view block) {
    switch (e) {
    case http::error::bad_method:
        return head_refusal::bad_method;
    case http::error::bad_target:
        return head_refusal::bad_target;
    case http::error::bad_version:
        return ends_in_other_version(block) ? head_refusal::bad_version : head_refusal::bad_request_line;
    case http::error::bad_line_ending:
        return head_refusal::bad_line_ending;
    case http::error::bad_content_length:
    case http::error::multiple_content_length:
        return head_refusal::bad_content_length;
    case http::error::bad_transfer_encoding: // chunked twice, or after a Content-Length
        return head_refusal::bad_chunking;
    case http::error::header_limit:
    case http::error::buffer_overflow:
        return head_refusal::headers_too_large;
    default:
        return head_refusal::bad_field;
    }
}

bool takes_no_body(const request_head& head) {
    return head.method == http_method::get || head.method == http_method::head || head.method == http_method::options;
}

// What is asked of the Host. Probes of balancers and orchestrators go to an address and send it, or none at all; what
// they get to see is the same for everyone.
enum class host_rule : std::uint8_t { listed, address, any };

host_rule rule_of(const request_head& head) {
    if (head.method == http_method::get || head.method == http_method::head) {
        if (head.path == "/healthz") {
            return host_rule::any;
        }
        if (head.path == "/readyz" || head.path == "/metrics") {
            return host_rule::address;
        }
    }
    return host_rule::listed;
}

bool may_be_without_host(const request_head& head, host_rule rule) {
    const bool probe = rule != host_rule::listed || (head.method == http_method::options && head.path == "/");
    return !head.http_1_1 && probe;
}

head_refusal check_host(const head_parser& parser, const host_list& hosts, const request_head& head) {
    const host_rule rule = rule_of(head);
    if (!parser.has_host) {
        return may_be_without_host(head, rule) && parser.authority.empty() ? head_refusal::none
                                                                           : head_refusal::bad_host;
    }
    if (!parser.authority.empty() && !iequals(parser.authority, head.host)) {
        return head_refusal::foreign_authority;
    }
    const bool allowed =
        rule == host_rule::any || (rule == host_rule::address && is_address_host(head.host)) || hosts.allows(head.host);
    return allowed ? head_refusal::none : head_refusal::unknown_host;
}

head_refusal check_whole(const head_parser& parser, const host_list& hosts, const request_head& head) {
    if (const head_refusal w = check_host(parser, hosts, head); w != head_refusal::none) {
        return w;
    }
    if ((head.content_length > 0 || head.chunked) && takes_no_body(head)) {
        return head_refusal::unexpected_body;
    }
    if (head.chunked && (parser.has_length || !head.http_1_1)) { // RFC 9112 6.1: signs of smuggling
        return head_refusal::bad_chunking;
    }
    return head.content_length > body_size_max ? head_refusal::body_too_large : head_refusal::none;
}

} // namespace

std::string_view to_text(head_refusal why) {
    return row_of(why).name;
}

request_problem problem_of(head_refusal why) {
    return row_of(why).problem;
}

std::string_view detail_of(head_refusal why) {
    return row_of(why).detail;
}

head_refusal check_header_block(std::string_view block, const host_list& hosts, request_head& head) {
    BOOST_ASSERT(block.ends_with("\r\n\r\n") && block.size() <= long_header_block_size_max);
    head.clear();
    head_parser parser(head);
    boost::beast::error_code ec;
    const std::size_t used = parser.put(boost::asio::buffer(block.data(), block.size()), ec);
    if (parser.why != head_refusal::none) {
        return parser.why;
    }
    if (ec) {
        return ec.category() == http::make_error_code(http::error::bad_field).category()
                   ? refusal_of(static_cast<http::error>(ec.value()), block)
                   : head_refusal::bad_field;
    }
    if (used != block.size() || !parser.is_header_done()) {
        return head_refusal::bad_field; // our idea of where the block ends isn't Beast's
    }
    head.keep_alive = parser.keep_alive();
    head.expects_continue = head.expects_continue && head.http_1_1; // RFC 9110 10.1.1: 1.0 doesn't know it
    return check_whole(parser, hosts, head);
}

} // namespace pawl::app
