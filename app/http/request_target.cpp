#include "app/http/request_target.hpp"

#include "core/text/ascii.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <array>

namespace pawl::app {
namespace {

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

} // namespace

bool takes_long_targets(std::string_view path) {
    return path.ends_with("/authorize") || path.ends_with("/end_session") || path.ends_with("/sign-up") ||
           path.starts_with("/.pawl/") || path == "/forward-auth";
}

head_refusal split_target(request_head& head, std::string_view& authority) {
    std::string_view rest = head.target;
    if (rest.size() > target_size_max) { // nearly none is, so which path may have more is asked only then
        const bool may_be_long = takes_long_targets(rest.substr(0, rest.find('?')));
        if (!may_be_long || rest.size() > long_target_size_max) {
            return head_refusal::target_too_long;
        }
    }
    if (rest == "*") {
        head.path = rest;
        return head.method == http_method::options ? head_refusal::none : head_refusal::bad_target;
    }
    if (rest.front() != '/') {
        for (const std::string_view scheme : {"http://", "https://"}) {
            if (rest.size() > scheme.size() && boost::beast::iequals(rest.substr(0, scheme.size()), scheme)) {
                rest.remove_prefix(scheme.size());
                authority = rest.substr(0, rest.find_first_of("/?"));
                rest.remove_prefix(authority.size());
                break;
            }
        }
        if (authority.empty()) {
            return head_refusal::bad_target;
        }
    }
    const std::size_t mark = rest.find('?');
    head.path = rest.substr(0, mark);
    head.query = mark == std::string_view::npos ? std::string_view() : rest.substr(mark + 1);
    if (head.path.empty()) {
        head.path = "/"; // RFC 9112 3.2.2: absolute-form with an empty path
    }
    return is_good_path(head.path) && is_good_query(head.query) ? head_refusal::none : head_refusal::bad_target;
}

} // namespace pawl::app
