// Redirect URIs: which may be registered, and which an answer goes to. They are compared as text, so nothing here makes
// another text of one.
#include "core/provider/redirect_uri.hpp"

#include "core/provider/client_rules.hpp"
#include "core/provider/forward.hpp"
#include "core/text/ascii.hpp"
#include "core/text/unicode.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace pawl {

namespace {

// RFC 3986 2: what a URI is made of. `%` is looked at by itself.
bool is_uri_character(char c) {
    constexpr std::string_view others = "-._~:/?#[]@!$&'()*+,;=%";
    return is_alpha(c) || is_digit(c) || others.find(c) != std::string_view::npos;
}

bool has_bad_escape(std::string_view uri) {
    for (std::size_t at = uri.find('%'); at != std::string_view::npos; at = uri.find('%', at + 1)) {
        if (uri.size() - at < 3 || !is_hex(uri[at + 1]) || !is_hex(uri[at + 2])) {
            return true;
        }
    }
    return false;
}

// "host" or "host:port" of the authority; std::nullopt if it is not valid.
std::optional<std::string_view> host_of(std::string_view authority) {
    const std::size_t bracket = authority.find(']');
    const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    const std::string_view host = authority.substr(0, colon);
    if (colon != std::string_view::npos) {
        const std::string_view port = authority.substr(colon + 1);
        if (port.empty() || port.size() > 5 || !std::ranges::all_of(port, is_digit)) {
            return std::nullopt;
        }
    }
    const bool literal = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string_view inner = literal ? host.substr(1, host.size() - 2) : host;
    const auto is_good = [literal](char c) {
        return literal ? is_hex(c) || c == ':' || c == '.' : is_alpha(c) || is_digit(c) || c == '-' || c == '.';
    };
    return inner.empty() || !std::ranges::all_of(inner, is_good) ? std::nullopt : std::optional(host);
}

bool is_scheme(std::string_view scheme) { // RFC 3986 3.1
    const auto is_good = [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; };
    return !scheme.empty() && is_alpha(scheme.front()) && std::ranges::all_of(scheme, is_good);
}

std::string problem_of_host(std::string_view scheme, std::string_view rest) {
    if (!rest.starts_with("//")) {
        return "must have a host after https://";
    }
    rest.remove_prefix(2);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    if (authority.find('@') != std::string_view::npos) {
        return "must not have a user name or password in it";
    }
    const std::optional<std::string_view> host = host_of(authority);
    if (!host) {
        return "must have a host, and a port of digits if one at all";
    }
    const bool loopback = *host == "127.0.0.1" || *host == "[::1]" || fold_ascii(*host) == "localhost";
    return scheme == "http" && !loopback ? "must be https, or http to 127.0.0.1, [::1] or localhost" : "";
}

// An http URI to this very machine, without its port.
struct loopback_uri {
    std::string_view host, rest;
    friend bool operator==(const loopback_uri&, const loopback_uri&) = default;
};

// "" or a colon and 0 to 65535 in at most five digits.
bool is_port_part(std::string_view text) {
    constexpr unsigned port_max = 65535;
    constexpr std::size_t digits_max = 5;
    if (text.empty()) {
        return true;
    }
    const std::string_view digits = text.substr(1);
    if (text.front() != ':' || digits.empty() || digits.size() > digits_max || !std::ranges::all_of(digits, is_digit)) {
        return false;
    }
    unsigned port = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return port <= port_max;
}

// std::nullopt if it is none.
std::optional<loopback_uri> split_loopback_uri(std::string_view uri, bool native) {
    constexpr std::string_view scheme = "http://";
    if (!uri.starts_with(scheme)) {
        return std::nullopt;
    }
    uri.remove_prefix(scheme.size());
    const std::size_t end = std::min(uri.find_first_of("/?#"), uri.size());
    const std::string_view authority = uri.substr(0, end);
    for (const std::string_view host : {"127.0.0.1", "[::1]", "localhost"}) {
        if (authority.starts_with(host) && is_port_part(authority.substr(host.size())) &&
            (native || host != "localhost")) {
            return loopback_uri{host, uri.substr(end)};
        }
    }
    return std::nullopt;
}

} // namespace

std::string redirect_uri_problem(std::string_view uri, bool native) {
    if (uri.empty() || uri.size() > client_uri_size_max) {
        return "must be 1 to " + std::to_string(client_uri_size_max) + " bytes long";
    }
    if (!std::ranges::all_of(uri, is_uri_character) || has_bad_escape(uri)) {
        return "must be a URI of ASCII, with % only before two hex digits";
    }
    if (uri.find('#') != std::string_view::npos) {
        return "must not have a fragment";
    }
    if (uri.find('*') != std::string_view::npos) {
        return "must not have a wildcard: each is compared as it stands";
    }
    const std::size_t colon = uri.find(':');
    const std::string_view scheme_as_typed = uri.substr(0, colon);
    if (colon == std::string_view::npos || !is_scheme(scheme_as_typed)) {
        return "must be absolute: a scheme, a colon and what follows";
    }
    const std::string scheme = fold_ascii(scheme_as_typed);
    const std::string_view rest = uri.substr(colon + 1);
    if (scheme == "https" || scheme == "http") {
        return problem_of_host(scheme, rest);
    }
    if (!native) {
        return "must be https, or http to 127.0.0.1, [::1] or localhost; schemes of an app's own are for the presets "
               "mobile and agent";
    }
    if (scheme.find('.') == std::string::npos) {
        return "must be https, http to 127.0.0.1, [::1] or localhost, or have a scheme with a dot in it, as "
               "com.example.app:/callback";
    }
    if (rest.starts_with("//") && rest.substr(2, rest.find('/', 2) - 2).find('@') != std::string_view::npos) {
        return "must not have a user name or password in it";
    }
    return rest.empty() ? "must have something after the scheme" : "";
}

bool is_same_redirect_uri(std::string_view registered, std::string_view asked, bool native) {
    if (registered == asked) {
        return true;
    }
    const std::optional<loopback_uri> ours = split_loopback_uri(registered, native);
    return ours && ours == split_loopback_uri(asked, native);
}

bool is_redirect_uri_of(const client& who, std::string_view asked) {
    if (who.is_forward()) {
        return is_forward_redirect_uri(who.forward, asked);
    }
    return std::ranges::any_of(who.redirect_uris, [&](const std::string& registered) {
        return is_same_redirect_uri(registered, asked, is_native(who.preset));
    });
}

std::string_view web_origin_of(std::string_view uri) {
    const std::size_t scheme = uri.starts_with("https://") ? 8 : uri.starts_with("http://") ? 7 : 0;
    if (scheme == 0) {
        return {};
    }
    const std::string_view origin = uri.substr(0, uri.find_first_of("/?#", scheme));
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]";
    return origin.size() > scheme && origin.find_first_not_of(allowed, scheme) == std::string_view::npos
               ? origin
               : std::string_view();
}

} // namespace pawl
