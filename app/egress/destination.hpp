// Where a worker may connect to, made before it is forked: the *pinned* places of the configuration, whatever address
// their names lead to. (Places that clients bring would be judged by the address, in the worker, where the name can't
// lead elsewhere a moment later; there is none of that kind.)
#pragma once

#include "app/config/smtp_target.hpp"
#include "app/egress/message.hpp"
#include "app/process/sandbox.hpp"

#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;

namespace pawl::app {

struct config;

struct tls_context_freer {
    void operator()(ssl_ctx_st* context) const;
};
// Whose certificates are believed; TLS 1.2 or later.
using tls_trust = std::unique_ptr<ssl_ctx_st, tls_context_freer>;

struct egress_destination {
    egress_place place{};
    std::string host, port;
    tls_trust trust;                              // null: no TLS
    smtp_security security = smtp_security::none; // of the relay
    bool finds_system_authorities = false;        // reads the system's certificates while it connects
};

// Those that the options name; none: there is no worker. Reads CA files. Throws refused(usage) where they can't be
// read.
std::vector<egress_destination> egress_destinations_of(const config& settings);

// What finding their addresses and judging their certificates reads.
file_rules egress_file_rules(const std::vector<egress_destination>& places);

// Changes when a file of the resolver was replaced by another of its name, which the rules above do not hold for.
std::string resolver_files_state();

} // namespace pawl::app
