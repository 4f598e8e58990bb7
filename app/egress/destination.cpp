#include "app/egress/destination.hpp"

#include "app/config/config.hpp"
#include "app/process/authorities.hpp"
#include "storage/exit_code.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <new>
#include <string_view>

namespace pawl::app {

namespace {

// The resolver's plug-ins can't be loaded: "files" and "dns" are in the C library.
constexpr std::array resolver_files{"/etc/resolv.conf", "/etc/hosts",    "/etc/nsswitch.conf",
                                    "/etc/host.conf",   "/etc/gai.conf", "/etc/services"};

std::string real(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> found(::realpath(path.c_str(), nullptr), std::free);
    return found ? std::string(found.get()) : path;
}

// `ca_file`: PEM, named by `option`; empty: the system's.
tls_trust make_trust(std::string_view option, const std::string& ca_file) {
    tls_trust context(SSL_CTX_new(TLS_client_method()));
    const bool good = context != nullptr && SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1 &&
                      (ca_file.empty() ? trust_this_system(context.get())
                                       : SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) == 1);
    ERR_clear_error();
    if (!good) {
        throw storage::refused(storage::exit_code::usage,
                               std::string(option) + " " + ca_file + ": no certificates in PEM can be read there");
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    return context;
}

} // namespace

void tls_context_freer::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}

std::vector<egress_destination> egress_destinations_of(const config& settings) {
    std::vector<egress_destination> out;
    if (settings.webhook) {
        const webhook_target& target = settings.webhook->target;
        const std::string& ca_file = settings.webhook->ca_file;
        out.push_back({egress_place::webhook, target.host, target.port,
                       target.tls ? make_trust("--webhook-ca", ca_file) : nullptr, smtp_security::none,
                       target.tls && ca_file.empty()});
    }
    if (settings.mail_out) {
        const smtp_target& relay = settings.mail_out->relay;
        const std::string& ca_file = settings.mail_out->ca_file;
        const bool tls = relay.security != smtp_security::none;
        out.push_back({egress_place::relay, relay.host, relay.port, tls ? make_trust("--smtp-ca", ca_file) : nullptr,
                       relay.security, tls && ca_file.empty()});
    }
    return out;
}

file_rules egress_file_rules(const std::vector<egress_destination>& places) {
    file_rules rules;
    for (const char* const file : resolver_files) {
        rules.read.push_back(real(file));
    }
    for (const egress_destination& place : places) {
        if (place.finds_system_authorities) { // a directory of links, and what they lead to
            for (const std::string& path : authorities_of_this_system().read) {
                rules.read.push_back(real(path));
            }
            for (const char* const behind_links : {"/usr/share/ca-certificates", "/usr/local/share/ca-certificates"}) {
                rules.read.emplace_back(behind_links);
            }
            break;
        }
    }
    return rules;
}

std::string resolver_files_state() {
    std::string out;
    for (const char* const file : resolver_files) {
        struct stat status{};
        if (::stat(file, &status) == 0) {
            out += std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
        }
        out += ' ';
    }
    return out;
}

} // namespace pawl::app
