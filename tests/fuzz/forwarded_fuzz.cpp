// What proxies say of a request: whom it is from (Forwarded, X-Forwarded-For), and what forward auth is asked about
// (X-Forwarded-Method, -Proto, -Host, -Uri). Input: a byte of switches, then the parts, a NUL between them.
#include "app/handler/forward_auth.hpp"
#include "app/http/forwarded.hpp"
#include "core/provider/forward.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace pawl::app;
using pawl::peer_address;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

enum : unsigned { method_there = 1, proto_there = 2, host_there = 4, uri_there = 8, twice = 16, is_rfc_7239 = 32 };

struct parts {
    std::array<std::string_view, 4> forward; // method, proto, host, uri
    std::vector<std::string_view> lines;     // of Forwarded or of X-Forwarded-For
};

parts parts_of(std::string_view input) {
    parts out;
    for (std::size_t i = 0;; ++i) {
        const std::size_t end = input.find('\0');
        const std::string_view one = input.substr(0, end);
        if (i < out.forward.size()) {
            out.forward[i] = one;
        } else {
            out.lines.push_back(one);
        }
        if (end == std::string_view::npos) {
            return out;
        }
        input.remove_prefix(end + 1);
    }
}

void check_forward_auth(unsigned switches, const parts& given) {
    http_request request;
    const auto field = [&](unsigned there, std::size_t at) {
        return (switches & there) != 0 ? std::optional(given.forward[at]) : std::nullopt;
    };
    request.x_forwarded_method = field(method_there, 0);
    request.x_forwarded_proto = field(proto_there, 1);
    request.x_forwarded_host = field(host_there, 2);
    request.x_forwarded_uri = field(uri_there, 3);
    request.x_forwarded_twice = (switches & twice) != 0;
    const std::optional<forwarded_request> read = read_forwarded(request);
    if (!read) {
        return;
    }
    require(!request.x_forwarded_twice && request.x_forwarded_host.has_value());
    require(read->host.find_first_of(", /\\@\r\n\t") == std::string::npos && !read->host.empty());
    require(pawl::is_forward_host(read->host) && pawl::forward_host(read->host) == read->host);
    require(read->method == request.x_forwarded_method.value_or("GET"));
    require(read->uri == request.x_forwarded_uri.value_or(std::string_view()));
    require(read->uri.empty() || read->uri.front() == '/');
    require(read->uri.find_first_of(" \r\n\t") == std::string_view::npos); // it goes into a Location
    const std::string_view proto = request.x_forwarded_proto.value_or("https");
    require(read->is_plain == (proto == "http" || proto == "ws"));
    // A host with a second one behind a comma is none, whichever of the two comes first.
    for (const std::string& both : {read->host + ",evil.example", "evil.example, " + read->host}) {
        request.x_forwarded_host = both;
        require(!read_forwarded(request));
    }
}

peer_address from(const peer_address& direct, bool rfc_7239, std::span<const std::string_view> lines,
                  const proxy_trust& trust) {
    constexpr std::span<const std::string_view> none;
    return rfc_7239 ? client_address(direct, lines, none, trust) : client_address(direct, none, lines, trust);
}

// `proxy` is trusted, and `stranger` is not.
void check_client_address(bool rfc_7239, std::vector<std::string_view> lines) {
    const peer_address proxy = any_address_from_text("10.0.0.1").value();
    const peer_address stranger = any_address_from_text("198.51.100.7").value();
    proxy_trust trust;
    trust.blocks.push_back(address_block_from_text("10.0.0.0/8").value());
    require(from(stranger, rfc_7239, lines, trust) == stranger); // what others say is not looked at
    const peer_address found = from(proxy, rfc_7239, lines, trust);
    // What stands left of a hop that is not trusted was written by its client, and changes nothing.
    if (!is_trusted(found, trust.blocks)) {
        lines.insert(lines.begin(), rfc_7239 ? "for=203.0.113.9" : "203.0.113.9");
        require(from(proxy, rfc_7239, lines, trust) == found);
        lines.erase(lines.begin());
    }
    // What the proxy appends stands, whatever came before it.
    lines.emplace_back(rfc_7239 ? "for=198.51.100.7" : "198.51.100.7");
    require(from(proxy, rfc_7239, lines, trust) == stranger);
    lines.pop_back();
    if (!lines.empty()) {
        const std::string appended = std::string(lines.back()) + (rfc_7239 ? ", for=198.51.100.7" : ", 198.51.100.7");
        lines.back() = appended;
        require(from(proxy, rfc_7239, lines, trust) == stranger);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const unsigned switches = data[0];
    const parts given = parts_of(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
    check_forward_auth(switches, given);
    check_client_address((switches & is_rfc_7239) != 0, given.lines);
    return 0;
}
