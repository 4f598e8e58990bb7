#include "core/provider/forward.hpp"

#include "core/text/ascii.hpp"
#include "core/text/unicode.hpp"

#include <algorithm>
#include <charconv>

namespace pawl {

namespace {

constexpr std::string_view https_port = ":443";
// Printable, and yet no part of a URI (RFC 3986 2).
constexpr std::string_view never_in_locations = " \"<>\\^`{|}";
constexpr std::string_view kept_in_queries = "-._~/";
constexpr std::size_t name_size_max = 253, label_size_max = 63;

bool is_label(std::string_view label) {
    const auto is_good = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
    return !label.empty() && label.size() <= label_size_max && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, is_good);
}

// Labels with single dots between.
bool is_name(std::string_view name) {
    if (name.empty() || name.size() > name_size_max) {
        return false;
    }
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find('.', begin), name.size());
        if (!is_label(name.substr(begin, end - begin))) {
            return false;
        }
        begin = end + 1;
    }
    return true;
}

// 1 to 65535, without a zero in front.
bool is_port(std::string_view text) {
    constexpr unsigned port_max = 65535;
    constexpr std::size_t digits_max = 5;
    unsigned port = 0;
    if (text.empty() || text.size() > digits_max || text.front() == '0' || !std::ranges::all_of(text, is_digit)) {
        return false;
    }
    std::from_chars(text.data(), text.data() + text.size(), port);
    return port <= port_max;
}

bool is_this_machine(std::string_view host) {
    const std::string_view name = host.substr(0, host.find(':'));
    return name == "localhost" || name.ends_with(".localhost") || name == "127.0.0.1";
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(digits[byte >> 4U]);
    out.push_back(digits[byte & 15U]);
}

// `keeps`: whether a byte stays as it is.
template <class Keeps>
std::string escaped(std::string_view text, const Keeps& keeps) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (keeps(c)) {
            out.push_back(c);
        } else {
            append_escaped(out, c);
        }
    }
    return out;
}

bool is_printable(char c) {
    return c >= 0x20 && c < 0x7f;
}

} // namespace

bool is_forward_host(std::string_view text) {
    const std::size_t colon = text.find(':');
    const bool has_port = colon != std::string_view::npos;
    return is_name(text.substr(0, colon)) &&
           (!has_port || (is_port(text.substr(colon + 1)) && text.substr(colon) != https_port));
}

std::string forward_host_problem(std::string_view text) {
    return is_forward_host(text) ? ""
                                 : "must be a host name in lower case or an IPv4 address, without scheme, path and "
                                   "wildcard, with a port only where it is not 443";
}

std::string forward_host(std::string_view as_sent) {
    if (as_sent.ends_with(https_port)) {
        as_sent.remove_suffix(https_port.size());
    }
    return fold_ascii(as_sent);
}

std::string forward_host_of_url(std::string_view url) {
    const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
    return scheme == 0 ? std::string() : forward_host(url.substr(scheme, url.find_first_of("/?#", scheme) - scheme));
}

std::string forward_origin(std::string_view host, bool plain) {
    return std::string(plain && is_this_machine(host) ? "http://" : "https://").append(host);
}

bool is_forward_redirect_uri(const client_forward& forward, std::string_view uri) {
    return std::ranges::any_of(forward.hosts, [&](const std::string& host) {
        return uri == forward_origin(host, false).append(forward_callback_path) ||
               uri == forward_origin(host, true).append(forward_callback_path);
    });
}

bool is_return_path(std::string_view text) {
    const auto is_bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\'; };
    return text.starts_with('/') && !text.starts_with("//") && text.size() <= return_path_size_max &&
           std::ranges::none_of(text, is_bad) && !text.starts_with(forward_paths);
}

std::string location_of(std::string_view return_path) {
    return escaped(return_path,
                   [](char c) { return is_printable(c) && never_in_locations.find(c) == std::string_view::npos; });
}

std::string query_value(std::string_view text) {
    return escaped(
        text, [](char c) { return is_alpha(c) || is_digit(c) || kept_in_queries.find(c) != std::string_view::npos; });
}

std::string forward_header(std::string_view text, std::string_view more) {
    return escaped(text,
                   [more](char c) { return is_printable(c) && c != '%' && more.find(c) == std::string_view::npos; });
}

} // namespace pawl
