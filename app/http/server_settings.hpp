// What a server is told: where to listen, whom to believe, how long to wait.
#pragma once

#include "app/config/proxy_trust.hpp"
#include "app/http/cors.hpp"
#include "app/http/limits.hpp"
#include "app/http/request_hook.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

class tls_identity; // app/net/tls.hpp

struct server_settings {
    std::vector<std::string> listen{"127.0.0.1:8080"}; // "host:port", "[v6]:port", "unix:/path"; no names but localhost
    // Entries of host_list. Empty: loopback names, the listen addresses and issuer_host.
    std::vector<std::string> allowed_hosts;
    std::string issuer_host; // host or host:port of the issuer; may be empty
    proxy_trust trusted_proxies;
    cors_settings cors;
    unsigned threads = 0; // 0: one per core
    unsigned unix_socket_mode = 0660;
    std::string admin_socket;             // path; empty: none. Who may use the data directory may administer there.
    bool admin_socket_by_default = false; // not asked for: if it can't be made, a warning is enough
    const tls_identity* tls = nullptr;    // every TCP listener speaks TLS; Unix sockets stay plain
    bool certificate_of_others = false;   // of `tls`, and not made at the start: answers say Strict-Transport-Security
    bool socket_activation = true;        // take LISTEN_FDS of systemd instead of `listen`, where given
    phase_deadlines deadlines;
    connection_caps caps;
    // Whether a host is protected by forward auth (docs/forward-auth.md): requests for it are served /.pawl/ and
    // /forward-auth alone, and no other host is served /.pawl/. Any thread; empty: none is.
    std::function<bool(std::string_view host)> is_forward_host{};
    request_hook* hook = nullptr; // --dev: answers in place of the handlers; outlives the server
    // Run on each io thread before its first and after its last handler (RCU registration).
    std::function<void()> on_thread_start, on_thread_stop;
};

} // namespace pawl::app
