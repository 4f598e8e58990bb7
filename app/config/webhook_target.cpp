#include "app/config/webhook_target.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace pawl::app {

bool webhook_target::is_loopback() const {
    in_addr v4{};
    in6_addr v6{};
    if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&v6);
    }
    return host == "localhost";
}

std::optional<webhook_target> webhook_target_from_url(std::string_view url) {
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed || (parsed->scheme() != "http" && parsed->scheme() != "https") || parsed->host().empty() ||
        parsed->has_userinfo() || parsed->has_fragment()) {
        return std::nullopt;
    }
    webhook_target out;
    out.tls = parsed->scheme() == "https";
    out.host = parsed->host_address();
    out.port = parsed->has_port() && !parsed->port().empty() ? std::string(parsed->port()) : out.tls ? "443" : "80";
    out.authority = std::string(parsed->encoded_host_and_port());
    out.path = std::string(parsed->encoded_path());
    if (out.path.empty()) {
        out.path = "/";
    }
    if (parsed->has_query()) {
        out.path += "?" + std::string(parsed->encoded_query());
    }
    return out;
}

} // namespace pawl::app
