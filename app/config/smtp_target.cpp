#include "app/config/smtp_target.hpp"

#include "app/config/webhook_target.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace pawl::app {

bool smtp_target::is_loopback() const {
    webhook_target same;
    same.host = host;
    return same.is_loopback();
}

std::string smtp_target::place() const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return (security == smtp_security::tls ? "smtps://" : "smtp://") + (is_v6 ? "[" + host + "]" : host) + ":" + port;
}

std::optional<smtp_target> smtp_target_from_url(std::string_view url) {
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed || (parsed->scheme() != "smtp" && parsed->scheme() != "smtps") || parsed->host().empty() ||
        parsed->has_password() || parsed->has_query() || parsed->has_fragment() ||
        (!parsed->encoded_path().empty() && parsed->encoded_path() != "/")) {
        return std::nullopt;
    }
    smtp_target out;
    out.security = parsed->scheme() == "smtps" ? smtp_security::tls : smtp_security::starttls;
    out.host = parsed->host_address();
    out.port = parsed->has_port() && !parsed->port().empty() ? std::string(parsed->port())
               : out.security == smtp_security::tls          ? "465"
                                                             : "587";
    out.user = parsed->user();
    if (std::ranges::any_of(out.user, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; })) {
        return std::nullopt;
    }
    return out;
}

} // namespace pawl::app
