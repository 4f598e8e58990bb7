// Forward auth (docs/forward-auth.md): hosts, paths and texts of it. Pure; any thread.
#pragma once

#include "core/provider/client.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl {

// What the server serves at a protected host.
inline constexpr std::string_view forward_paths = "/.pawl/", forward_callback_path = "/.pawl/callback",
                                  forward_start_path = "/.pawl/start";
inline constexpr std::size_t return_path_size_max = 2048; // bytes of rd; with it the flow's cookie stays under 4 KiB

// "app.example", "app.example:8443", "192.0.2.1": a name or an IPv4 address in lower case, and a port where it is not
// 443, which browsers leave out. No wildcard: a host that was taken over would be one of them.
bool is_forward_host(std::string_view text);
// Why is_forward_host() refuses `text`, as a sentence's end: "must ...". Empty if it accepts it.
std::string forward_host_problem(std::string_view text);
// A host as a request has it, as records have it: lower case, without port 443.
std::string forward_host(std::string_view as_sent);
// Of an absolute http or https URL; empty for other text.
std::string forward_host_of_url(std::string_view url);

// "https://app.example"; `http` where the server itself is reached so (--dev) and the host is this very machine.
std::string forward_origin(std::string_view host, bool plain);
// Whether an answer for this client may go there: the callback of one of its hosts, by https; by http only where the
// host is this very machine.
bool is_forward_redirect_uri(const client_forward& forward, std::string_view uri);

// Whether a browser may be sent there after the sign-in (rd): a path of the same host. One slash at the start, no
// backslash, no control byte, not longer than return_path_size_max, none of our own paths.
bool is_return_path(std::string_view text);
// The path as a Location may have it: what is no printable ASCII, and what URIs do not have, as %XX.
std::string location_of(std::string_view return_path);
// As a parameter of a query: all but unreserved characters and slashes as %XX.
std::string query_value(std::string_view text);

// As a header's value that no proxy and no application reads otherwise: every byte that is no printable ASCII, `%`, and
// those of `more`, as %XX.
std::string forward_header(std::string_view text, std::string_view more = {});

} // namespace pawl
