// Listens, accepts, runs one coroutine per connection on one io_context per thread.
#pragma once

#include "app/http/context.hpp"
#include "app/http/metrics.hpp"
#include "app/http/route.hpp"
#include "app/http/server_settings.hpp"
#include "app/process/logging.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace pawl::app {

// A listen address that is malformed, in use or not ours to take. what() names it.
struct listen_error : std::runtime_error {
    using runtime_error::runtime_error;
};

// Life: constructor, bind(), start(), [drain()], stop(). Calls come from one thread, not an io thread.
class server {
public:
    // All references and `routes` must outlive the server. `context` and `settings.issuer_host` are read by start() and
    // later, not before. Ignores SIGPIPE in the process.
    server(server_settings settings, app_context& context, std::span<const route> routes, logger& log);
    ~server(); // stop()
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    // Every TCP listener speaks TLS. `tls` outlives the server; null changes nothing. Before bind().
    void use_tls(const tls_identity* tls);
    // Opens and binds every socket; the URLs in the order of `listen`, with the ports that 0 became:
    // "http://127.0.0.1:41231", "http://[::1]:8080", "unix:/run/pawl.sock". Nothing is accepted yet. Throws
    // listen_error. To be called before threads exist, while the process's umask matters.
    std::vector<std::string> bind();
    // The issuer's host, where it is only known once bound. Before start().
    void set_issuer_host(std::string host);
    // bind() unless done; listens and runs the threads. The same URLs. Throws listen_error.
    std::vector<std::string> start();
    // Accepts nothing more, closes idle connections, waits for requests in flight, at most deadlines.drain; then cuts
    // the rest off. True when none had to be. The io threads go on running, for completions that others still owe.
    bool drain();
    // drain() unless done; joins the threads, destroys what is left of connections.
    void stop();

    const metrics& counters() const;
    std::size_t open_connections() const; // any thread

private:
    struct implementation;
    std::unique_ptr<implementation> it_;
};

} // namespace pawl::app
