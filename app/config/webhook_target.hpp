// Where a webhook goes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

struct webhook_target {
    bool tls = false;
    std::string host, port;                                                          // host without brackets
    std::string authority;                                                           // Host
    std::string path;                                                                // with the query; never empty
    std::string place() const { return (tls ? "https://" : "http://") + authority; } // for logs: paths may be secrets

    bool is_loopback() const;
};

// http:// or https:// with a host; no user, no fragment, nothing that is not printable ASCII.
std::optional<webhook_target> webhook_target_from_url(std::string_view url);

} // namespace pawl::app
