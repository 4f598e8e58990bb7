#include "app/gate.hpp"

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

// In the order of gate_refusal.
constexpr std::array<refusal_row, gate_refusal_count> refusal_table{{
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
     "Transfer-Encoding and Trailer are not supported; send the body with a Content-Length."},
    {"bad_content_length", request_problem::malformed_request, "Content-Length must be one decimal number."},
    {"duplicate_field", request_problem::malformed_request, "A header field that may appear once appears twice."},
    {"bad_host", request_problem::malformed_request, "Exactly one well-formed Host is required."},
    {"unknown_host", request_problem::misdirected_request, "This server does not answer for that Host."},
    {"unexpected_body", request_problem::malformed_request, "This method takes no body."},
    {"content_coding", request_problem::unsupported_media_type, "Encoded bodies are not supported."},
    {"target_too_long", request_problem::target_too_long, ""},
    {"headers_too_large", request_problem::headers_too_large, ""},
    {"too_many_headers", request_problem::headers_too_large, "Too many header fields."},
    {"body_too_large", request_problem::body_too_large, ""},
}};

const refusal_row& row_of(gate_refusal why) {
    return refusal_table[static_cast<std::size_t>(why)];
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// No early exit, so that the compiler makes vector code of it.
bool has_control_byte(std::string_view text) {
    unsigned found = 0;
    for (const char c : text) {
        const auto b = static_cast<unsigned char>(c);
        found |= static_cast<unsigned>((b < 0x20) & (b != '\t')) | static_cast<unsigned>(b == 0x7f);
    }
    return found != 0;
}

// By the first control byte, so that it doesn't matter how the bytes arrived.
gate_refusal why_control(std::string_view text) {
    if (!has_control_byte(text)) {
        return gate_refusal::none;
    }
    const auto first = std::find_if(text.begin(), text.end(), [](char c) { return has_control_byte({&c, 1}); });
    return *first == '\r' ? gate_refusal::bad_line_ending : gate_refusal::control_byte;
}

// unreserved, sub-delims, ":", "@", "/" (RFC 3986 3.3); "%" is looked at apart.
constexpr std::array<bool, 256> make_path_table() {
    std::array<bool, 256> table{};
    for (int i = 0x21; i < 0x7f; ++i) {
        const char c = static_cast<char>(i);
        table[static_cast<std::size_t>(i)] =
            is_digit(c) || is_alpha(c) || std::string_view("-._~!$&'()*+,;=:@/").find(c) != std::string_view::npos;
    }
    return table;
}
constexpr auto path_table = make_path_table();

constexpr int hex_value(char c) {
    return is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10;
}

// "." or ".." with any of the dots percent-encoded.
bool is_dot_segment(std::string_view segment) {
    int dots = 0;
    while (!segment.empty()) {
        if (segment[0] == '.') {
            segment.remove_prefix(1);
        } else if (segment.size() >= 3 && segment[0] == '%' && segment[1] == '2' && to_lower(segment[2]) == 'e') {
            segment.remove_prefix(3);
        } else {
            return false;
        }
        ++dots;
    }
    return dots == 1 || dots == 2;
}

// A path is routed as the text it is. Percent-encoded bytes are therefore let through only where no reading of them
// changes the path's structure: no NUL, no other control byte, no "/" or "\", no dot segment.
bool is_good_path(std::string_view path) {
    bool needs_look = false;
    for (const char c : path) {
        if (!path_table[static_cast<unsigned char>(c)]) {
            if (c != '%') {
                return false;
            }
            needs_look = true;
        }
        needs_look |= c == '.';
    }
    if (!needs_look) {
        return true;
    }
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] != '%') {
            continue;
        }
        if (path.size() - i < 3 || !is_hex(path[i + 1]) || !is_hex(path[i + 2])) {
            return false;
        }
        const int byte = hex_value(path[i + 1]) * 16 + hex_value(path[i + 2]);
        if (byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\') {
            return false;
        }
    }
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        if (is_dot_segment(path.substr(begin, end - begin))) {
            return false;
        }
        begin = end + 1;
    }
    return true;
}

bool is_good_query(std::string_view query) {
    return std::all_of(query.begin(), query.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
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

// Splits origin-form, "*" and absolute-form into path and query. `authority` is that of absolute-form.
gate_refusal split_target(request_head& head, std::string_view& authority) {
    std::string_view rest = head.target;
    if (rest.size() > target_size_max) {
        return gate_refusal::target_too_long;
    }
    if (rest == "*") {
        head.path = rest;
        return head.method == http_method::options ? gate_refusal::none : gate_refusal::bad_target;
    }
    if (rest.front() != '/') {
        for (const std::string_view scheme : {"http://", "https://"}) {
            if (rest.size() > scheme.size() && iequals(rest.substr(0, scheme.size()), scheme)) {
                rest.remove_prefix(scheme.size());
                authority = rest.substr(0, rest.find_first_of("/?"));
                rest.remove_prefix(authority.size());
                break;
            }
        }
        if (authority.empty()) {
            return gate_refusal::bad_target;
        }
    }
    const std::size_t mark = rest.find('?');
    head.path = rest.substr(0, mark);
    head.query = mark == std::string_view::npos ? std::string_view() : rest.substr(mark + 1);
    if (head.path.empty()) {
        head.path = "/"; // RFC 9112 3.2.2: absolute-form with an empty path
    }
    return is_good_path(head.path) && is_good_query(head.query) ? gate_refusal::none : gate_refusal::bad_target;
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

// Beast's parser does the syntax; the callbacks keep what the program cares about and refuse what it must not believe.
class head_parser final : public http::basic_parser<true> {
public:
    explicit head_parser(request_head& head) : head_(head) {
        body_limit(boost::none);
        header_limit(static_cast<std::uint32_t>(header_block_size_max));
    }
    gate_refusal why = gate_refusal::none;
    std::string_view authority; // of absolute-form
    bool has_host = false, has_length = false;

private:
    using error_code = boost::beast::error_code;

    void refuse(gate_refusal w, error_code& ec) {
        why = w;
        ec = http::error::bad_value; // any: `why` is what counts
    }
    void keep_once(std::optional<std::string_view>& slot, std::string_view value, error_code& ec) {
        if (slot) {
            refuse(gate_refusal::duplicate_field, ec);
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
            return refuse(gate_refusal::bad_method, ec);
        }
        head_.method = method_of(v);
        head_.method_text = method;
        head_.target = target;
        head_.http_1_1 = version == 11;
        const gate_refusal w = split_target(head_, authority);
        if (w != gate_refusal::none) {
            refuse(w, ec);
        }
    }

    void on_field_impl(http::field f, beast_view name, beast_view value, error_code& ec) override {
        if (++count_ > header_count_max) {
            return refuse(gate_refusal::too_many_headers, ec);
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
                return refuse(gate_refusal::bad_host, ec);
            }
            has_host = true;
            head_.host = value;
            return;
        case http::field::content_length: {
            const std::optional<std::size_t> length = content_length_of(value);
            if (has_length || !length) {
                return refuse(gate_refusal::bad_content_length, ec);
            }
            has_length = true;
            head_.content_length = *length;
            return;
        }
        case http::field::transfer_encoding:
        case http::field::trailer:
            return refuse(gate_refusal::transfer_encoding, ec);
        case http::field::content_encoding:
            if (!iequals(value, "identity")) {
                refuse(gate_refusal::content_coding, ec);
            }
            return;
        case http::field::expect:
            head_.expects_continue = iequals(value, "100-continue");
            return;
        case http::field::authorization:
            return keep_once(head_.authorization, value, ec);
        case http::field::content_type:
            return keep_once(head_.content_type, value, ec);
        case http::field::origin:
            return keep_once(head_.origin, value, ec);
        case http::field::cookie:
            return keep_once(head_.cookie, value, ec);
        case http::field::user_agent:
            return keep_first(head_.user_agent, value);
        case http::field::accept:
            return keep_first(head_.accept, value);
        case http::field::accept_encoding:
            return keep_first(head_.accept_encoding, value);
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
        }
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

gate_refusal refusal_of(http::error e, std::string_view block) {
    switch (e) {
    case http::error::bad_method:
        return gate_refusal::bad_method;
    case http::error::bad_target:
        return gate_refusal::bad_target;
    case http::error::bad_version:
        return ends_in_other_version(block) ? gate_refusal::bad_version : gate_refusal::bad_request_line;
    case http::error::bad_line_ending:
        return gate_refusal::bad_line_ending;
    case http::error::bad_content_length:
    case http::error::multiple_content_length:
        return gate_refusal::bad_content_length;
    case http::error::bad_transfer_encoding:
        return gate_refusal::transfer_encoding;
    case http::error::header_limit:
    case http::error::buffer_overflow:
        return gate_refusal::headers_too_large;
    default:
        return gate_refusal::bad_field;
    }
}

bool takes_no_body(const request_head& head) {
    return head.method == http_method::get || head.method == http_method::head || head.method == http_method::options ||
           head.method_text == "TRACE";
}

gate_refusal check_whole(const head_parser& parser, const host_list& hosts, const request_head& head) {
    if (!parser.has_host) {
        return gate_refusal::bad_host;
    }
    if (!parser.authority.empty() && !iequals(parser.authority, head.host)) {
        return gate_refusal::foreign_authority;
    }
    if (!hosts.allows(head.host)) {
        return gate_refusal::unknown_host;
    }
    if (head.content_length > 0 && takes_no_body(head)) {
        return gate_refusal::unexpected_body;
    }
    return head.content_length > body_size_max ? gate_refusal::body_too_large : gate_refusal::none;
}

std::string_view without_port(std::string_view host) {
    const std::size_t from = host.starts_with('[') ? host.find(']') : 0;
    return from == std::string_view::npos ? host : host.substr(0, host.find(':', from));
}

} // namespace

std::string_view to_text(gate_refusal why) {
    return row_of(why).name;
}

request_problem problem_of(gate_refusal why) {
    return row_of(why).problem;
}

std::string_view detail_of(gate_refusal why) {
    return row_of(why).detail;
}

bool is_well_formed_host(std::string_view host) {
    std::string_view name = without_port(host);
    std::string_view port = host.substr(name.size());
    if (!port.empty()) {
        port.remove_prefix(1);
        unsigned number = 0;
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
        if (port.empty() || port.size() > 5 || !is_digit(port[0]) || error != std::errc() ||
            end != port.data() + port.size() || number > 65535) {
            return false;
        }
    }
    constexpr std::size_t name_size_max = 253;
    if (name.empty() || name.size() > name_size_max) {
        return false;
    }
    if (name.front() == '[') {
        name.remove_prefix(1);
        return name.size() > 3 && name.back() == ']' &&
               std::all_of(name.begin(), name.end() - 1, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
    }
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; });
}

bool host_list::add(std::string_view entry) {
    if (entry == "*") {
        any_ = true;
        return true;
    }
    if (!is_well_formed_host(entry)) {
        return false;
    }
    std::string lower(entry);
    std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
    if (std::find(entries_.begin(), entries_.end(), lower) == entries_.end()) {
        entries_.push_back(std::move(lower));
    }
    return true;
}

bool host_list::allows(std::string_view host) const {
    const std::string_view name = without_port(host);
    return any_ || std::any_of(entries_.begin(), entries_.end(),
                               [&](const std::string& entry) { return iequals(entry, name) || iequals(entry, host); });
}

header_scanner::outcome header_scanner::scan(std::string_view bytes) {
    BOOST_ASSERT(bytes.size() >= seen_);
    const auto refuse = [this](gate_refusal w) {
        why_ = w;
        return outcome::refused;
    };
    const std::string_view window = bytes.substr(0, header_block_size_max);
    while (seen_ < window.size()) {
        if (line_begin_ == seen_ && line_begin_ > 0 && (window[seen_] == ' ' || window[seen_] == '\t')) {
            return refuse(gate_refusal::folded_field);
        }
        const std::size_t line_feed = window.find('\n', seen_);
        if (line_feed == std::string_view::npos) {
            // The last byte may be the CR of a CR LF still under way; it is looked at again with what follows.
            const std::size_t end = window.size() - (window.back() == '\r' ? 1 : 0);
            if (const gate_refusal w = why_control(window.substr(seen_, end - seen_)); w != gate_refusal::none) {
                return refuse(w);
            }
            seen_ = end;
            break;
        }
        const bool has_cr = line_feed > line_begin_ && window[line_feed - 1] == '\r';
        const std::string_view line = window.substr(line_begin_, line_feed - (has_cr ? 1 : 0) - line_begin_);
        if (const gate_refusal w = why_control(line); w != gate_refusal::none) {
            return refuse(w);
        }
        if (!has_cr) {
            return refuse(gate_refusal::bad_line_ending);
        }
        const bool first = line_begin_ == 0;
        line_begin_ = seen_ = line_feed + 1;
        if (line.empty()) {
            return first ? refuse(gate_refusal::bad_request_line) : outcome::complete;
        }
    }
    if (bytes.size() < header_block_size_max) {
        return outcome::incomplete;
    }
    return refuse(line_begin_ == 0 ? gate_refusal::target_too_long : gate_refusal::headers_too_large);
}

gate_refusal check_header_block(std::string_view block, const host_list& hosts, request_head& head) {
    BOOST_ASSERT(block.ends_with("\r\n\r\n") && block.size() <= header_block_size_max);
    head = request_head();
    head_parser parser(head);
    boost::beast::error_code ec;
    const std::size_t used = parser.put(boost::asio::buffer(block.data(), block.size()), ec);
    if (parser.why != gate_refusal::none) {
        return parser.why;
    }
    if (ec) {
        return ec.category() == http::make_error_code(http::error::bad_field).category()
                   ? refusal_of(static_cast<http::error>(ec.value()), block)
                   : gate_refusal::bad_field;
    }
    if (used != block.size() || !parser.is_header_done()) {
        return gate_refusal::bad_field; // our idea of where the block ends isn't Beast's
    }
    head.keep_alive = parser.keep_alive();
    head.expects_continue = head.expects_continue && head.http_1_1; // RFC 9110 10.1.1: 1.0 doesn't know it
    return check_whole(parser, hosts, head);
}

} // namespace pawl::app
