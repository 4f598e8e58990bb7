#include "app/net/server.hpp"

#include "app/http/router.hpp"
#include "app/net/io_thread.hpp"
#include "app/net/listen.hpp"
#include "app/net/tls.hpp"
#include "storage/exit_code.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <system_error>
#include <thread>

namespace pawl::app {
namespace {

unsigned thread_count(unsigned wanted) {
    const unsigned n = wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
    return std::min(n, io_threads_max);
}

// No more connections than there can be descriptors for.
connection_caps within_descriptors(connection_caps caps) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        const std::size_t all = limit.rlim_cur;
        // A limit that is small already keeps half for connections, and EMFILE is dealt with.
        const std::size_t room = all > 2 * descriptors_reserved ? all - descriptors_reserved : all / 2;
        caps.total = std::min(caps.total, std::max<std::size_t>(room, 1));
    }
    return caps;
}

bool is_ipv4(std::string_view address) {
    return !address.starts_with("unix:") && !address.starts_with('[');
}

} // namespace

struct server::implementation {
    server_settings settings;
    app_context& context;
    std::span<const route> routes;
    logger& log;
    unsigned threads;
    router routing;
    metrics counters;
    host_list hosts;
    connection_ledger ledger;
    io_shared shared;
    std::vector<bound_listener> listeners;
    std::vector<std::string> urls;
    std::vector<std::unique_ptr<io_thread>> io_threads; // last: first to go
    bool bound = false, started = false, drained = false;

    implementation(server_settings s, app_context& c, std::span<const route> r, logger& l)
        : settings(std::move(s)), context(c), routes(r), log(l), threads(thread_count(settings.threads)), routing(r),
          counters(r, threads), ledger(within_descriptors(settings.caps)),
          shared{settings, hosts, routing, routes, counters, log, context, ledger} {}

    void bind_admin() {
        if (settings.admin_socket.empty()) {
            return;
        }
        if (!fits_socket_name(settings.admin_socket)) {
            log.warn("admin.no_socket",
                     {{"path", settings.admin_socket}, {"why", "the path is too long for a socket"}});
            return;
        }
        try {
            listeners.push_back(bind_admin_socket(settings.admin_socket));
        } catch (const listen_error& why) {
            if (!settings.admin_socket_by_default) {
                throw;
            }
            log.warn("admin.no_socket", {{"path", settings.admin_socket}, {"why", why.what()}});
        }
    }

    // Throws storage::refused where the system gives no more threads.
    void run_threads() {
        std::size_t running = 0;
        try {
            for (const auto& t : io_threads) {
                t->run();
                ++running;
            }
        } catch (const std::system_error& why) {
            for (const auto& t : io_threads) { // all, before the first is destroyed: listeners know other threads
                t->stop();
            }
            throw storage::refused(storage::exit_code::storage_failed,
                                   "--threads " + std::to_string(threads) + ": I/O thread " +
                                       std::to_string(running + 1) + " can't be made: " + why.code().message() +
                                       "; the limits of memory and processes leave no more room (ulimit, pids.max)");
        }
    }

    void fill_hosts() {
        if (settings.is_forward_host) {
            hosts.allow_also(settings.is_forward_host);
        }
        std::vector<std::string> entries = settings.allowed_hosts;
        if (entries.empty()) {
            entries = {"localhost", "127.0.0.1", "[::1]"};
            for (const bound_listener& l : listeners) {
                entries.push_back(l.host);
            }
            entries.push_back(settings.issuer_host);
        }
        for (const std::string& entry : entries) {
            if (!entry.empty() && !hosts.add(entry)) {
                throw listen_error("allowed host " + entry + ": not a host name or address");
            }
        }
    }
};

server::server(server_settings settings, app_context& context, std::span<const route> routes, logger& log)
    : it_(std::make_unique<implementation>(std::move(settings), context, routes, log)) {
    std::signal(SIGPIPE, SIG_IGN);
}

server::~server() {
    stop();
}

void server::use_tls(const tls_identity* tls) {
    it_->settings.tls = tls;
    it_->settings.certificate_of_others = tls != nullptr && !tls->is_self_signed();
}

std::vector<std::string> server::bind() {
    implementation& it = *it_;
    if (it.bound) {
        return it.urls;
    }
    if (it.settings.socket_activation) {
        it.listeners = take_activated_listeners();
    }
    if (it.listeners.empty()) {
        const std::vector<std::string>& addresses = it.settings.listen;
        const bool v6_only = std::any_of(addresses.begin(), addresses.end(), is_ipv4);
        for (const std::string& address : addresses) {
            it.listeners.push_back(bind_listener(address, it.threads, it.settings.unix_socket_mode, v6_only));
        }
    }
    if (it.listeners.empty()) {
        throw listen_error("listen: no address given");
    }
    for (bound_listener& l : it.listeners) {
        if (it.settings.tls != nullptr && l.url.starts_with("http://")) {
            l.url.replace(0, 4, "https");
        }
        it.urls.push_back(l.url);
    }
    it.bind_admin(); // after the URLs: it is none that clients are told
    it.bound = true;
    return it.urls;
}

void server::set_issuer_host(std::string host) {
    it_->settings.issuer_host = std::move(host);
}

std::vector<std::string> server::start() {
    bind();
    implementation& it = *it_;
    if (it.started) {
        return it.urls;
    }
    it.fill_hosts();
    for (bound_listener& l : it.listeners) {
        start_listening(l);
    }
    for (unsigned i = 0; i < it.threads; ++i) {
        it.io_threads.push_back(std::make_unique<io_thread>(it.shared, i));
    }
    std::size_t next = 0;
    for (bound_listener& l : it.listeners) {
        if (l.descriptors.size() == it.threads && !l.is_admin) {
            for (unsigned i = 0; i < it.threads; ++i) {
                it.io_threads[i]->add_listener(std::move(l.descriptors[i]), {});
            }
        } else {
            it.io_threads[next++ % it.threads]->add_listener(std::move(l.descriptors[0]), it.io_threads, l.is_admin);
        }
        it.log.info("server.listening", {{"url", l.url}});
    }
    it.run_threads();
    it.started = true;
    return it.urls;
}

bool server::drain() {
    implementation& it = *it_;
    if (!it.started || it.drained) {
        return true;
    }
    it.drained = true;
    it.log.info("server.draining", {{"connections", std::uint64_t{it.ledger.open()}}});
    for (const auto& t : it.io_threads) {
        t->begin_drain();
    }
    for (const bound_listener& l : it.listeners) {
        remove_socket_file(l);
    }
    if (it.ledger.wait_until_none(it.settings.deadlines.drain)) {
        return true;
    }
    it.log.warn("server.cut_off", {{"connections", std::uint64_t{it.ledger.open()}}});
    for (const auto& t : it.io_threads) {
        t->cut_connections();
    }
    it.ledger.wait_until_none(linger_time_max);
    return false;
}

void server::stop() {
    implementation& it = *it_;
    if (!it.started) {
        for (const bound_listener& l : it.listeners) {
            remove_socket_file(l);
        }
        it.listeners.clear();
        return;
    }
    drain();
    if (!it.io_threads.empty()) {
        for (const auto& t : it.io_threads) { // all, before the first is destroyed: listeners know other threads
            t->stop();
        }
        it.io_threads.clear();
        it.log.info("server.stopped");
    }
}

std::size_t server::open_connections() const {
    return it_->ledger.open();
}

const metrics& server::counters() const {
    return it_->counters;
}

} // namespace pawl::app
